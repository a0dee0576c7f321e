#include "engine/expr/evaluator.h"

#include "engine/expr/compiled.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

// The column over the whole batch, with the rows in error NULL.
ColumnPtr without_errors(const Value& value, Selection rows, size_t batch_rows,
                         const RowErrors& errors, size_t first_error) {
  ColumnWriter writer(value.column->type(), batch_rows);
  copy_rows(value, rows, writer);
  for (size_t i = first_error; i < errors.size(); ++i) set_null_row(writer, errors[i].row);
  return std::move(writer).finish(batch_rows);
}

}  // namespace

namespace {

// NULL where no row came before. REQUIRES: the batch says it for every row.
ColumnPtr arrival_watermarks(const RecordBatch& batch) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  CHECK(batch.arrival_watermark != nullptr);
  const int64_t* watermarks = batch.arrival_watermark->values<int64_t>();
  ColumnWriter out(TypeKind::kTimestamptz, batch.rows);
  for (uint32_t row = 0; row < batch.rows; ++row) {
    if (watermarks[row] == kNone) {
      out.set_null(row);
    } else {
      out.set(row, watermarks[row]);
    }
  }
  return std::move(out).finish(batch.rows);
}

Value compute(const CompiledNode& node, Run& run, Selection rows) {
  switch (node.expr->kind) {
    case ExprKind::kColumn: {
      CHECK(node.expr->index < run.batch.columns.size());
      const ColumnPtr& column = run.batch.columns[node.expr->index];
      CHECK(column != nullptr);
      return {column};
    }
    case ExprKind::kLiteral: return {node.constant, true};
    case ExprKind::kField: {
      const Value composite = evaluate(*node.args[0], run, rows);
      const ColumnPtr& child = composite.column->children()[node.expr->index];
      CHECK(child != nullptr);
      return {child, composite.constant};
    }
    case ExprKind::kCall:
    case ExprKind::kCast: return evaluate_call(node, run, rows);
    case ExprKind::kCase: return evaluate_case(node, run, rows);
    case ExprKind::kAnd:
    case ExprKind::kOr:
      if (node.one_subject) return evaluate_membership(node, run, rows);
      return evaluate_junction(node, run, rows);
    case ExprKind::kNot: return evaluate_not(node, run, rows);
    case ExprKind::kIsNull: return evaluate_is_null(node, run, rows);
    case ExprKind::kIsDistinct: return evaluate_is_distinct(node, run, rows);
    case ExprKind::kCoalesce: return evaluate_coalesce(node, run, rows);
    case ExprKind::kWatermark: return {arrival_watermarks(run.batch)};
    case ExprKind::kNow: return {constant_column({TypeKind::kTimestamptz, run.now}, 1), true};
  }
  unreachable();
}

}  // namespace

Value evaluate(const CompiledNode& node, Run& run, Selection rows) {
  if (node.memo == kNoMemo) return compute(node, run, rows);
  Memo& memo = run.memos[node.memo];
  if (!memo.covers(rows)) memo.keep(compute(node, run, rows), rows, run.batch.rows);
  return memo.value;
}

EvaluatorGroup::EvaluatorGroup(const std::vector<ExprPtr>& trees)
    : trees_(std::make_unique<CompiledTrees>(trees)), memos_(trees_->memo_count()) {}
EvaluatorGroup::EvaluatorGroup(EvaluatorGroup&&) noexcept = default;
EvaluatorGroup& EvaluatorGroup::operator=(EvaluatorGroup&&) noexcept = default;
EvaluatorGroup::~EvaluatorGroup() = default;

EvaluatorGroup::Pass::Pass(EvaluatorGroup& group, const RecordBatch& batch, int64_t now,
                           RowErrors& errors)
    : group_(group), batch_(batch), now_(now), errors_(errors) {
  for (const Memo& memo : group_.memos_) CHECK(memo.value.column == nullptr);
}

EvaluatorGroup::Pass::~Pass() {
  for (Memo& memo : group_.memos_) memo.value = {};
}

ColumnPtr EvaluatorGroup::Pass::eval(size_t tree, Selection selection) {
  const CompiledNode& root = group_.trees_->root(tree);
  // Kernels may count on a row: a constant operand of none would be an empty column.
  if (selection.size() == 0) return null_column(root.expr->type, batch_.rows);
  Run run{batch_, now_, errors_, group_.memos_};
  const size_t first_error = errors_.size();
  const Value value = evaluate(root, run, selection);
  if (errors_.size() != first_error) {
    return without_errors(value, selection, batch_.rows, errors_, first_error);
  }
  if (!value.constant) return value.column;
  if (value.column->type().kind() == TypeKind::kComposite) {
    CHECK(value.column->is_null(0));  // No other constants of composite type exist.
    return null_column(value.column->type(), batch_.rows);
  }
  return constant_column(scalar_at(*value.column, 0), batch_.rows);
}

void EvaluatorGroup::Pass::filter(size_t tree, Selection selection, RowIndices& rows) {
  const CompiledNode& root = group_.trees_->root(tree);
  CHECK(root.expr->type.kind() == TypeKind::kBoolean);
  if (selection.size() == 0) return;
  Run run{batch_, now_, errors_, group_.memos_};
  const size_t first_error = errors_.size();
  const size_t first_row = rows.size();
  filter_rows(root, run, selection, rows);
  if (errors_.size() == first_error) return;
  std::vector<uint32_t> failed;
  for (size_t i = first_error; i < errors_.size(); ++i) failed.push_back(errors_[i].row);
  std::sort(failed.begin(), failed.end());
  const auto is_failed = [&](uint32_t row) {
    return std::binary_search(failed.begin(), failed.end(), row);
  };
  rows.erase(
      std::remove_if(rows.begin() + static_cast<std::ptrdiff_t>(first_row), rows.end(), is_failed),
      rows.end());
}

Evaluator::Evaluator(ExprPtr expr) : expr_(std::move(expr)), group_({expr_}) {}

ColumnPtr Evaluator::eval(const RecordBatch& batch, Selection selection, int64_t now,
                          RowErrors& errors) {
  return group_.over(batch, now, errors).eval(0, selection);
}

void Evaluator::filter(const RecordBatch& batch, Selection selection, int64_t now, RowIndices& rows,
                       RowErrors& errors) {
  group_.over(batch, now, errors).filter(0, selection, rows);
}

void finish_errors(RowErrors& errors) {
  std::stable_sort(errors.begin(), errors.end(),
                   [](const RowError& a, const RowError& b) { return a.row < b.row; });
  const auto same_row = [](const RowError& a, const RowError& b) { return a.row == b.row; };
  errors.erase(std::unique(errors.begin(), errors.end(), same_row), errors.end());
}

}  // namespace weir
