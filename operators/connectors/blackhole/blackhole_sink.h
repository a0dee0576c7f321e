// Takes rows and keeps nothing but their number and a checksum, for measuring and for comparing
// runs.
//
// The checksum is the sum, modulo 2^64, of a hash of each row over all its columns, NULLs and their
// order included. It does not depend on the order of the rows, so totals of several slots may be
// added up. A row that is taken back is subtracted: what is left is the checksum of a result.
//
// A segment holds the totals up to its epoch, for resume(): there is nothing to deliver.
#pragma once

#include "operators/connectors/sink.h"

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

class BlackholeSink : public Sink {
 public:
  Result<size_t> write(const RecordBatch& batch, size_t from) override;
  Result<Flush> flush() override { return Flush::kDone; }
  Result<Segment> seal(CheckpointId id) override;
  Status deliver(CheckpointId, const Segment&) override { return {}; }
  std::optional<RowTotals> totals() const override { return totals_; }
  Status resume(const Segment& last) override;

 private:
  RowTotals totals_;
  uint64_t sealed_rows_ = 0;
  std::vector<uint64_t> hashes_;
};

}  // namespace weir
