#include "engine/data/schema.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Schema two_columns() {
  return {.fields = {{.name = "id", .type = TypeKind::kText},
                     {.name = "at", .type = TypeKind::kTimestamptz}}};
}

TEST_CASE("FieldIsFoundByItsExactName") {
  const Schema schema = two_columns();
  REQUIRE(schema.find("id") == 0);
  REQUIRE(schema.find("at") == 1);
  REQUIRE_FALSE(schema.find("AT").has_value());
  REQUIRE_FALSE(schema.find("").has_value());
}

TEST_CASE("SchemasAreEqualFieldByField") {
  Schema other = two_columns();
  REQUIRE(other == two_columns());
  other.fields[1].nullable = false;
  REQUIRE_FALSE(other == two_columns());
}

TEST_CASE("AllNeededNeedsEveryFieldWhole") {
  const NeededColumns needed = all_needed(two_columns());
  REQUIRE(needed.size() == 2);
  for (const NeededField& field : needed) {
    REQUIRE(field.needed);
    REQUIRE(field.fields.empty());
  }
}

}  // namespace
}  // namespace weir
