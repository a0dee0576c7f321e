#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Schema schema() {
  auto bid = std::make_shared<CompositeType>();
  bid->name = "bid";
  bid->fields = {{.name = "dateTime", .type = TypeKind::kTimestamptz}};
  return {{{.name = "a", .type = TypeKind::kInt},
           {.name = "User", .type = TypeKind::kText},
           {.name = "end", .type = TypeKind::kTimestamptz},
           {.name = "bid", .type = Type::composite(bid)},
           {.name = "ok", .type = TypeKind::kBoolean}}};
}

ExprPtr column(size_t index) { return make_column(index, schema().fields[index].type); }
std::string text(const ExprPtr& expr) { return to_text(*expr, schema()); }

}  // namespace

TEST_CASE("NamesAreQuotedWhereNeeded") {
  CHECK(text(column(0)) == "a");
  CHECK(text(column(1)) == "\"User\"");
  CHECK(text(column(2)) == "\"end\"");
  CHECK(text(made(make_field(column(3), "dateTime"))) == "(bid).\"dateTime\"");
}

TEST_CASE("ConstantsSayTheirType") {
  CHECK(text(literal("int:5")) == "5");
  CHECK(text(literal("int:-5")) == "'-5'::integer");
  CHECK(text(literal("bigint:5")) == "'5'::bigint");
  CHECK(text(literal("text:it's")) == "'it''s'::text");
  CHECK(text(literal("boolean:true")) == "true");
  CHECK(text(literal("numeric(5,2):1.5")) == "'1.50'::numeric(5,2)");
  CHECK(text(literal("interval:NULL")) == "NULL::interval");
  CHECK(text(literal("timestamptz:2024-01-01 00:00:00Z")) ==
        "'2024-01-01 00:00:00+00'::timestamp with time zone");
}

TEST_CASE("OperatorsAndCallsStandAsTheyAreWritten") {
  CHECK(text(call("+", {column(0), literal("int:1")})) == "(a + 1)");
  CHECK(text(call("-", {column(0)})) == "(- a)");
  CHECK(text(call("like", {column(1), literal("text:x%")})) == "(\"User\" LIKE 'x%'::text)");
  CHECK(text(call("lower", {column(1)})) == "lower(\"User\")");
  CHECK(text(call("strpos", {column(1), literal("text:x")})) == "position('x'::text IN \"User\")");
  CHECK(text(call("extract", {literal("text:hour"), column(2)})) == "extract('hour' FROM \"end\")");
  CHECK(text(call("+", {column(0), literal("bigint:1")})) == "(CAST(a AS bigint) + '1'::bigint)");
}

TEST_CASE("LogicIsParenthesised") {
  const ExprPtr ok = column(4);
  CHECK(text(made(make_and({ok, made(make_not(ok))}))) == "(ok AND (NOT ok))");
  CHECK(text(made(make_is_null(column(0), true))) == "(NOT (a IS NULL))");
  CHECK(text(made(make_is_distinct(column(0), literal("int:1"), false))) ==
        "(a IS DISTINCT FROM 1)");
  CHECK(text(made(make_coalesce({column(0), literal("int:0")}))) == "COALESCE(a, 0)");
  CHECK(text(made(make_case({ok}, {literal("int:1")}, nullptr))) ==
        "CASE WHEN ok THEN 1 ELSE NULL::integer END");
  CHECK(text(make_now()) == "now()");
}

}  // namespace weir
