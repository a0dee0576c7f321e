#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string common(const std::vector<Type>& types) {
  const Result<Type> type = common_type(types);
  return type.ok() ? to_text(*type) : type.error().message;
}

}  // namespace

TEST_CASE("CommonTypesHoldBoth") {
  CHECK(common({TypeKind::kInt, TypeKind::kBigint}) == "bigint");
  CHECK(common({TypeKind::kBigint, Type::numeric(5, 2)}) == "numeric(21,2)");
  CHECK(common({Type::numeric(5, 2), Type::numeric(4, 4)}) == "numeric(7,4)");
  CHECK(common({Type::numeric(5, 2), TypeKind::kDouble}) == "double precision");
  CHECK(common({TypeKind::kDate, TypeKind::kTimestamp}) == "timestamp without time zone");
  CHECK(common({TypeKind::kText, TypeKind::kInt}) ==
        "types text and integer cannot be matched: cast one of them");
}

TEST_CASE("ConditionsMustBeBoolean") {
  CHECK(refusal(as_condition(literal("int:1"), "argument of WHERE")) ==
        "argument of WHERE must be type boolean, not type integer");
  CHECK(as_condition(make_untyped("true"), "argument of WHERE").ok());
  CHECK_FALSE(as_condition(make_untyped("maybe"), "argument of WHERE").ok());
}

TEST_CASE("CaseTakesTheCommonTypeOfItsValues") {
  const ExprPtr condition = make_column(0, TypeKind::kBoolean);
  const auto type_of_case = [&](ExprPtr a, ExprPtr b) {
    return to_text(made(make_case({condition}, {std::move(a)}, std::move(b)))->type);
  };
  CHECK(type_of_case(literal("int:1"), literal("bigint:2")) == "bigint");
  CHECK(type_of_case(make_untyped("a"), make_untyped("b")) == "text");
  CHECK(type_of_case(make_untyped("5"), literal("int:1")) == "integer");
  CHECK(type_of_case(literal("numeric(2,1):1.5"), make_untyped("2.255")) == "numeric(4,3)");
  CHECK(type_of_case(literal("int:1"), nullptr) == "integer");
  CHECK_FALSE(make_case({literal("int:1")}, {literal("int:1")}, nullptr).ok());
}

TEST_CASE("InIsAnyOfTheEqualities") {
  const Sheet sheet({{"x", "int", {"1", "2", "3", std::nullopt}}});
  const ExprPtr x = sheet.column("x");
  const ExprPtr in = made(make_in(x, {literal("int:1"), make_untyped("3")}, false));
  CHECK(values(in, sheet) == std::vector<std::string>{"true", "false", "true", "NULL"});
  const ExprPtr out = made(make_in(x, {literal("int:1"), make_untyped_null()}, true));
  CHECK(values(out, sheet) == std::vector<std::string>{"false", "NULL", "NULL", "NULL"});
}

TEST_CASE("JunctionsOfOneKindAreFlat") {
  const ExprPtr a = make_column(0, TypeKind::kBoolean);
  const ExprPtr b = make_column(1, TypeKind::kBoolean);
  const ExprPtr inner = made(make_and({a, b}));
  CHECK(made(make_and({inner, a}))->args.size() == 3);
  CHECK(made(make_or({inner, a}))->args.size() == 2);
  CHECK(made(make_and({a})) == a);
}

}  // namespace weir
