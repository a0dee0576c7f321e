#include "engine/expr/expr.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Type bid_type() {
  auto url = std::make_shared<CompositeType>();
  url->name = "address";
  url->fields = {{.name = "host", .type = TypeKind::kText},
                 {.name = "path", .type = TypeKind::kText}};
  auto bid = std::make_shared<CompositeType>();
  bid->name = "bid";
  bid->fields = {{.name = "auction", .type = TypeKind::kBigint},
                 {.name = "url", .type = Type::composite(url)}};
  return Type::composite(bid);
}

}  // namespace

TEST_CASE("ColumnsAreSubstitutedAndRenumbered") {
  const ExprPtr a = make_column(0, TypeKind::kInt);
  const ExprPtr b = make_column(1, TypeKind::kInt);
  const ExprPtr sum = call("+", {a, call("*", {b, literal("int:2")})});
  const ExprPtr swapped = renumber_columns(sum, {1, 0});
  CHECK(same_expr(*swapped, *call("+", {b, call("*", {a, literal("int:2")})})));
  CHECK_FALSE(same_expr(*swapped, *sum));
  const ExprPtr inlined = substitute_columns(sum, {b, literal("int:7")});
  CHECK(inlined->args[0] == b);
  CHECK(inlined->args[1]->args[0]->kind == ExprKind::kLiteral);
}

TEST_CASE("SameExprSeesTypesAndLiterals") {
  CHECK(same_expr(*literal("int:1"), *literal("int:1")));
  CHECK_FALSE(same_expr(*literal("int:1"), *literal("bigint:1")));
  CHECK_FALSE(same_expr(*literal("numeric(2,1):1.5"), *literal("numeric(3,1):1.5")));
  CHECK_FALSE(same_expr(*literal("text:1"), *literal("text:NULL")));
}

TEST_CASE("NeededFieldsAreMarkedAlongTheirPath") {
  const ExprPtr bid = make_column(1, bid_type());
  const ExprPtr host = made(make_field(made(make_field(bid, "url")), "host"));
  NeededColumns needed(2);
  mark_needed(*call("lower", {host}), needed);
  CHECK_FALSE(needed[0].needed);
  REQUIRE(needed[1].needed);
  REQUIRE(needed[1].fields.size() == 2);
  CHECK_FALSE(needed[1].fields[0].needed);
  REQUIRE(needed[1].fields[1].fields.size() == 2);
  CHECK(needed[1].fields[1].fields[0].needed);
  CHECK_FALSE(needed[1].fields[1].fields[1].needed);
  mark_needed(*bid, needed);
  CHECK(needed[1] == NeededField{.needed = true, .fields = {}});
  mark_needed(*host, needed);
  CHECK(needed[1] == NeededField{.needed = true, .fields = {}});
}

TEST_CASE("WhetherACompositeIsNullNeedsNoneOfItsFields") {
  const ExprPtr bid = make_column(0, bid_type());
  NeededColumns needed(1);
  mark_needed(*made(make_is_null(bid, true)), needed);
  REQUIRE(needed[0].needed);
  REQUIRE(needed[0].fields.size() == 2);
  CHECK_FALSE(needed[0].fields[0].needed);
  CHECK_FALSE(needed[0].fields[1].needed);
}

TEST_CASE("OnlyTheClockIsNotDeterministic") {
  CHECK(is_deterministic(*call("+", {make_column(0, TypeKind::kInt), literal("int:1")})));
  CHECK_FALSE(is_deterministic(*call("+", {make_now(), literal("interval:1 day")})));
}

TEST_CASE("NullabilityFollowsTheTree") {
  const Schema schema{{{.name = "a", .type = TypeKind::kInt, .nullable = false},
                       {.name = "b", .type = TypeKind::kInt, .nullable = true}}};
  const ExprPtr a = make_column(0, TypeKind::kInt);
  const ExprPtr b = make_column(1, TypeKind::kInt);
  CHECK_FALSE(may_be_null(*call("+", {a, literal("int:1")}), schema));
  CHECK(may_be_null(*call("+", {a, b}), schema));
  CHECK_FALSE(may_be_null(*made(make_coalesce({b, a})), schema));
  CHECK_FALSE(may_be_null(*made(make_is_null(b, false)), schema));
  CHECK_FALSE(may_be_null(*call("concat", {b}), schema));
  CHECK(may_be_null(*call("regexp_substr", {literal("text:a"), make_column(0, TypeKind::kText)}),
                    schema));
  CHECK(may_be_null(*call("nullif", {a, literal("int:1")}), schema));
}

}  // namespace weir
