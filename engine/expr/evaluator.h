// Runs an expression tree over batches, a column at a time over the selected rows.
//
// An Evaluator belongs to one task and one thread; it holds prepared constants (compiled regular
// expressions, constant columns) but nothing that depends on earlier batches. A row that cannot be
// computed (overflow, division by zero, a bad cast) becomes a RowError and its value NULL; rows
// outside the selection are neither computed nor judged.
#pragma once

#include "engine/data/batch.h"
#include "engine/expr/expr.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir {

struct RowError {
  uint32_t row;        // Index in the batch, not in the selection.
  std::string reason;  // "division by zero", "integer out of range: 2147483648", ...
};

// Ascending by row, one a row at the most, once finish() was called.
using RowErrors = std::vector<RowError>;

class CompiledNode;  // evaluator.cc

class Evaluator {
 public:
  explicit Evaluator(ExprPtr expr);
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;
  ~Evaluator();

  const Expr& expr() const { return *expr_; }

  // The value of each selected row, in a column as long as the batch; other rows hold anything.
  // `now` is the wall clock in microseconds, for now() alone. Plain columns and fields are returned
  // as they are, without a copy. REQUIRES: the columns that the tree reads are present.
  ColumnPtr eval(const RecordBatch& batch, Selection selection, int64_t now, RowErrors& errors);

  // Of a boolean tree: the selected rows for which it is true (neither false nor NULL nor in
  // error), appended to `rows`.
  void filter(const RecordBatch& batch, Selection selection, int64_t now, RowIndices& rows,
              RowErrors& errors);

 private:
  ExprPtr expr_;
  std::unique_ptr<CompiledNode> root_;
};

// Sorts, and keeps the first error of each row.
void finish_errors(RowErrors& errors);

}  // namespace weir
