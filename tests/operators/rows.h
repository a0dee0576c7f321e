// Vocabulary for tests of operators: batches from short texts and back.
#pragma once

#include "engine/time/element.h"
#include "operators/operator.h"
#include "operators/split_names.h"

#include <string>
#include <vector>

namespace weir {

// One value: NULL, a text as a cast reads it, or, for time stamps, "@12.5": seconds since 1970.
using Cell = const char*;
using Cells = std::vector<Cell>;

inline constexpr Cell kNull = nullptr;

SchemaPtr schema_of(std::vector<Field> fields);
// "name type", such as "amount numeric(12,2)"; "!" behind it marks event time.
SchemaPtr schema_of(std::initializer_list<const char*> fields);

// A batch of these rows, all in one piece.
RecordBatch batch_of(const SchemaPtr& schema, const std::vector<Cells>& rows);

constexpr int64_t seconds(int64_t count) { return count * 1'000'000; }

// The same batch with arrival watermarks, in seconds; kMinTime is minus infinity.
RecordBatch with_arrival(RecordBatch batch, const std::vector<int64_t>& seconds_of_rows);
// The same batch with positions in split `split`: first, first + 1, ...
RecordBatch with_position(RecordBatch batch, int32_t split, int64_t first);

// The rows that count, as JSON, in their order.
std::vector<std::string> json_rows(const RecordBatch& batch);
// The same of rows given as cells.
std::vector<std::string> json_rows(const SchemaPtr& schema, const std::vector<Cells>& rows);

// All rows of these batches in one, in order. REQUIRES: one schema; no composites.
RecordBatch joined(const std::vector<RecordBatch>& batches);

// Split n is part "n" of "events".
class NumberedSplits : public SplitNames {
 public:
  SplitName name_of(SplitId id) const override {
    return {.source = "events", .part = std::to_string(id.value())};
  }
};

// Keeps what is emitted; every port is open, or only some.
class CollectedOutput : public Output {
 public:
  CollectedOutput() = default;
  explicit CollectedOutput(std::vector<bool> open) : open_(std::move(open)) {}

  void emit(Port port, RecordBatch batch) override;
  bool is_open(Port port) const override;

  std::vector<std::string> rows(Port port) const;
  const std::vector<std::pair<Port, RecordBatch>>& batches() const { return batches_; }

 private:
  std::vector<bool> open_ = {true, true, true};
  std::vector<std::pair<Port, RecordBatch>> batches_;
};

}  // namespace weir
