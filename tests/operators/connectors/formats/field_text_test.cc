// Goal: integer timestamps, and which columns a format can read. Method: examples.
#include "operators/connectors/formats/field_text.h"

#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("CountsIntegerTimestampsInTheirUnit") {
  CHECK(*timestamp_of_integer("-3", TimestampUnit::kSeconds) == -3'000'000);
  CHECK(*timestamp_of_integer("3", TimestampUnit::kMillis) == 3'000);
  CHECK(*timestamp_of_integer("3", TimestampUnit::kMicros) == 3);
  CHECK(timestamp_of_integer("3", TimestampUnit::kNone).error().kind == ErrorKind::kBadData);
  CHECK_FALSE(timestamp_of_integer("9223372036854776", TimestampUnit::kMillis).ok());
  CHECK_FALSE(timestamp_of_integer("99999999999999999999", TimestampUnit::kMicros).ok());
}

TEST_CASE("PrefersTheUnitToADateWithoutHyphens") {
  ColumnWriter writer(TypeKind::kTimestamp, 2);
  REQUIRE(append_field_text(writer, "20240101", TimestampUnit::kMicros).ok());
  REQUIRE(append_field_text(writer, "20240101", TimestampUnit::kNone).ok());
  const ColumnPtr column = std::move(writer).finish();
  CHECK(column->values<int64_t>()[0] == 20240101);
  CHECK(column->values<int64_t>()[1] == 1'704'067'200'000'000);
}

TEST_CASE("LooksForUnreadableColumnsAmongTheNeededOnesOnly") {
  auto row = std::make_shared<CompositeType>();
  row->name = "row";
  row->fields = {{"list", Type::array(TypeKind::kInt)}, {"n", TypeKind::kInt}};
  RowShape shape = testing::shape_of({{"r", Type::composite(row)}});
  shape.needed[0] = {.needed = true, .fields = {{.needed = true}, {.needed = true}}};
  CHECK_FALSE(check_readable(shape, "json", true).ok());
  shape.needed[0].fields[0].needed = false;
  CHECK(check_readable(shape, "json", true).ok());
  CHECK_FALSE(check_readable(shape, "csv", false).ok());
  shape.needed[0] = {};
  CHECK(check_readable(shape, "csv", false).ok());
}

}  // namespace
}  // namespace weir
