#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("DatesAndMomentsCastInUtc") {
  CHECK(cast("date:2024-02-29", "timestamp") == "2024-02-29 00:00:00");
  CHECK(cast("date:2024-02-29", "timestamptz") == "2024-02-29 00:00:00+00");
  CHECK(cast("timestamp:1969-12-31 23:59:59.5", "date") == "1969-12-31");
  CHECK(cast("timestamptz:2024-02-29 23:00:00-02", "date") == "2024-03-01");
  CHECK(cast("timestamptz:2024-02-29 23:00:00Z", "timestamp") == "2024-02-29 23:00:00");
  CHECK(cast("timestamp:2024-02-29 23:00:00", "timestamptz") == "2024-02-29 23:00:00+00");
  CHECK(cast("date:2024-02-29", "int") == "refused: cannot cast type date to integer");
  CHECK(cast("date:400000-01-01", "timestamp").starts_with("!date out of range for timestamp"));
}

}  // namespace weir
