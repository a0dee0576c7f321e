#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("IntegersAddSubtractAndMultiply") {
  CHECK(compute("+", {"int:2", "int:3"}) == "5");
  CHECK(compute("-", {"int:2", "int:3"}) == "-1");
  CHECK(compute("*", {"bigint:-4", "bigint:3"}) == "-12");
  CHECK(type_of("+", {"int:1", "int:1"}) == "integer");
  CHECK(type_of("+", {"int:1", "bigint:1"}) == "bigint");
  CHECK(compute("+", {"int:1", "bigint:2147483647"}) == "2147483648");
}

TEST_CASE("IntegerOverflowIsAnErrorOfTheRow") {
  CHECK(compute("+", {"int:2147483647", "int:1"}) == "!integer out of range: 2147483647 + 1");
  CHECK(compute("-", {"int:-2147483648", "int:1"}) == "!integer out of range: -2147483648 - 1");
  CHECK(compute("*", {"int:65536", "int:65536"}) == "!integer out of range: 65536 * 65536");
  CHECK(compute("+", {"bigint:9223372036854775807", "bigint:1"}) ==
        "!bigint out of range: 9223372036854775807 + 1");
  CHECK(compute("-", {"int:-2147483648"}) == "!integer out of range: -(-2147483648)");
  CHECK(compute("abs", {"bigint:-9223372036854775808"}) ==
        "!bigint out of range: abs(-9223372036854775808)");
}

TEST_CASE("DivisionTruncatesTowardsZero") {
  CHECK(compute("/", {"int:7", "int:2"}) == "3");
  CHECK(compute("/", {"int:-7", "int:2"}) == "-3");
  CHECK(compute("/", {"bigint:-7", "bigint:-2"}) == "3");
  CHECK(compute("%", {"int:-7", "int:3"}) == "-1");
  CHECK(compute("mod", {"bigint:7", "bigint:-3"}) == "1");
  CHECK(compute("mod", {"bigint:-9223372036854775808", "bigint:-1"}) == "0");
}

TEST_CASE("DivisionByZeroIsAnErrorOfTheRow") {
  for (const char* type : {"int", "bigint", "double precision", "numeric(5,2)"}) {
    const std::string one = std::string(type) + ":1";
    const std::string zero = std::string(type) + ":0";
    CHECK(compute("/", {one, zero}) == "!division by zero");
  }
  CHECK(compute("%", {"int:1", "int:0"}) == "!division by zero");
  CHECK(compute("/", {"int:-2147483648", "int:-1"}) == "!integer out of range: -2147483648 / -1");
}

TEST_CASE("OnlyTheRowsInErrorAreReported") {
  const Sheet sheet({{"a", "int", {"2147483647", "1", std::nullopt, "2147483646", "2147483647"}},
                     {"b", "int", {"1", "1", "1", "1", std::nullopt}}});
  const ExprPtr sum = call("+", {sheet.column("a"), sheet.column("b")});
  CHECK(values(sum, sheet) == std::vector<std::string>{"!integer out of range: 2147483647 + 1", "2",
                                                       "NULL", "2147483647", "NULL"});
}

TEST_CASE("NullDivisorsAreNotZeroDivisors") {
  const Sheet sheet({{"a", "bigint", {"6", "6", "6"}}, {"b", "bigint", {"2", std::nullopt, "0"}}});
  const ExprPtr quotient = call("/", {sheet.column("a"), sheet.column("b")});
  CHECK(values(quotient, sheet) == std::vector<std::string>{"3", "NULL", "!division by zero"});
}

TEST_CASE("DoublesOverflowAndUnderflowAsErrors") {
  CHECK(compute("+", {"double precision:0.5", "double precision:0.25"}) == "0.75");
  CHECK(compute("*", {"double precision:1e200", "double precision:1e200"}) ==
        "!value out of range: overflow");
  CHECK(compute("*", {"double precision:1e-200", "double precision:1e-200"}) ==
        "!value out of range: underflow");
  CHECK(compute("+", {"double precision:Infinity", "double precision:1"}) == "Infinity");
  CHECK(compute("-", {"double precision:Infinity", "double precision:Infinity"}) == "NaN");
  CHECK(compute("/", {"double precision:NaN", "double precision:0"}) == "NaN");
  CHECK(compute("-", {"double precision:0"}) == "-0");
}

}  // namespace weir
