// Three-valued logic, and which rows the later parts of AND, OR, CASE and COALESCE are computed
// for.
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Texts = std::vector<std::string>;

Sheet truths() {
  SheetColumn a{"a", "boolean", {}};
  SheetColumn b{"b", "boolean", {}};
  const std::optional<std::string> states[] = {"true", "false", std::nullopt};
  for (const auto& left : states) {
    for (const auto& right : states) {
      a.values.push_back(left);
      b.values.push_back(right);
    }
  }
  return Sheet({a, b});
}

// A boolean that is not cheap, so that it is computed on a narrowed selection.
ExprPtr through_text(const ExprPtr& value) {
  const ExprPtr text = made(make_cast(value, TypeKind::kText, CastKind::kExplicit));
  return made(make_cast(text, TypeKind::kBoolean, CastKind::kExplicit));
}

}  // namespace

TEST_CASE("AndAndOrAreThreeValued") {
  const Sheet sheet = truths();
  const ExprPtr a = sheet.column("a");
  for (const ExprPtr& b : {sheet.column("b"), through_text(sheet.column("b"))}) {
    CHECK(values(made(make_and({a, b})), sheet) ==
          Texts{"true", "false", "NULL", "false", "false", "false", "NULL", "false", "NULL"});
    CHECK(values(made(make_or({a, b})), sheet) ==
          Texts{"true", "true", "true", "true", "false", "NULL", "true", "NULL", "NULL"});
    CHECK(filtered(made(make_or({a, b})), sheet) == std::vector<uint32_t>{0, 1, 2, 3, 6});
    CHECK(filtered(made(make_and({a, b})), sheet) == std::vector<uint32_t>{0});
  }
  CHECK(values(made(make_not(a)), sheet) ==
        Texts{"false", "false", "false", "true", "true", "true", "NULL", "NULL", "NULL"});
}

TEST_CASE("ConstantsTakePartInLogic") {
  const Sheet sheet = truths();
  const ExprPtr b = sheet.column("b");
  CHECK(values(made(make_and({literal("boolean:NULL"), b})), sheet) ==
        Texts{"NULL", "false", "NULL", "NULL", "false", "NULL", "NULL", "false", "NULL"});
  CHECK(values(made(make_or({literal("boolean:true"), b})), sheet) == Texts(9, "true"));
}

TEST_CASE("IsNullAndIsDistinctAreNeverNull") {
  const Sheet sheet = truths();
  const ExprPtr a = sheet.column("a");
  const ExprPtr b = sheet.column("b");
  CHECK(values(made(make_is_null(a, false)), sheet) ==
        Texts{"false", "false", "false", "false", "false", "false", "true", "true", "true"});
  CHECK(values(made(make_is_distinct(a, b, false)), sheet) ==
        Texts{"false", "true", "true", "true", "false", "true", "true", "true", "false"});
  CHECK(values(made(make_is_distinct(a, literal("boolean:NULL"), true)), sheet) ==
        Texts{"false", "false", "false", "false", "false", "false", "true", "true", "true"});
}

TEST_CASE("CaseGuardsItsBranches") {
  const Sheet sheet({{"x", "int", {"0", "2", std::nullopt, "0", "5"}}});
  const ExprPtr x = sheet.column("x");
  const ExprPtr zero = call("=", {x, literal("int:0")});
  const ExprPtr quotient = call("/", {literal("int:10"), x});
  const ExprPtr guarded = made(make_case({zero}, {literal("int:-1")}, quotient));
  CHECK(values(guarded, sheet) == Texts{"-1", "5", "NULL", "-1", "2"});
  const ExprPtr bare = made(make_case({call(">", {quotient, literal("int:3")})},
                                      {literal("text:a text of more than twelve bytes")}, nullptr));
  CHECK(values(bare, sheet) == Texts{"!division by zero", "a text of more than twelve bytes",
                                     "NULL", "!division by zero", "NULL"});
}

TEST_CASE("CoalesceComputesOnlyWhatIsMissing") {
  const Sheet sheet({{"x", "int", {"1", std::nullopt, "3", std::nullopt}},
                     {"y", "int", {"0", "2", "0", std::nullopt}}});
  const ExprPtr quotient = call("/", {literal("int:10"), sheet.column("y")});
  const ExprPtr first = made(make_coalesce({sheet.column("x"), quotient, literal("int:-1")}));
  CHECK(values(first, sheet) == Texts{"1", "5", "3", "-1"});
  const ExprPtr nulls = made(make_coalesce({sheet.column("x"), make_untyped_null()}));
  CHECK(values(nulls, sheet) == Texts{"1", "NULL", "3", "NULL"});
  const ExprPtr texts =
      made(make_coalesce({made(make_cast(sheet.column("x"), TypeKind::kText, CastKind::kExplicit)),
                          literal("text:nothing that would be short")}));
  CHECK(values(texts, sheet) ==
        Texts{"1", "nothing that would be short", "3", "nothing that would be short"});
}

TEST_CASE("MembershipIsThreeValuedForEveryKindOfSubject") {
  const Sheet sheet({{"t", "text", {"A", "b", std::nullopt, "longer than twelve bytes"}},
                     {"n", "numeric(6,2)", {"1.50", "2.00", std::nullopt, "7.25"}}});
  const ExprPtr lowered = call("lower", {sheet.column("t")});
  const ExprPtr words =
      made(make_in(lowered, {make_untyped("a"), make_untyped("longer than twelve bytes")}, false));
  CHECK(values(words, sheet) == Texts{"true", "false", "NULL", "true"});
  CHECK(filtered(words, sheet) == std::vector<uint32_t>{0, 3});
  const ExprPtr with_null = made(make_in(lowered, {make_untyped("a"), make_untyped_null()}, false));
  CHECK(values(with_null, sheet) == Texts{"true", "NULL", "NULL", "NULL"});
  CHECK(filtered(made(make_not(with_null)), sheet).empty());
  const ExprPtr numbers =
      made(make_in(sheet.column("n"), {literal("numeric(2,1):1.5"), literal("int:2")}, false));
  CHECK(values(numbers, sheet) == Texts{"true", "true", "NULL", "false"});
}

TEST_CASE("OrComputesLaterArgumentsOnlyWhereNeeded") {
  const Sheet sheet({{"x", "int", {"0", "2", "20"}}});
  const ExprPtr x = sheet.column("x");
  const ExprPtr zero = call("=", {x, literal("int:0")});
  const ExprPtr many = call(">", {call("/", {literal("int:10"), x}), literal("int:3")});
  CHECK(values(made(make_or({zero, many})), sheet) == Texts{"true", "true", "false"});
  CHECK(values(made(make_or({many, zero})), sheet) == Texts{"!division by zero", "true", "false"});
}

}  // namespace weir
