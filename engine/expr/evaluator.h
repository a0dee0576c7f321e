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

class CompiledTrees;  // compiled.h
struct Memo;

// Several trees over the same batches, such as a filter and the columns behind it. What they have
// in common is computed once a batch: a part that was computed for some rows is kept until the pass
// over the batch ends, and taken again where no other rows are asked for.
class EvaluatorGroup {
 public:
  explicit EvaluatorGroup(const std::vector<ExprPtr>& trees);
  EvaluatorGroup(EvaluatorGroup&&) noexcept;
  EvaluatorGroup& operator=(EvaluatorGroup&&) noexcept;
  ~EvaluatorGroup();

  // The trees over one batch. A row that one tree could not compute is in error once; what later
  // trees give for it means nothing. REQUIRES: ends before the next pass begins; the group, the
  // batch and the errors outlive it.
  class Pass {
   public:
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass();

    // As Evaluator's, of the tree with this index.
    ColumnPtr eval(size_t tree, Selection selection);
    void filter(size_t tree, Selection selection, RowIndices& rows);

   private:
    friend class EvaluatorGroup;
    Pass(EvaluatorGroup& group, const RecordBatch& batch, int64_t now, RowErrors& errors);

    EvaluatorGroup& group_;
    const RecordBatch& batch_;
    const int64_t now_;
    RowErrors& errors_;
  };
  Pass over(const RecordBatch& batch, int64_t now, RowErrors& errors) {
    return {*this, batch, now, errors};
  }

 private:
  std::unique_ptr<CompiledTrees> trees_;
  std::vector<Memo> memos_;  // Empty between passes, but for their memory.
};

class Evaluator {
 public:
  explicit Evaluator(ExprPtr expr);

  const Expr& expr() const { return *expr_; }

  // The value of each selected row, in a column as long as the batch; other rows hold anything.
  // `now` is the wall clock in microseconds, for now() alone. Plain columns and fields are returned
  // as they are, without a copy. REQUIRES: the columns that the tree reads are present, and the
  // arrival watermark if it reads_watermark().
  ColumnPtr eval(const RecordBatch& batch, Selection selection, int64_t now, RowErrors& errors);

  // Of a boolean tree: the selected rows for which it is true (neither false nor NULL nor in
  // error), appended to `rows`.
  void filter(const RecordBatch& batch, Selection selection, int64_t now, RowIndices& rows,
              RowErrors& errors);

 private:
  ExprPtr expr_;
  EvaluatorGroup group_;  // Of one.
};

// Sorts, and keeps the first error of each row.
void finish_errors(RowErrors& errors);

}  // namespace weir
