// What happens to a row or record that cannot be used: one policy, applied by every step that can
// meet one.
#pragma once

#include "engine/expr/evaluator.h"
#include "engine/plan/specs.h"
#include "operators/operator.h"
#include "operators/split_names.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct BadRow {
  std::string raw;  // The record's bytes, or the visible row as JSON where those are gone.
  std::string source;
  std::string part;
  std::optional<int64_t> position;
  std::string reason;
  std::string label;  // For counting; few distinct values.
};

class BadRows {
 public:
  // `step` names the table or the step in messages: "table transactions", "step alerts.project".
  BadRows(OnError on_error, std::string step, std::string stage);

  // Counts them by label and, by the policy, lets them pass (skip), emits them by the bad port
  // (dead_letter), or returns the kBadData error that ends the job (fail), which says everything
  // that a dead letter would.
  Status handle(std::vector<BadRow> rows, int64_t now, Output& out);

  // Rows so far by label.
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  Error failure(const BadRow& row) const;
  RecordBatch dead_letters(const std::vector<BadRow>& rows, int64_t now) const;

  OnError on_error_;
  std::string step_;
  std::string stage_;
  std::map<std::string, uint64_t> counts_;
};

// The rows of a batch that an evaluator could not compute, as bad rows.
std::vector<BadRow> bad_rows_of(const RecordBatch& batch, const RowErrors& errors,
                                const SplitNames& names);

// The rows of `selection` that are not in `errors`.
RowIndices without_errors(Selection selection, const RowErrors& errors);

}  // namespace weir
