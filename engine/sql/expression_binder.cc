#include "engine/sql/expression_binder.h"

#include "engine/expr/build.h"
#include "engine/sql/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr int kDepthMax = 300;

// The unit of INTERVAL '5' MINUTE, from the bits that PostgreSQL's grammar sets; empty for ranges
// of units.
std::string_view interval_unit(int64_t mask) {
  switch (mask) {
    case 1 << 1: return "months";
    case 1 << 2: return "years";
    case 1 << 3: return "days";
    case 1 << 10: return "hours";
    case 1 << 11: return "minutes";
    case 1 << 12: return "seconds";
    default: return {};
  }
}

bool is_plain_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-+ ") == std::string_view::npos;
}

bool is_utc(std::string_view zone) {
  std::string upper(zone);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper == "UTC" || upper == "GMT" || upper == "Z";
}

// "SVFOP_CURRENT_TIME_N" is current_time(n), as it may be meant for a column.
std::string clock_word(std::string_view op) {
  op.remove_prefix(std::string_view("SVFOP_").size());
  if (op.ends_with("_N")) op.remove_suffix(2);
  std::string word(op);
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

Result<ExprPtr> make_between(const ExprPtr& value, const ExprPtr& low, const ExprPtr& high,
                             bool negated) {
  const ExprPtr lower = TRY(make_call(negated ? "<" : ">=", {value, low}));
  const ExprPtr upper = TRY(make_call(negated ? ">" : "<=", {value, high}));
  return negated ? make_or({lower, upper}) : make_and({lower, upper});
}

}  // namespace

std::string called_name(const Node& function_call) {
  std::vector<std::string> names = function_call.names("funcname");
  if (names.size() == 2 && names[0] == "pg_catalog") names.erase(names.begin());
  return names.size() == 1 ? names[0] : "";
}

int64_t integer_at(const std::string& text, size_t location, int64_t positive) {
  if (positive > 0 || location >= text.size() || text[location] != '-') return positive;
  // Between sign and digits stand blanks, parentheses and comments at the most; a comment may hold
  // digits.
  size_t at = location + 1;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) == 0) {
    if (text.compare(at, 2, "/*") == 0) {
      at = text.find("*/", at);
    } else if (text.compare(at, 2, "--") == 0) {
      at = text.find('\n', at);
    }
    if (at == std::string::npos) return 0;
    ++at;
  }
  int64_t value = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    value = std::min<int64_t>(value * 10 + (text[at] - '0'), int64_t{1} << 40);
  }
  return -value;
}

ExpressionBinder::ExpressionBinder(const ScriptText& script, const Catalog& catalog,
                                   const Scope& scope, std::string where, Special special)
    : script_(script),
      catalog_(catalog),
      scope_(scope),
      where_(std::move(where)),
      special_(std::move(special)) {}

Result<ExprPtr> ExpressionBinder::bind(const Node& node) {
  if (!node) return script_.refuse_script("an expression is missing its operand");
  if (depth_ == kDepthMax) {
    return script_.refuse(node.location(),
                          "this expression is nested too deeply: split it, with a view");
  }
  ++depth_;
  Result<ExprPtr> result = ExprPtr();
  if (special_ != nullptr) result = special_(node);
  if (result.ok() && result.value() == nullptr) result = bind_plain(node);
  --depth_;
  return result;
}

Result<ExprPtr> ExpressionBinder::bind_settled(const Node& node) {
  const ExprPtr expr = TRY(bind(node));
  return placed(node, settle_type(expr));
}

Result<ExprPtr> ExpressionBinder::bind_condition(const Node& node) {
  const ExprPtr expr = TRY(bind(node));
  return placed(node, as_condition(expr, where_));
}

Result<std::vector<ExprPtr>> ExpressionBinder::bind_all(const std::vector<Node>& nodes) {
  std::vector<ExprPtr> exprs;
  for (const Node& node : nodes) {
    ExprPtr expr = TRY(bind(node));
    exprs.push_back(std::move(expr));
  }
  return exprs;
}

Result<std::vector<ExprPtr>> ExpressionBinder::bind_conditions(const std::vector<Node>& nodes) {
  std::vector<ExprPtr> exprs;
  for (const Node& node : nodes) {
    const ExprPtr expr = TRY(bind(node));
    ExprPtr condition = TRY(placed(node, as_condition(expr, "a condition")));
    exprs.push_back(std::move(condition));
  }
  return exprs;
}

Result<ExprPtr> ExpressionBinder::bind_plain(const Node& node) {
  const std::string_view kind = node.kind();
  if (kind == "ColumnRef") {
    if (node.list("fields").back().is("A_Star")) {
      return script_.refuse(node.location(), "* stands alone in the list of a SELECT");
    }
    return scope_.find(script_, node);
  }
  if (kind == "A_Const") return bind_constant(node);
  if (kind == "TypeCast") return bind_cast(node);
  if (kind == "A_Indirection") return bind_indirection(node);
  if (kind == "A_Expr") return bind_operator(node);
  if (kind == "BoolExpr") return bind_boolean(node);
  if (kind == "BooleanTest") return bind_boolean_test(node);
  if (kind == "CaseExpr") return bind_case(node);
  if (kind == "FuncCall") return bind_function(node);
  if (kind == "SQLValueFunction") return bind_clock(node);
  if (kind == "NullTest") {
    const ExprPtr value = TRY(bind(node.child("arg")));
    return placed(node, make_is_null(value, node.text("nulltesttype") == "IS_NOT_NULL"));
  }
  if (kind == "CoalesceExpr") {
    const std::vector<ExprPtr> args = TRY(bind_all(node.list("args")));
    return placed(node, make_coalesce(args));
  }
  if (kind == "MinMaxExpr") {
    const std::vector<ExprPtr> args = TRY(bind_all(node.list("args")));
    return placed(node, make_call(node.text("op") == "IS_GREATEST" ? "greatest" : "least", args));
  }
  return refuse_expression(script_, node);
}

Result<ExprPtr> ExpressionBinder::bind_constant(const Node& node) {
  if (node.flag("isnull")) return make_untyped_null();
  if (node.has("sval")) return make_untyped(node.part("sval").text("sval"));
  if (node.has("fval")) return placed(node, make_number(node.part("fval").text("fval")));
  if (node.has("boolval")) {
    return make_literal(Scalar{TypeKind::kBoolean, node.part("boolval").flag("boolval")});
  }
  if (node.has("ival")) {
    const int64_t value =
        integer_at(script_.text(), node.location(), node.part("ival").number("ival"));
    return placed(node, make_number(std::to_string(value)));
  }
  return script_.refuse(node.location(),
                        "bit strings are not available: write bytes as '\\x0aff'::bytea");
}

Result<ExprPtr> ExpressionBinder::bind_cast(const Node& node) {
  const Node value_node = node.child("arg");
  const Node type_name = node.part("typeName");
  const std::vector<std::string> names = type_name.names("names");
  const std::vector<Node> modifiers = type_name.list("typmods");
  // 1e300::double precision is read as what it becomes, since no numeric holds it.
  const bool is_double = value_node.has("fval") && names.back() == "float8";
  ExprPtr value = make_untyped(value_node.part("fval").text("fval"));
  if (!is_double) value = TRY(bind(value_node));
  const bool no_array = type_name.list("arrayBounds").empty();
  if (names.back() == "numeric" && modifiers.empty() && no_array) {
    return placed(node, make_numeric_cast(value));
  }
  if (names.back() == "interval" && !modifiers.empty()) {
    const std::string text = value_node.part("sval").text("sval");
    const std::string_view unit = interval_unit(modifiers[0].part("ival").number("ival"));
    if (unit.empty() || modifiers.size() != 1 || !is_plain_number(text)) {
      return script_.refuse(
          type_name.location(),
          "write an interval with its units inside the quotes: INTERVAL '1 hour 30 minutes'");
    }
    value = make_untyped(fmt::format("{} {}", text, unit));
  }
  const Type type = TRY(catalog_.type_of(script_, type_name));
  return placed(node, make_cast(value, type, CastKind::kExplicit));
}

Result<ExprPtr> ExpressionBinder::bind_indirection(const Node& node) {
  ExprPtr value = TRY(bind_settled(node.child("arg")));
  for (const Node& step : node.list("indirection")) {
    if (step.is("A_Star")) {
      return script_.refuse(node.location(), "(composite).* stands alone in the list of a SELECT");
    }
    if (step.is("A_Indices")) {
      value = TRY(bind_subscript(step, value, node));
      continue;
    }
    value = TRY(placed(node, make_field(value, step.text("sval"))));
  }
  return value;
}

// (a)[2] and (a)[1:10]; a bound that is left out is that of the array.
Result<ExprPtr> ExpressionBinder::bind_subscript(const Node& step, const ExprPtr& array,
                                                 const Node& node) {
  if (array->type.kind() != TypeKind::kArray) {
    return script_.refuse(
        node.location(),
        fmt::format("a value of type {} has no elements: it is no array", to_text(array->type)));
  }
  const auto bound = [&](const char* side, int64_t otherwise) -> Result<ExprPtr> {
    const Node index = step.child(side);
    if (!index) return make_number(std::to_string(otherwise));
    return bind(index);
  };
  const ExprPtr to = TRY(bound("uidx", std::numeric_limits<int32_t>::max()));
  if (!step.flag("is_slice")) return placed(node, make_call("array_element", {array, to}));
  const ExprPtr from = TRY(bound("lidx", 1));
  return placed(node, make_call("array_slice", {array, from, to}));
}

Result<ExprPtr> ExpressionBinder::bind_operator(const Node& node) {
  const std::string kind = node.text("kind");
  const std::string name = node.names("name").back();
  if (kind == "AEXPR_OP" || kind == "AEXPR_LIKE" || kind == "AEXPR_ILIKE") {
    return bind_simple_operator(node, name);
  }
  if (kind == "AEXPR_BETWEEN" || kind == "AEXPR_BETWEEN_SYM") return bind_between(node, false);
  if (kind == "AEXPR_NOT_BETWEEN" || kind == "AEXPR_NOT_BETWEEN_SYM") {
    return bind_between(node, true);
  }
  if (kind == "AEXPR_IN") return bind_in(node);
  const bool distinct = kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT";
  if (distinct || kind == "AEXPR_NULLIF") {
    const ExprPtr left = TRY(bind(node.child("lexpr")));
    const ExprPtr right = TRY(bind(node.child("rexpr")));
    if (distinct) {
      return placed(node, make_is_distinct(left, right, kind == "AEXPR_NOT_DISTINCT"));
    }
    return placed(node, make_call("nullif", {left, right}));
  }
  return refuse_operator(script_, node);
}

Result<ExprPtr> ExpressionBinder::bind_simple_operator(const Node& node, const std::string& name) {
  const Node right_node = node.child("rexpr");
  if (name == "==") return script_.refuse(node.location(), "equality is written with one sign: =");
  if (name.find('`') != std::string::npos) {
    return script_.refuse(node.location(), "names are quoted with double quotes: \"name\"");
  }
  std::vector<ExprPtr> args;
  if (const Node left_node = node.child("lexpr")) {
    ExprPtr left = TRY(bind(left_node));
    args.push_back(std::move(left));
  }
  ExprPtr right = TRY(bind(right_node));
  args.push_back(std::move(right));
  return placed(node, make_call(name, std::move(args)));
}

Result<ExprPtr> ExpressionBinder::bind_between(const Node& node, bool negated) {
  const std::vector<Node> bounds = node.child("rexpr").list("items");
  CHECK(bounds.size() == 2);
  const ExprPtr value = TRY(bind(node.child("lexpr")));
  const ExprPtr low = TRY(bind(bounds[0]));
  const ExprPtr high = TRY(bind(bounds[1]));
  const ExprPtr in_order = TRY(placed(node, make_between(value, low, high, negated)));
  if (!node.text("kind").ends_with("_SYM")) return in_order;
  const ExprPtr swapped = TRY(placed(node, make_between(value, high, low, negated)));
  return placed(node, negated ? make_and({in_order, swapped}) : make_or({in_order, swapped}));
}

Result<ExprPtr> ExpressionBinder::bind_in(const Node& node) {
  const ExprPtr value = TRY(bind(node.child("lexpr")));
  const std::vector<ExprPtr> list = TRY(bind_all(node.child("rexpr").list("items")));
  return placed(node, make_in(value, list, node.names("name").back() == "<>"));
}

Result<ExprPtr> ExpressionBinder::bind_boolean(const Node& node) {
  const std::string op = node.text("boolop");
  std::vector<ExprPtr> args = TRY(bind_conditions(node.list("args")));
  if (op == "NOT_EXPR") return placed(node, make_not(args.front()));
  return placed(node, op == "AND_EXPR" ? make_and(std::move(args)) : make_or(std::move(args)));
}

Result<ExprPtr> ExpressionBinder::bind_boolean_test(const Node& node) {
  const std::string test = node.text("booltesttype");
  const std::vector<ExprPtr> args = TRY(bind_conditions({node.child("arg")}));
  if (test.ends_with("UNKNOWN")) {
    return placed(node, make_is_null(args[0], test == "IS_NOT_UNKNOWN"));
  }
  // x IS TRUE is x where it is known and false otherwise; the others follow from it.
  const bool asks_true = test.ends_with("TRUE");
  const ExprPtr known = TRY(
      placed(node, make_coalesce({args[0], make_literal(Scalar{TypeKind::kBoolean, !asks_true})})));
  const bool negated = (test == "IS_NOT_TRUE") || (test == "IS_FALSE");
  if (!negated) return known;
  return placed(node, make_not(known));
}

Result<ExprPtr> ExpressionBinder::bind_case(const Node& node) {
  ExprPtr subject;
  if (const Node arg = node.child("arg")) subject = TRY(bind(arg));
  std::vector<ExprPtr> conditions;
  std::vector<ExprPtr> values;
  for (const Node& when : node.list("args")) {
    const Node condition_node = when.child("expr");
    ExprPtr condition = TRY(bind(condition_node));
    if (subject != nullptr) {
      condition = TRY(placed(condition_node, make_call("=", {subject, condition})));
    }
    condition = TRY(placed(condition_node, as_condition(condition, "condition of CASE")));
    ExprPtr value = TRY(bind(when.child("result")));
    conditions.push_back(std::move(condition));
    values.push_back(std::move(value));
  }
  ExprPtr otherwise;
  if (const Node last = node.child("defresult")) otherwise = TRY(bind(last));
  return placed(node, make_case(std::move(conditions), std::move(values), std::move(otherwise)));
}

Result<ExprPtr> ExpressionBinder::bind_function(const Node& node) {
  const std::string name = called_name(node);
  if (name.empty()) {
    return script_.refuse(node.location(), "functions have no schemas here: write the name alone");
  }
  TRY(refuse_call(script_, node, name, where_));
  if (name == "current_watermark" && !scope_.has_watermark()) {
    return script_.refuse(
        node.location(),
        "the rows here have no arrival watermark of their own: current_watermark() stands in a "
        "SELECT or WHERE over a table with event_time, before rows are grouped, joined or wait "
        "for time; take it along from there: (SELECT .., current_watermark() AS known FROM ..)");
  }
  if (name == "timezone") return bind_time_zone(node);
  std::vector<ExprPtr> args = TRY(bind_all(node.list("args")));
  const Result<ExprPtr> call = make_call(name, std::move(args));
  if (call.ok()) return call;
  return script_.refuse(node.location(), call.error().message);
}

// x AT TIME ZONE 'UTC': all that stands in the engine is in UTC, so it only changes the type.
Result<ExprPtr> ExpressionBinder::bind_time_zone(const Node& node) {
  const std::vector<Node> args = node.list("args");
  const bool constant_zone = args.size() == 2 && args[0].is("A_Const") && args[0].has("sval");
  if (!constant_zone || !is_utc(args[0].part("sval").text("sval"))) {
    return script_.refuse(node.location(),
                          "only AT TIME ZONE 'UTC' is available: time stamps are in UTC");
  }
  const ExprPtr value = TRY(bind(args[1]));
  if (value->type.kind() == TypeKind::kTimestamp && !value->untyped) {
    return placed(node, make_cast(value, TypeKind::kTimestamptz, CastKind::kExplicit));
  }
  const ExprPtr moment =
      TRY(placed(node, make_cast(value, TypeKind::kTimestamptz, CastKind::kImplicit)));
  return placed(node, make_cast(moment, TypeKind::kTimestamp, CastKind::kExplicit));
}

Result<ExprPtr> ExpressionBinder::bind_clock(const Node& node) {
  const std::string op = node.text("op");
  if (op == "SVFOP_CURRENT_TIMESTAMP") return make_now();
  if (op == "SVFOP_CURRENT_DATE") {
    return placed(node, make_cast(make_now(), TypeKind::kDate, CastKind::kExplicit));
  }
  if (op == "SVFOP_LOCALTIMESTAMP") {
    return placed(node, make_cast(make_now(), TypeKind::kTimestamp, CastKind::kExplicit));
  }
  return script_.refuse(
      node.location(),
      fmt::format(
          "of these only CURRENT_TIMESTAMP, CURRENT_DATE and LOCALTIMESTAMP are available, without "
          "a precision; a column of this name is written in double quotes: \"{}\"",
          clock_word(op)));
}

}  // namespace weir
