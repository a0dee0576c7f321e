#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("GreatestAndLeastSkipNulls") {
  CHECK(compute("greatest", {"int:1", "int:3", "int:2"}) == "3");
  CHECK(compute("least", {"int:1", "int:NULL", "int:2"}) == "1");
  CHECK(compute("greatest", {"int:NULL", "int:NULL"}) == "NULL");
  CHECK(compute("least", {"text:b", "text:a longer text than twelve"}) ==
        "a longer text than twelve");
  CHECK(compute("greatest", {"boolean:false", "boolean:true"}) == "true");
  CHECK(compute("greatest", {"double precision:1", "double precision:NaN"}) == "NaN");
  CHECK(compute("least", {"interval:1 mon", "interval:31 days"}) == "1 mon");
}

TEST_CASE("GreatestTakesTheCommonType") {
  CHECK(type_of("greatest", {"int:1", "bigint:2"}) == "bigint");
  CHECK(compute("greatest", {"int:1", "numeric(3,2):1.50"}) == "1.50");
  CHECK(type_of("greatest", {"int:1", "text:a"}) ==
        "refused: types integer and text cannot be matched: cast one of them");
  CHECK(type_of("least", {"date:2024-01-01", "timestamp:2024-01-01 00:00:00"}) ==
        "timestamp without time zone");
}

}  // namespace weir
