#include "engine/expr/expr.h"

#include "engine/expr/function.h"

#include <algorithm>

namespace weir {
namespace {

// The column and the fields that lead to a value inside it; empty for anything but a column and
// fields of it.
struct Path {
  const Expr* column = nullptr;
  std::vector<size_t> fields;  // Innermost last.
};

Path path_of(const Expr& expr) {
  Path path;
  const Expr* at = &expr;
  for (; at->kind == ExprKind::kField; at = at->args[0].get()) path.fields.push_back(at->index);
  if (at->kind == ExprKind::kColumn) path.column = at;
  std::reverse(path.fields.begin(), path.fields.end());
  return path;
}

// `whole`: all that is inside; otherwise only whether it is NULL.
void mark_path(NeededField& needed, const Type& type, const std::vector<size_t>& fields,
               size_t depth, bool whole) {
  if (needed.needed && needed.fields.empty()) return;  // Whole already.
  const bool here = depth == fields.size();
  if (here && whole) {
    needed = {.needed = true, .fields = {}};
    return;
  }
  if (!needed.needed) {
    needed.needed = true;
    needed.fields.assign(type.fields().fields.size(), NeededField{});
  }
  if (here) return;
  const size_t field = fields[depth];
  mark_path(needed.fields[field], type.fields().fields[field].type, fields, depth + 1, whole);
}

void mark(const Expr& expr, NeededColumns& needed, bool whole) {
  const Path path = path_of(expr);
  if (path.column != nullptr) {
    CHECK(path.column->index < needed.size());
    mark_path(needed[path.column->index], path.column->type, path.fields, 0, whole);
    return;
  }
  for (const ExprPtr& arg : expr.args) {
    const bool presence_only =
        expr.kind == ExprKind::kIsNull && arg->type.kind() == TypeKind::kComposite;
    mark(*arg, needed, !presence_only);
  }
}

// The tree with each column replaced by what `replace` gives for it; parts without columns are
// shared.
template <typename Replace>
ExprPtr rewrite(const ExprPtr& expr, const Replace& replace) {
  if (expr->kind == ExprKind::kColumn) return replace(expr);
  std::vector<ExprPtr> args;
  bool changed = false;
  for (const ExprPtr& arg : expr->args) {
    args.push_back(rewrite(arg, replace));
    changed |= args.back() != arg;
  }
  if (!changed) return expr;
  auto copy = std::make_shared<Expr>(*expr);
  copy->args = std::move(args);
  return copy;
}

bool any_arg_may_be_null(const Expr& expr, const Schema& schema) {
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [&](const ExprPtr& arg) { return may_be_null(*arg, schema); });
}

bool case_may_be_null(const Expr& expr, const Schema& schema) {
  for (size_t i = 1; i < expr.args.size(); i += 2) {
    if (may_be_null(*expr.args[i], schema)) return true;
  }
  return may_be_null(*expr.args.back(), schema);
}

}  // namespace

bool same_expr(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  const bool same_node = a.kind == b.kind && a.type == b.type && a.index == b.index &&
                         a.function == b.function && a.untyped == b.untyped &&
                         a.args.size() == b.args.size();
  if (!same_node) return false;
  if (a.kind == ExprKind::kLiteral && a.literal != b.literal) return false;
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!same_expr(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

ExprPtr substitute_columns(const ExprPtr& expr, const std::vector<ExprPtr>& columns) {
  return rewrite(expr, [&](const ExprPtr& column) {
    CHECK(column->index < columns.size());
    CHECK(columns[column->index] != nullptr);
    return columns[column->index];
  });
}

ExprPtr renumber_columns(const ExprPtr& expr, const std::vector<size_t>& indices) {
  return rewrite(expr, [&](const ExprPtr& column) {
    CHECK(column->index < indices.size());
    auto copy = std::make_shared<Expr>(*column);
    copy->index = indices[column->index];
    return ExprPtr(std::move(copy));
  });
}

void mark_needed(const Expr& expr, NeededColumns& needed) { mark(expr, needed, true); }

bool is_deterministic(const Expr& expr) {
  if (expr.kind == ExprKind::kNow) return false;
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& arg) { return is_deterministic(*arg); });
}

bool reads_watermark(const Expr& expr) {
  if (expr.kind == ExprKind::kWatermark) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& arg) { return reads_watermark(*arg); });
}

bool may_be_null(const Expr& expr, const Schema& schema) {
  switch (expr.kind) {
    case ExprKind::kColumn:
      CHECK(expr.index < schema.fields.size());
      return schema.fields[expr.index].nullable;
    case ExprKind::kLiteral: return expr.literal.is_null();
    case ExprKind::kField:
      return expr.args[0]->type.fields().fields[expr.index].nullable ||
             any_arg_may_be_null(expr, schema);
    case ExprKind::kCall:
      if (expr.function->gives_null) return true;
      return expr.function->nulls != Nulls::kHandled && any_arg_may_be_null(expr, schema);
    case ExprKind::kCase: return case_may_be_null(expr, schema);
    case ExprKind::kCast:
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kNot: return any_arg_may_be_null(expr, schema);
    case ExprKind::kCoalesce:
      return std::all_of(expr.args.begin(), expr.args.end(),
                         [&](const ExprPtr& arg) { return may_be_null(*arg, schema); });
    case ExprKind::kIsNull:
    case ExprKind::kIsDistinct:
    case ExprKind::kNow: return false;
    case ExprKind::kWatermark: return true;
  }
  unreachable();
}

}  // namespace weir
