// Takes rows and keeps nothing but their number and a checksum, for measuring and for comparing
// runs.
//
// The checksum is the sum, modulo 2^64, of a hash of each row over all its columns, NULLs and their
// order included. It does not depend on the order of the rows, so totals of several slots may be
// added up.
//
// A segment holds the totals up to its epoch. Delivering one to a sink that has taken nothing yet
// makes it go on from there, as after a restart; otherwise delivering does nothing. Used by its
// task's thread; totals() also by others once the task has ended.
#pragma once

#include "operators/connectors/sink.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace weir {

class BlackholeSink : public Sink {
 public:
  Result<size_t> write(const RecordBatch& batch, size_t from) override;
  Result<Flush> flush() override { return Flush::kDone; }
  Result<Segment> seal(CheckpointId id) override;
  Status deliver(CheckpointId id, const Segment& segment) override;
  std::optional<RowTotals> totals() const override { return totals_; }

 private:
  RowTotals totals_;
  uint64_t sealed_rows_ = 0;
  // Something was written or sealed: deliver() leaves totals_ alone.
  std::atomic<bool> started_ = false;
  std::vector<uint64_t> hashes_;
};

}  // namespace weir
