#include "engine/expr/resolve.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string chosen(std::string_view name, std::vector<ExprPtr> args) {
  const Result<Resolved> resolved = resolve_call(name, std::move(args));
  return resolved.ok() ? signature(*resolved->function) : resolved.error().message;
}

ExprPtr column(TypeKind kind) { return make_column(0, kind); }

}  // namespace

TEST_CASE("ExactMatchesWin") {
  CHECK(chosen("+", {column(TypeKind::kInt), column(TypeKind::kInt)}) == "integer + integer");
  CHECK(chosen("length", {column(TypeKind::kBytea)}) == "length(bytea)");
}

TEST_CASE("ImplicitCastsGoUpTheLadder") {
  CHECK(chosen("+", {column(TypeKind::kInt), column(TypeKind::kBigint)}) == "bigint + bigint");
  CHECK(chosen("*", {column(TypeKind::kBigint), make_column(0, Type::numeric(3, 3))}) ==
        "numeric * numeric");
  CHECK(chosen("*", {make_column(0, Type::numeric(3, 3)), column(TypeKind::kDouble)}) ==
        "double precision * double precision");
  CHECK(chosen("=", {column(TypeKind::kDate), column(TypeKind::kTimestamptz)}) ==
        "timestamp with time zone = timestamp with time zone");
}

TEST_CASE("PreferredTypesBreakTies") {
  CHECK(chosen("round", {column(TypeKind::kInt)}) == "round(double precision)");
  CHECK(chosen("date_trunc", {make_untyped("day"), column(TypeKind::kDate)}) ==
        "date_trunc(text, timestamp with time zone)");
  CHECK(chosen("to_char", {column(TypeKind::kDate), make_untyped("YYYY")}) ==
        "to_char(timestamp with time zone, text)");
}

TEST_CASE("UntypedConstantsPreferTheOtherTypeThenText") {
  CHECK(chosen("-", {column(TypeKind::kTimestamp), make_untyped("2024-01-01")}) ==
        "timestamp without time zone - timestamp without time zone");
  CHECK(chosen("+", {column(TypeKind::kTimestamp), make_untyped("1 day")}) ==
        "timestamp without time zone + interval");
  CHECK(chosen("||", {make_untyped("a"), make_untyped("b")}) == "text || text");
  CHECK(chosen("length", {make_untyped("a")}) == "length(text)");
  CHECK(chosen("substring", {column(TypeKind::kText), make_untyped("a")}) ==
        "substring(text, text)");
}

TEST_CASE("CompositesHaveNoOperators") {
  auto description = std::make_shared<CompositeType>();
  description->name = "pair";
  description->fields = {{.name = "a", .type = TypeKind::kInt}};
  const ExprPtr pair = make_column(0, Type::composite(description));
  CHECK(chosen("=", {pair, pair}).starts_with("operator does not exist: pair = pair"));
  CHECK(chosen("concat", {pair}).starts_with("function does not exist: concat(pair)"));
}

}  // namespace weir
