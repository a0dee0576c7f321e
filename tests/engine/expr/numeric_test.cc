#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("NumericResultsHaveTheScaleOfTheirArguments") {
  CHECK(compute("+", {"numeric(4,2):1.25", "numeric(4,3):0.125"}) == "1.375");
  CHECK(compute("-", {"numeric(4,2):1.25", "int:2"}) == "-0.75");
  CHECK(compute("*", {"bigint:100", "numeric(3,3):0.908"}) == "90.800");
  CHECK(compute("/", {"numeric(4,2):2.00", "int:3"}) == "0.666667");
  CHECK(compute("/", {"numeric(4,2):-2.00", "int:3"}) == "-0.666667");
  CHECK(compute("%", {"numeric(4,2):-7.50", "int:2"}) == "-1.50");
  CHECK(type_of("+", {"numeric(12,2):1", "numeric(9,4):1"}) == "numeric(38,4)");
  CHECK(type_of("*", {"numeric(12,2):1", "numeric(9,4):1"}) == "numeric(38,6)");
  CHECK(type_of("/", {"numeric(12,2):1", "numeric(12,8):1"}) == "numeric(38,8)");
}

TEST_CASE("NumericOverflowIsAnErrorOfTheRow") {
  const std::string large = "numeric(38,0):" + std::string(38, '9');
  CHECK(compute("+", {large, "int:1"}) ==
        "!numeric out of range: " + std::string(38, '9') + " + 1 has more than 38 digits");
  CHECK(compute("-", {large, "numeric(2,1):0.5"}).starts_with("!numeric out of range"));
  CHECK(compute("*", {large, "int:2"}).starts_with("!numeric out of range"));
  CHECK(compute("*", {large, "int:1"}) == std::string(38, '9'));
  CHECK(compute("/", {large, "numeric(2,1):0.1"}).starts_with("!numeric out of range"));
  CHECK(compute("-", {large}) == "-" + std::string(38, '9'));
}

TEST_CASE("ProductsWithTooManyDigitsAreRefusedWithAdvice") {
  CHECK(type_of("*", {"numeric(38,20):1", "numeric(38,20):1"}) ==
        "refused: numeric(38,20) * numeric(38,20) would have 40 digits after the point, and 38 is "
        "the most: cast one of them to fewer, such as (x)::numeric(38,6)");
}

TEST_CASE("NumericsRoundHalfAwayFromZero") {
  CHECK(compute("round", {"numeric(4,2):2.50"}) == "3");
  CHECK(compute("round", {"numeric(4,2):-2.50"}) == "-3");
  CHECK(compute("ceil", {"numeric(4,2):-2.50"}) == "-2");
  CHECK(compute("ceil", {"numeric(4,2):2.01"}) == "3");
  CHECK(compute("floor", {"numeric(4,2):-2.50"}) == "-3");
  CHECK(compute("abs", {"numeric(4,2):-2.50"}) == "2.50");
}

TEST_CASE("AConstantNumberOfDigitsIsTheScaleOfRound") {
  const Sheet sheet({{"x", "numeric(6,4)", {"12.3456", "-99.9999"}}, {"n", "int", {"1", "-1"}}});
  const ExprPtr to_two = call("round", {sheet.column("x"), literal("int:2")});
  CHECK(values(to_two, sheet) == std::vector<std::string>{"12.35", "-100.00"});
  const ExprPtr cut = call("trunc", {sheet.column("x"), literal("int:2")});
  CHECK(values(cut, sheet) == std::vector<std::string>{"12.34", "-99.99"});
  const ExprPtr to_tens = call("round", {sheet.column("x"), literal("int:-1")});
  CHECK(values(to_tens, sheet) == std::vector<std::string>{"10", "-100"});
  const ExprPtr to_six = call("round", {sheet.column("x"), literal("int:6")});
  CHECK(values(to_six, sheet) == std::vector<std::string>{"12.345600", "-99.999900"});
  const ExprPtr by_row = call("round", {sheet.column("x"), sheet.column("n")});
  CHECK(values(by_row, sheet) == std::vector<std::string>{"12.3000", "-100.0000"});
}

}  // namespace weir
