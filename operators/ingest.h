// Judges the rows of a source: computes the table's columns, applies its contracts, event time and
// the future bound, and keeps the clock of each split. What the connectors decode comes in, the
// table's rows go out.
//
// A row is accepted if its generated columns can be computed, NOT NULL and CHECK hold, and its
// event time is there and within the future bound; only accepted rows move the watermark. One
// instance a task, for all splits of the task; used by its thread. What it remembers stands in
// TaskState::splits.
#pragma once

#include "engine/expr/evaluator.h"
#include "engine/plan/specs.h"
#include "engine/time/watermark.h"
#include "operators/bad_rows.h"
#include "operators/operator.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class Ingest {
 public:
  // `needed`: which of the table's columns anybody reads. `state` outlives it.
  Ingest(SourceSpec spec, SchemaPtr output, const NeededColumns& needed, const SplitNames& names,
         TaskState& state);

  // Rows of `split` in the split's order, decoded to the schema of record_schema(spec); `bad` are
  // records that could not be decoded. Emits by the rows port and, under dead_letter, by the bad
  // port. `rows` carry (split, position); they are passed on only if `keep_position`.
  Status accept(const std::string& split, const RecordBatch& rows, std::vector<BadRow> bad,
                bool keep_position, int64_t now, Output& out);

  // The watermark that was sent on. Rows of later calls that are behind it are lifted to it
  // (engine/time/watermark.h), and counted.
  void lift_to(int64_t watermark) { sent_ = watermark; }

  // Rows carry their arrival watermark also where all of them are on time.
  void give_watermarks() { gives_watermarks_ = true; }

  // A of the next row of the split, which is its watermark; kMinTime if the table has no event time
  // or no row came yet.
  int64_t watermark(const std::string& split) const;

  const SourceSpec& spec() const { return spec_; }
  const StepCounters& counters() const { return counters_; }
  const BadRows& bad_decode() const { return bad_decode_; }
  const BadRows& bad_contract() const { return bad_contract_; }

 private:
  struct Check {
    std::string name;
    Evaluator condition;
  };

  void compute_columns(const RecordBatch& rows, RecordBatch& table, int64_t now, RowErrors& errors);
  void check_not_null(const RecordBatch& table, RowErrors& errors) const;
  void check_constraints(const RecordBatch& table, int64_t now, RowErrors& errors);
  void check_event_time(const RecordBatch& table, int64_t now, RowErrors& errors) const;
  SplitState& split_state(const std::string& split);

  const SourceSpec spec_;
  const SchemaPtr output_;
  const SplitNames& names_;
  TaskState& state_;
  std::vector<std::optional<Evaluator>> columns_;  // Absent: not needed.
  std::vector<size_t> not_null_;
  std::vector<Check> checks_;
  std::optional<size_t> event_time_;  // Of output_
  BadRows bad_decode_;
  BadRows bad_contract_;
  StepCounters counters_;
  int64_t sent_ = kMinTime;
  bool gives_watermarks_ = false;
};

}  // namespace weir
