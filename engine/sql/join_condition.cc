#include "engine/sql/join_condition.h"

#include "engine/data/calendar.h"
#include "engine/expr/build.h"
#include "engine/expr/function.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir {
namespace {

bool is_call(const Expr& expr, std::string_view name) {
  return expr.kind == ExprKind::kCall && expr.function->name == name;
}

void flatten(const ExprPtr& expr, size_t location, std::vector<JoinCondition>& out) {
  if (expr->kind != ExprKind::kAnd) {
    out.push_back({.expr = expr, .location = location});
    return;
  }
  for (const ExprPtr& arg : expr->args) flatten(arg, location, out);
}

// left_count * a time of the left side + right_count * one of the right side + offset.
struct Sum {
  int left_count = 0;
  int right_count = 0;
  size_t left = 0;
  size_t right = 0;
  int64_t offset = 0;
  bool has_months = false;
};

std::optional<int> count_of(int a_count, size_t a, int b_count, size_t b) {
  if (a_count != 0 && b_count != 0 && a != b) return std::nullopt;
  return a_count + b_count;
}

std::optional<Sum> add(const Sum& a, const Sum& b, int sign) {
  Sum sum = a;
  const std::optional<int> left = count_of(a.left_count, a.left, sign * b.left_count, b.left);
  const std::optional<int> right = count_of(a.right_count, a.right, sign * b.right_count, b.right);
  int64_t offset = 0;
  if (!left || !right || __builtin_mul_overflow(b.offset, int64_t{sign}, &offset) ||
      __builtin_add_overflow(a.offset, offset, &sum.offset)) {
    return std::nullopt;
  }
  sum.left_count = *left;
  sum.right_count = *right;
  if (a.left_count == 0) sum.left = b.left;
  if (a.right_count == 0) sum.right = b.right;
  sum.has_months = a.has_months || b.has_months;
  return sum;
}

// One condition after the other, for one join.
class Classifier {
 public:
  Classifier(const ScriptText& script, const SideFacts& left, const SideFacts& right)
      : script_(script), left_(left), right_(right) {}

  Result<JoinShape> classify(std::vector<JoinCondition> conditions) {
    TRY(take_windows(conditions));
    for (const JoinCondition& condition : conditions) {
      bool is_bound = false;
      if (!shape_.by_window) is_bound = TRY(take_bound(condition));
      if (is_bound || take_key(*condition.expr)) continue;
      shape_.rest.push_back(condition.expr);
    }
    // a.at = b.at alone is the key too.
    if (shape_.keys.empty() && equal_times_ != nullptr) take_key(*equal_times_);
    if (shape_.by_window) {
      const auto column = [&](size_t index) { return make_column(index, window_type_); };
      shape_.keys.push_back(
          {.left = column(left_.window->start), .right = column(right_.window->start)});
    }
    return std::move(shape_);
  }

 private:
  // Takes the equalities of window columns out, if they are those of both ends of the windows.
  Status take_windows(std::vector<JoinCondition>& conditions) {
    if (!left_.window || !right_.window) return {};
    const ResultWindow& left = *left_.window;
    const ResultWindow& right = *right_.window;
    const JoinCondition* start = nullptr;
    bool has_end = false;
    const auto compares_windows = [&](const JoinCondition& condition) {
      return equals(*condition.expr, left.start, right.start) ||
             equals(*condition.expr, left.end, right.end) ||
             (left.time && right.time && equals(*condition.expr, *left.time, *right.time));
    };
    for (const JoinCondition& condition : conditions) {
      if (!compares_windows(condition)) continue;
      if (equals(*condition.expr, left.start, right.start)) {
        start = &condition;
      } else {
        has_end = true;
      }
    }
    if (start == nullptr || !has_end) return {};
    if (!same_windows(left, right)) {
      return script_.refuse(start->location,
                            "the windows of the two sides must be of the same kind and size: make "
                            "both with the same window function and the same lengths");
    }
    window_type_ = start->expr->args[0]->type;
    shape_.by_window = true;
    std::erase_if(conditions, compares_windows);
    return {};
  }

  static bool equals(const Expr& expr, size_t a, size_t b) {
    if (!is_call(expr, "=")) return false;
    const Expr& x = *expr.args[0];
    const Expr& y = *expr.args[1];
    if (x.kind != ExprKind::kColumn || y.kind != ExprKind::kColumn) return false;
    return (x.index == a && y.index == b) || (x.index == b && y.index == a);
  }

  bool take_key(const Expr& expr) {
    if (!is_call(expr, "=")) return false;
    ExprPtr left = expr.args[0];
    ExprPtr right = expr.args[1];
    if (!is_of(*left, left_)) std::swap(left, right);
    if (!is_of(*left, left_) || !is_of(*right, right_)) return false;
    const TypeKind kind = left->type.kind();
    if (kind == TypeKind::kComposite || kind == TypeKind::kArray) return false;
    const Result<Type> type = common_type({left->type, right->type});
    if (!type.ok()) return false;
    const Result<ExprPtr> left_cast = make_cast(left, *type, CastKind::kImplicit);
    const Result<ExprPtr> right_cast = make_cast(right, *type, CastKind::kImplicit);
    if (!left_cast.ok() || !right_cast.ok()) return false;
    shape_.keys.push_back({.left = *left_cast, .right = *right_cast});
    return true;
  }

  // Whether it reads this side, and nothing else.
  static bool is_of(const Expr& expr, const SideFacts& side) {
    return reads_only(expr, side.begin, side.end) && !reads_only(expr, 0, 0);
  }

  std::optional<Sum> sum_of(const Expr& expr) const {
    if (expr.kind == ExprKind::kColumn) {
      Sum sum;
      if (holds(left_.event_times, expr.index)) {
        sum.left_count = 1;
        sum.left = expr.index;
        return sum;
      }
      if (!holds(right_.event_times, expr.index)) return std::nullopt;
      sum.right_count = 1;
      sum.right = expr.index;
      return sum;
    }
    if (expr.kind == ExprKind::kLiteral && expr.type.kind() == TypeKind::kInterval &&
        !expr.literal.is_null()) {
      const Interval value = std::get<Interval>(expr.literal.value);
      const std::optional<int64_t> micros = interval_to_micros(value);
      if (!micros) return std::nullopt;
      return Sum{.offset = *micros, .has_months = value.months != 0};
    }
    if ((is_call(expr, "+") || is_call(expr, "-")) && expr.args.size() == 2) {
      const std::optional<Sum> a = sum_of(*expr.args[0]);
      const std::optional<Sum> b = sum_of(*expr.args[1]);
      if (a && b) return add(*a, *b, is_call(expr, "-") ? -1 : 1);
    }
    return std::nullopt;
  }

  static bool holds(const std::vector<size_t>& columns, size_t column) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  }

  // a.at <= b.at + INTERVAL '..' and its kin.
  Result<bool> take_bound(const JoinCondition& condition) {
    const Expr& expr = *condition.expr;
    if (expr.kind != ExprKind::kCall || expr.args.size() != 2) return false;
    const std::string_view op = expr.function->name;
    const bool is_below = op == "<" || op == "<=";
    const bool is_above = op == ">" || op == ">=";
    if (!is_below && !is_above && op != "=") return false;
    const std::optional<Sum> a = sum_of(*expr.args[0]);
    const std::optional<Sum> b = sum_of(*expr.args[1]);
    if (!a || !b) return false;
    const std::optional<Sum> difference = add(*a, *b, -1);
    if (!difference || difference->left_count * difference->right_count != -1) return false;
    if (difference->has_months) {
      return script_.refuse(condition.location,
                            "a bound of a join has no fixed length in months and years: write "
                            "days, hours, minutes or seconds");
    }
    // left - right + offset OP 0, or the same with the sign of left - right turned.
    const bool turned = difference->left_count < 0;
    const int64_t limit = turned ? difference->offset : -difference->offset;
    TimeBound bound{.left = difference->left, .right = difference->right};
    const int64_t strict = op == "<" || op == ">" ? 1 : 0;
    if (op == "=" || is_below != turned) bound.upper = limit - strict;
    if (op == "=" || is_below == turned) bound.lower = limit + strict;
    if (!tighten(bound)) return false;
    if (op == "=") equal_times_ = condition.expr;
    return true;
  }

  // Bounds between the first pair of times; those between others are conditions like any.
  bool tighten(const TimeBound& bound) {
    if (!shape_.time) {
      shape_.time = bound;
      return true;
    }
    TimeBound& time = *shape_.time;
    if (time.left != bound.left || time.right != bound.right) return false;
    if (bound.lower) time.lower = std::max(time.lower.value_or(*bound.lower), *bound.lower);
    if (bound.upper) time.upper = std::min(time.upper.value_or(*bound.upper), *bound.upper);
    return true;
  }

  const ScriptText& script_;
  const SideFacts& left_;
  const SideFacts& right_;
  JoinShape shape_;
  Type window_type_;
  ExprPtr equal_times_;  // Null: no such condition.
};

}  // namespace

bool reads_only(const Expr& expr, size_t begin, size_t end) {
  if (expr.kind == ExprKind::kColumn && (expr.index < begin || expr.index >= end)) return false;
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [&](const ExprPtr& arg) { return reads_only(*arg, begin, end); });
}

Result<JoinShape> shape_of(const ScriptText& script, const SideFacts& left, const SideFacts& right,
                           const std::vector<JoinCondition>& conditions) {
  std::vector<JoinCondition> flat;
  for (const JoinCondition& condition : conditions) {
    flatten(condition.expr, condition.location, flat);
  }
  return Classifier(script, left, right).classify(std::move(flat));
}

}  // namespace weir
