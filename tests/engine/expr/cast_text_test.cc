#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("EveryPlainTypeBecomesTextAndComesBack") {
  for (const char* cell :
       {"boolean:true", "int:-7", "bigint:9223372036854775807", "double precision:1.5",
        "numeric(6,3):-1.250", "bytea:\\x00ff", "date:2024-02-29",
        "timestamp:2024-02-29 12:00:00.5", "timestamptz:2024-02-29 12:00:00+00",
        "interval:1 mon 2 days 03:00:00"}) {
    const std::string_view view(cell);
    const std::string type(view.substr(0, view.find(':')));
    const std::string text(view.substr(view.find(':') + 1));
    CHECK(cast(cell, "text") == text);
    CHECK(cast("text:" + text, type) == text);
    CHECK(cast("text:" + text + " nonsense", type).starts_with("!"));
    CHECK(cast(type + ":NULL", "text") == "NULL");
  }
}

TEST_CASE("TextIsReadWithPrecisionAndScale") {
  CHECK(cast("text: 1.255 ", "numeric(4,2)") == "1.26");
  CHECK(cast("text:123", "numeric(4,2)").starts_with("!"));
  CHECK(cast("text:2147483648", "int").starts_with("!"));
}

}  // namespace weir
