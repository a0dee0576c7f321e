#include "engine/expr/build.h"

#include "engine/data/text_form.h"
#include "engine/expr/coercion.h"
#include "engine/expr/function.h"
#include "engine/expr/nearest_name.h"
#include "engine/expr/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

// A constant's value, or what is known without it.
std::vector<ArgumentInfo> describe(const std::vector<ExprPtr>& args) {
  std::vector<ArgumentInfo> infos;
  for (const ExprPtr& arg : args) {
    const bool constant = arg->kind == ExprKind::kLiteral && !arg->literal.is_null();
    infos.push_back({arg->type, constant ? &arg->literal : nullptr});
  }
  return infos;
}

Result<ExprPtr> finish_call(Resolved resolved) {
  const Function& function = *resolved.function;
  const std::vector<ArgumentInfo> infos = describe(resolved.args);
  auto node = std::make_shared<Expr>();
  node->kind = ExprKind::kCall;
  node->function = &function;
  node->type = Type();
  if (function.type_rule != nullptr) {
    node->type = TRY(function.type_rule(infos));
  } else {
    node->type = Type(function.result);
  }
  if (function.prepare != nullptr) {
    const auto prepared = function.prepare(infos);
    if (!prepared.ok()) return prepared.error();
  }
  node->args = std::move(resolved.args);
  return fold_constants(std::move(node));
}

bool is_text(const ExprPtr& arg) { return arg->untyped || arg->type.kind() == TypeKind::kText; }

// PostgreSQL's text || anything: the other side is cast to text.
Result<std::vector<ExprPtr>> concatenated(std::vector<ExprPtr> args) {
  if (args.size() != 2 || (!is_text(args[0]) && !is_text(args[1]))) return args;
  for (size_t i = 0; i < 2; ++i) {
    const bool other_untyped = args[1 - i]->untyped;
    if (is_text(args[i]) || (other_untyped && args[i]->type.kind() == TypeKind::kBytea)) continue;
    args[i] = TRY(make_cast(args[i], TypeKind::kText, CastKind::kExplicit));
  }
  return args;
}

Result<ExprPtr> make_nullif(std::vector<ExprPtr> args) {
  if (args.size() != 2) {
    return user_error(fmt::format("nullif takes two arguments, not {}", args.size()));
  }
  const ExprPtr equal = TRY(make_call("=", args));
  const ExprPtr value = TRY(settle_type(args[0]));
  return make_case({equal}, {make_literal(null_scalar(value->type))}, value);
}

// extract as a double; of a date, the fields of its midnight too.
Result<ExprPtr> make_date_part(std::vector<ExprPtr> args) {
  if (!args[1]->untyped && args[1]->type.kind() == TypeKind::kDate) {
    args[1] = TRY(make_cast(args[1], TypeKind::kTimestamp, CastKind::kImplicit));
  }
  const ExprPtr exact = TRY(make_call("extract", std::move(args)));
  return make_cast(exact, TypeKind::kDouble, CastKind::kExplicit);
}

Error no_cast(const Type& from, const Type& to, const Cast* cast) {
  if (cast == nullptr) {
    return user_error(fmt::format("cannot cast type {} to {}", to_text(from), to_text(to)));
  }
  return user_error(fmt::format("type {} does not become {} by itself: write (x)::{}",
                                to_text(from), to_text(to), to_text(to)));
}

}  // namespace

ExprPtr make_column(size_t index, const Type& type) {
  auto node = std::make_shared<Expr>();
  node->kind = ExprKind::kColumn;
  node->type = type;
  node->index = index;
  return node;
}

ExprPtr make_literal(Scalar value) {
  auto node = std::make_shared<Expr>();
  node->kind = ExprKind::kLiteral;
  node->type = value.type;
  node->literal = std::move(value);
  return node;
}

ExprPtr make_untyped(std::string text) {
  auto node = std::make_shared<Expr>();
  node->type = TypeKind::kText;
  node->literal = {TypeKind::kText, std::move(text)};
  node->untyped = true;
  return node;
}

ExprPtr make_untyped_null() {
  auto node = std::make_shared<Expr>();
  node->type = TypeKind::kText;
  node->literal = null_scalar(TypeKind::kText);
  node->untyped = true;
  return node;
}

Result<ExprPtr> make_number(std::string_view text) {
  int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && end == text.data() + text.size()) {
    const bool fits = whole == static_cast<int32_t>(whole);
    return make_literal({fits ? TypeKind::kInt : TypeKind::kBigint, whole});
  }
  const Type type = TRY(numeric_of_text(text));
  return parse_literal({TypeKind::kText, std::string(text)}, type);
}

Result<ExprPtr> make_field(ExprPtr composite, std::string_view field) {
  if (composite->type.kind() != TypeKind::kComposite) {
    return user_error(fmt::format("a value of type {} has no field \"{}\": it is not composite",
                                  to_text(composite->type), field));
  }
  const std::vector<Field>& fields = composite->type.fields().fields;
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& each) { return each.name == field; });
  if (found == fields.end()) {
    std::vector<std::string> names;
    names.reserve(fields.size());
    for (const Field& each : fields) names.push_back(each.name);
    const std::optional<std::string> near = nearest_name(field, names);
    return user_error(fmt::format("type {} has no field \"{}\"{}", to_text(composite->type), field,
                                  near ? fmt::format(": did you mean \"{}\"?", *near) : ""));
  }
  auto node = std::make_shared<Expr>();
  node->kind = ExprKind::kField;
  node->type = found->type;
  node->index = static_cast<size_t>(found - fields.begin());
  node->args = {std::move(composite)};
  return node;
}

Result<ExprPtr> make_call(std::string_view name, std::vector<ExprPtr> args) {
  const std::string_view canonical = canonical_name(name);
  if (canonical == "nullif") return make_nullif(std::move(args));
  if (canonical == "coalesce") return make_coalesce(std::move(args));
  if (canonical == "now" && args.empty()) return make_now();
  if (canonical == "current_watermark" && args.empty()) return make_watermark();
  if (canonical == "date_part" && args.size() == 2) return make_date_part(std::move(args));
  const bool plus = canonical == "+" && args.size() == 1;
  if (plus && !args[0]->untyped && args[0]->type.is_number()) return args[0];
  if (canonical == "||") args = TRY(concatenated(std::move(args)));
  Resolved resolved = TRY(resolve_call(canonical, std::move(args)));
  return finish_call(std::move(resolved));
}

Result<ExprPtr> make_cast(ExprPtr value, const Type& target, CastKind kind) {
  if (value->untyped) return parse_literal(value->literal, target);
  if (value->type == target) return value;
  const TypeKind from = value->type.kind();
  const TypeKind to = target.kind();
  const bool both_composite = from == TypeKind::kComposite || to == TypeKind::kComposite;
  const Cast* cast = both_composite ? nullptr : find_cast(from, to);
  if (cast == nullptr || cast->kind > kind) return no_cast(value->type, target, cast);
  return fold_constants(make_node(ExprKind::kCast, target, {std::move(value)}));
}

Result<ExprPtr> make_numeric_cast(ExprPtr value) {
  if (value->untyped) {
    Type type = Type::numeric(1, 0);
    if (!value->literal.is_null()) {
      type = TRY(numeric_of_text(std::get<std::string>(value->literal.value)));
    }
    return make_cast(std::move(value), type, CastKind::kExplicit);
  }
  const Type& type = value->type;
  if (type.kind() == TypeKind::kNumeric) return value;
  if (type.is_integer()) return make_cast(value, numeric_of(type), CastKind::kExplicit);
  return user_error(fmt::format(
      "numeric needs a precision and a scale where the value is {}: write numeric(p,s), such as "
      "(x)::numeric(38,6)",
      to_text(type)));
}

ExprPtr make_watermark() { return make_node(ExprKind::kWatermark, TypeKind::kTimestamptz, {}); }

ExprPtr make_now() { return make_node(ExprKind::kNow, TypeKind::kTimestamptz, {}); }

Result<ExprPtr> settle_type(ExprPtr expr) {
  if (!expr->untyped) return expr;
  return parse_literal(expr->literal, TypeKind::kText);
}

std::vector<std::string> function_names() {
  std::vector<std::string> names = {"coalesce", "current_watermark", "date_part", "now", "nullif"};
  for (const FunctionFamily family : function_families()) {
    for (const Function& function : family) {
      if (!is_operator(function.name)) names.emplace_back(function.name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace weir
