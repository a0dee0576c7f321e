#include "engine/expr/build.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string number_type(std::string_view text) { return to_text(made(make_number(text))->type); }

}  // namespace

TEST_CASE("NumbersGetTheirTypeFromTheirText") {
  CHECK(number_type("0") == "integer");
  CHECK(number_type("2147483647") == "integer");
  CHECK(number_type("2147483648") == "bigint");
  CHECK(number_type("9223372036854775808") == "numeric(19,0)");
  CHECK(number_type("0.908") == "numeric(3,3)");
  CHECK(number_type("12.30") == "numeric(4,2)");
  CHECK(number_type("1e3") == "numeric(4,0)");
  CHECK(number_type("1.5e-3") == "numeric(4,4)");
  CHECK(refusal(make_number(std::string(39, '9'))).find("39 digits") != std::string::npos);
}

TEST_CASE("ConstantsAreFoldedUnlessTheyFail") {
  const ExprPtr sum = call("+", {literal("int:1"), literal("int:2")});
  CHECK(sum->kind == ExprKind::kLiteral);
  const ExprPtr failing = call("/", {literal("int:1"), literal("int:0")});
  CHECK(failing->kind == ExprKind::kCall);
  CHECK(values(failing, Sheet({{"x", "int", {"1", "2"}}})) ==
        std::vector<std::string>{"!division by zero", "!division by zero"});
  CHECK(make_now()->kind == ExprKind::kNow);
  CHECK(call("+", {make_now(), literal("interval:1 day")})->kind == ExprKind::kCall);
}

TEST_CASE("UntypedConstantsTakeTheTypeOfTheirSurroundings") {
  const Sheet sheet({{"i", "int", {"5"}}, {"t", "timestamptz", {"2024-01-01 00:00:00Z"}}});
  CHECK(values(call("+", {sheet.column("i"), make_untyped("7")}), sheet).front() == "12");
  CHECK(values(call("-", {sheet.column("t"), make_untyped("2023-12-31")}), sheet).front() ==
        "1 day");
  CHECK(values(call("+", {sheet.column("t"), make_untyped("1 day")}), sheet).front() ==
        "2024-01-02 00:00:00+00");
  CHECK(refusal(make_call("+", {sheet.column("i"), make_untyped("seven")})).find("seven") !=
        std::string::npos);
}

TEST_CASE("UnknownNamesGetTheNearestOne") {
  CHECK(refusal(make_call("lowr", {literal("text:a")})) ==
        "function lowr(text) does not exist: did you mean lower?");
  CHECK(refusal(make_call("lower", {literal("int:1")})) ==
        "function does not exist: lower(integer): there is lower(text)");
  CHECK(refusal(make_call("left", {literal("text:a")})) ==
        "function does not exist: left(text): there is left(text, integer)");
  CHECK(refusal(make_call("+", {literal("text:a"), literal("int:1")}))
            .starts_with("operator does not exist: text + integer: there is"));
  CHECK(refusal(make_call("+", {make_untyped("1"), make_untyped("2")}))
            .starts_with("operator is not unique: unknown + unknown"));
}

TEST_CASE("CastsObeyTheirContext") {
  const ExprPtr big = make_column(0, TypeKind::kBigint);
  CHECK(make_cast(big, TypeKind::kDouble, CastKind::kImplicit).ok());
  CHECK(refusal(make_cast(big, TypeKind::kInt, CastKind::kImplicit)) ==
        "type bigint does not become integer by itself: write (x)::integer");
  CHECK(make_cast(big, TypeKind::kInt, CastKind::kAssignment).ok());
  CHECK_FALSE(make_cast(big, TypeKind::kText, CastKind::kImplicit).ok());
  CHECK(make_cast(big, TypeKind::kText, CastKind::kAssignment).ok());
  const ExprPtr text = make_column(0, TypeKind::kText);
  CHECK_FALSE(make_cast(text, TypeKind::kInt, CastKind::kAssignment).ok());
  CHECK(make_cast(text, TypeKind::kInt, CastKind::kExplicit).ok());
  CHECK(make_cast(text, TypeKind::kText, CastKind::kImplicit).value() == text);
}

TEST_CASE("NumericWithoutPrecisionTakesWhatHoldsTheValue") {
  const auto type = [](ExprPtr value) {
    return to_text(made(make_numeric_cast(std::move(value)))->type);
  };
  CHECK(type(make_column(0, TypeKind::kInt)) == "numeric(10,0)");
  CHECK(type(make_column(0, TypeKind::kBigint)) == "numeric(19,0)");
  CHECK(type(make_untyped("12.50")) == "numeric(4,2)");
  CHECK(type(make_column(0, Type::numeric(7, 3))) == "numeric(7,3)");
  CHECK(refusal(make_numeric_cast(make_column(0, TypeKind::kDouble))).find("numeric(p,s)") !=
        std::string::npos);
}

TEST_CASE("NullifIsACase") {
  CHECK(compute("nullif", {"int:1", "int:1"}) == "NULL");
  CHECK(compute("nullif", {"int:1", "int:2"}) == "1");
  CHECK(compute("nullif", {"text:x", "text:NULL"}) == "x");
  CHECK(type_of("nullif", {"int:1", "numeric(2,1):1.5"}) == "integer");
}

TEST_CASE("FunctionNamesAreSortedAndWithoutOperators") {
  const std::vector<std::string> names = function_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::find(names.begin(), names.end(), "great_circle_km") != names.end());
  CHECK(std::find(names.begin(), names.end(), "coalesce") != names.end());
  CHECK(std::find(names.begin(), names.end(), "+") == names.end());
}

TEST_CASE("DatePartIsExtractAsADouble") {
  CHECK(compute("date_part", {"text:hour", "timestamp:2024-01-01 10:20:30"}) == "10");
  CHECK(compute("date_part", {"text:second", "timestamptz:2024-01-01 10:20:30.5Z"}) == "30.5");
  CHECK(compute("date_part", {"text:hour", "date:2024-01-01"}) == "0");
  CHECK(type_of("date_part", {"text:epoch", "interval:1 day"}) == "double precision");
  CHECK(type_of("date_part", {"text:fortnight", "date:2024-01-01"}).starts_with("refused"));
}

}  // namespace weir
