#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("IntegersNarrowOrFail") {
  CHECK(cast("bigint:2147483647", "int") == "2147483647");
  CHECK(cast("bigint:2147483648", "int") == "!integer out of range: 2147483648");
  CHECK(cast("int:7", "bigint") == "7");
  CHECK(cast("int:7", "double precision") == "7");
}

TEST_CASE("NumericsAreRoundedToTheScaleAndHeldToThePrecision") {
  CHECK(cast("numeric(6,4):1.2345", "numeric(5,3)") == "1.235");
  CHECK(cast("numeric(6,4):-1.2345", "numeric(5,3)") == "-1.235");
  CHECK(cast("numeric(6,2):9999.99", "numeric(5,1)") ==
        "!numeric field overflow: 9999.99 does not fit numeric(5,1)");
  CHECK(cast("int:100", "numeric(4,2)") ==
        "!numeric field overflow: 100 does not fit numeric(4,2)");
  CHECK(cast("int:99", "numeric(4,2)") == "99.00");
  CHECK(cast("bigint:-9223372036854775808", "numeric(38,2)") == "-9223372036854775808.00");
  CHECK(cast("numeric(4,2):1.5", "numeric(38,37)").starts_with("1.5"));
}

TEST_CASE("NumericsBecomeIntegersHalfAwayFromZero") {
  CHECK(cast("numeric(4,2):2.50", "int") == "3");
  CHECK(cast("numeric(4,2):-2.50", "bigint") == "-3");
  CHECK(cast("numeric(12,1):2147483647.5", "int") == "!integer out of range: 2147483647.5");
  CHECK(cast("numeric(4,2):2.50", "double precision") == "2.5");
}

TEST_CASE("DoublesBecomeIntegersHalfToEven") {
  CHECK(cast("double precision:2.5", "int") == "2");
  CHECK(cast("double precision:3.5", "bigint") == "4");
  CHECK(cast("double precision:2147483647.4", "int") == "2147483647");
  CHECK(cast("double precision:2147483647.5", "int").starts_with("!integer out of range"));
  CHECK(cast("double precision:9223372036854775808", "bigint").starts_with("!bigint out of range"));
  CHECK(cast("double precision:-9223372036854775808", "bigint") == "-9223372036854775808");
  CHECK(cast("double precision:NaN", "int").starts_with("!integer out of range"));
  CHECK(cast("double precision:0.1", "numeric(4,2)") == "0.10");
  CHECK(cast("double precision:Infinity", "numeric(4,2)").starts_with("!numeric field overflow"));
}

TEST_CASE("BooleansAndIntegersCastExplicitly") {
  CHECK(cast("boolean:true", "int") == "1");
  CHECK(cast("int:0", "boolean") == "false");
  CHECK(cast("int:-3", "boolean") == "true");
  CHECK(cast("boolean:NULL", "int") == "NULL");
  CHECK(cast("bigint:1", "boolean") == "refused: cannot cast type bigint to boolean");
}

}  // namespace weir
