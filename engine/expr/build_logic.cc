// The part of build.h that is not a call: conditions, CASE and its kin, and the type that several
// values share.
#include "engine/expr/build.h"
#include "engine/expr/coercion.h"
#include "engine/expr/resolve.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// One type that holds the values of both, or an error.
Result<Type> common_of_two(const Type& a, const Type& b) {
  if (a == b) return a;
  const bool both_exact = (a.is_integer() || a.kind() == TypeKind::kNumeric) &&
                          (b.is_integer() || b.kind() == TypeKind::kNumeric);
  if (both_exact && (a.kind() == TypeKind::kNumeric || b.kind() == TypeKind::kNumeric)) {
    const Type left = numeric_of(a);
    const Type right = numeric_of(b);
    const int scale = std::max(left.scale(), right.scale());
    const int whole = std::max(left.precision() - left.scale(), right.precision() - right.scale());
    return Type::numeric(std::min(kNumericPrecisionMax, whole + scale), scale);
  }
  const bool plain = group_of(a.kind()) != TypeGroup::kOther;
  if (plain && group_of(a.kind()) == group_of(b.kind())) {
    if (casts_implicitly(a.kind(), b.kind())) return b;
    if (casts_implicitly(b.kind(), a.kind())) return a;
  }
  return user_error(
      fmt::format("types {} and {} cannot be matched: cast one of them", to_text(a), to_text(b)));
}

Result<Type> common_of(const std::vector<ExprPtr>& values) {
  std::vector<Type> types;
  for (const ExprPtr& value : values) {
    if (!value->untyped) types.push_back(value->type);
  }
  if (types.empty()) return Type(TypeKind::kText);
  Type common = TRY(common_type(types));
  if (common.kind() != TypeKind::kNumeric) return common;
  for (const ExprPtr& value :
       values) {  // A constant must not be rounded to the scale of the others.
    if (!value->untyped || value->literal.is_null()) continue;
    const Type type = TRY(numeric_of_text(std::get<std::string>(value->literal.value)));
    common = TRY(common_of_two(common, type));
  }
  return common;
}

Status check_plain(const Type& type, std::string_view what) {
  if (group_of(type.kind()) != TypeGroup::kOther) return {};
  return user_error(
      fmt::format("{} of type {} is not supported: use its fields", what, to_text(type)));
}

Result<ExprPtr> make_junction(ExprKind kind, std::string_view name, std::vector<ExprPtr> args) {
  CHECK(!args.empty());
  std::vector<ExprPtr> flat;
  for (ExprPtr& arg : args) {
    ExprPtr condition = TRY(as_condition(std::move(arg), fmt::format("argument of {}", name)));
    if (condition->kind == kind) {
      flat.insert(flat.end(), condition->args.begin(), condition->args.end());
    } else {
      flat.push_back(std::move(condition));
    }
  }
  if (flat.size() == 1) return flat.front();
  return fold_constants(make_node(kind, TypeKind::kBoolean, std::move(flat)));
}

}  // namespace

Result<Type> common_type(const std::vector<Type>& types) {
  if (types.empty()) return user_error("no value to take a type from");
  Type common = types.front();
  for (const Type& type : types) common = TRY(common_of_two(common, type));
  return common;
}

Result<ExprPtr> make_and(std::vector<ExprPtr> args) {
  return make_junction(ExprKind::kAnd, "AND", std::move(args));
}

Result<ExprPtr> make_or(std::vector<ExprPtr> args) {
  return make_junction(ExprKind::kOr, "OR", std::move(args));
}

Result<ExprPtr> make_not(ExprPtr arg) {
  ExprPtr condition = TRY(as_condition(std::move(arg), "argument of NOT"));
  return fold_constants(make_node(ExprKind::kNot, TypeKind::kBoolean, {std::move(condition)}));
}

Result<ExprPtr> make_is_null(ExprPtr arg, bool negated) {
  ExprPtr value = TRY(settle_type(std::move(arg)));
  ExprPtr test =
      fold_constants(make_node(ExprKind::kIsNull, TypeKind::kBoolean, {std::move(value)}));
  if (negated) return make_not(std::move(test));
  return test;
}

Result<ExprPtr> make_is_distinct(ExprPtr a, ExprPtr b, bool negated) {
  Resolved equal = TRY(resolve_call("=", {std::move(a), std::move(b)}));
  ExprPtr test =
      fold_constants(make_node(ExprKind::kIsDistinct, TypeKind::kBoolean, std::move(equal.args)));
  if (negated) return make_not(std::move(test));
  return test;
}

Result<ExprPtr> make_in(const ExprPtr& value, std::vector<ExprPtr> list, bool negated) {
  if (list.empty()) return user_error("IN needs at least one value");
  std::vector<ExprPtr> tests;
  for (ExprPtr& item : list) {
    ExprPtr test = TRY(make_call("=", {value, std::move(item)}));
    tests.push_back(std::move(test));
  }
  ExprPtr any = TRY(make_or(std::move(tests)));
  if (negated) return make_not(std::move(any));
  return any;
}

Result<ExprPtr> make_coalesce(std::vector<ExprPtr> args) {
  if (args.empty()) return user_error("coalesce needs at least one argument");
  const Type type = TRY(common_of(args));
  TRY(check_plain(type, "coalesce"));
  for (ExprPtr& arg : args) arg = TRY(make_cast(std::move(arg), type, CastKind::kImplicit));
  if (args.size() == 1) return args.front();
  return fold_constants(make_node(ExprKind::kCoalesce, type, std::move(args)));
}

Result<ExprPtr> make_case(std::vector<ExprPtr> conditions, std::vector<ExprPtr> values,
                          ExprPtr otherwise) {
  CHECK(conditions.size() == values.size());
  CHECK(!conditions.empty());
  values.push_back(otherwise == nullptr ? make_untyped_null() : std::move(otherwise));
  const Type type = TRY(common_of(values));
  TRY(check_plain(type, "CASE"));
  std::vector<ExprPtr> args;
  for (size_t i = 0; i < conditions.size(); ++i) {
    ExprPtr condition = TRY(as_condition(std::move(conditions[i]), "condition of CASE"));
    ExprPtr value = TRY(make_cast(std::move(values[i]), type, CastKind::kImplicit));
    args.push_back(std::move(condition));
    args.push_back(std::move(value));
  }
  ExprPtr last = TRY(make_cast(std::move(values.back()), type, CastKind::kImplicit));
  args.push_back(std::move(last));
  return fold_constants(make_node(ExprKind::kCase, type, std::move(args)));
}

Result<ExprPtr> as_condition(ExprPtr expr, std::string_view where) {
  if (expr->untyped) return make_cast(std::move(expr), TypeKind::kBoolean, CastKind::kImplicit);
  if (expr->type.kind() == TypeKind::kBoolean) return expr;
  return user_error(
      fmt::format("{} must be type boolean, not type {}", where, to_text(expr->type)));
}

}  // namespace weir
