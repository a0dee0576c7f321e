#include "engine/expr/evaluator.h"

#include "engine/expr/compiled.h"

#include <algorithm>

namespace weir {
namespace {

const Function& equality_of(TypeKind kind) {
  for (const Function& function : comparison_functions()) {
    if (function.name == "=" && function.args.kinds[0] == kind) return function;
  }
  unreachable();
}

bool all_cheap(const CompiledNode& node) {
  return std::all_of(node.args.begin(), node.args.end(),
                     [](const auto& arg) { return arg->cheap; });
}

bool is_membership(const Expr& either) {
  const Expr& subject = either.args[0]->args.empty() ? *either.args[0] : *either.args[0]->args[0];
  return std::all_of(either.args.begin(), either.args.end(), [&](const ExprPtr& arg) {
    return arg->kind == ExprKind::kCall && arg->function->name == "=" &&
           arg->args[1]->kind == ExprKind::kLiteral && same_expr(*arg->args[0], subject);
  });
}

std::unique_ptr<Prepared> prepare_function(const Expr& call) {
  if (call.function->prepare == nullptr) return nullptr;
  std::vector<ArgumentInfo> infos;
  for (const ExprPtr& arg : call.args) {
    const bool constant = arg->kind == ExprKind::kLiteral && !arg->literal.is_null();
    infos.push_back({arg->type, constant ? &arg->literal : nullptr});
  }
  auto prepared = call.function->prepare(infos);
  CHECK(prepared.ok());  // It was tried when the tree was built.
  return std::move(prepared).value();
}

// The column over the whole batch, with the rows in error NULL.
ColumnPtr without_errors(const Value& value, Selection rows, size_t batch_rows,
                         const RowErrors& errors, size_t first_error) {
  ColumnWriter writer(value.column->type(), batch_rows);
  copy_rows(value, rows, writer);
  for (size_t i = first_error; i < errors.size(); ++i) set_null_row(writer, errors[i].row);
  return std::move(writer).finish(batch_rows);
}

}  // namespace

CompiledNode::CompiledNode(ExprPtr tree) : expr(std::move(tree)) {
  for (const ExprPtr& arg : expr->args) args.push_back(std::make_unique<CompiledNode>(arg));
  switch (expr->kind) {
    case ExprKind::kLiteral:
      constant =
          expr->literal.is_null() ? null_column(expr->type, 1) : constant_column(expr->literal, 1);
      cheap = true;
      return;
    case ExprKind::kColumn:
    case ExprKind::kNow: cheap = true; return;
    case ExprKind::kField:
    case ExprKind::kIsNull:
    case ExprKind::kNot: cheap = all_cheap(*this); return;
    case ExprKind::kCall:
      kernel = expr->function->kernel;
      nulls = expr->function->nulls;
      prepared = prepare_function(*expr);
      cheap = expr->function->cheap && all_cheap(*this);
      null = null_column(expr->type, 1);
      return;
    case ExprKind::kCast: {
      const Cast* cast = find_cast(expr->args[0]->type.kind(), expr->type.kind());
      CHECK(cast != nullptr);
      kernel = cast->kernel;
      nulls = cast->nulls;
      null = null_column(expr->type, 1);
      return;
    }
    case ExprKind::kIsDistinct: {
      const Function& equal = equality_of(expr->args[0]->type.kind());
      kernel = equal.kernel;
      nulls = equal.nulls;
      cheap = all_cheap(*this);
      return;
    }
    case ExprKind::kOr: one_subject = is_membership(*expr); return;
    case ExprKind::kCase:
    case ExprKind::kAnd:
    case ExprKind::kCoalesce: return;
  }
  unreachable();
}

Value evaluate(const CompiledNode& node, Run& run, Selection rows) {
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
    case ExprKind::kNow: return {constant_column({TypeKind::kTimestamptz, run.now}, 1), true};
  }
  unreachable();
}

Evaluator::Evaluator(ExprPtr expr)
    : expr_(std::move(expr)), root_(std::make_unique<CompiledNode>(expr_)) {}
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;
Evaluator::~Evaluator() = default;

ColumnPtr Evaluator::eval(const RecordBatch& batch, Selection selection, int64_t now,
                          RowErrors& errors) {
  // Kernels may count on a row: a constant operand of none would be an empty column.
  if (selection.size() == 0) return null_column(expr_->type, batch.rows);
  Run run{batch, now, errors};
  const size_t first_error = errors.size();
  const Value value = evaluate(*root_, run, selection);
  if (errors.size() != first_error) {
    return without_errors(value, selection, batch.rows, errors, first_error);
  }
  if (!value.constant) return value.column;
  if (value.column->type().kind() == TypeKind::kComposite) {
    CHECK(value.column->is_null(0));  // No other constants of composite type exist.
    return null_column(value.column->type(), batch.rows);
  }
  return constant_column(scalar_at(*value.column, 0), batch.rows);
}

void Evaluator::filter(const RecordBatch& batch, Selection selection, int64_t now, RowIndices& rows,
                       RowErrors& errors) {
  CHECK(expr_->type.kind() == TypeKind::kBoolean);
  if (selection.size() == 0) return;
  Run run{batch, now, errors};
  const size_t first_error = errors.size();
  const size_t first_row = rows.size();
  filter_rows(*root_, run, selection, rows);
  if (errors.size() == first_error) return;
  std::vector<uint32_t> failed;
  for (size_t i = first_error; i < errors.size(); ++i) failed.push_back(errors[i].row);
  std::sort(failed.begin(), failed.end());
  const auto is_failed = [&](uint32_t row) {
    return std::binary_search(failed.begin(), failed.end(), row);
  };
  rows.erase(
      std::remove_if(rows.begin() + static_cast<std::ptrdiff_t>(first_row), rows.end(), is_failed),
      rows.end());
}

void finish_errors(RowErrors& errors) {
  std::stable_sort(errors.begin(), errors.end(),
                   [](const RowError& a, const RowError& b) { return a.row < b.row; });
  const auto same_row = [](const RowError& a, const RowError& b) { return a.row == b.row; };
  errors.erase(std::unique(errors.begin(), errors.end(), same_row), errors.end());
}

}  // namespace weir
