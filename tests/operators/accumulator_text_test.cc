// string_agg: its order, and that collecting many values costs what they are long.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

const Type kInt = TypeKind::kInt;

TEST_CASE("WithoutOrderValuesStandInTheirOwn") {
  OneGroup group(kStringAgg, "text");
  REQUIRE(group.add({"b", "", "a", "b"}).ok());
  REQUIRE(group.result() == ", a, b, b");
}

TEST_CASE("KeysComeBeforeValues") {
  AggregateCall call{.name = "a", .function = kStringAgg, .parameter = "-"};
  call.order = {{.column = 1, .descending = true, .nulls_first = true},
                {.column = 2, .nulls_first = false}};
  const std::vector<Cell> values = {"p", "q", "r", "s", "t", "a"};
  const std::vector<ColumnPtr> keys = {
      column_of(kInt, {"1", "2", kNull, "2", "-7", "-7"}),
      column_of(TypeKind::kText, {"x", kNull, "x", "y", "z", "z"})};
  OneGroup group(call, "text");
  REQUIRE(group.add(values, keys).ok());
  REQUIRE(group.result() == "r-s-q-p-a-t");

  OneGroup first(call, "text");
  OneGroup second(call, "text");
  REQUIRE(second.add(values, keys).ok());
  REQUIRE(first.add({"z"}, {column_of(kInt, {"2"}), column_of(TypeKind::kText, {"x"})}).ok());
  REQUIRE(first.merge(second).ok());
  REQUIRE(first.result() == "r-z-s-q-p-a-t");
}

TEST_CASE("ManyValuesCostWhatTheyAreLong") {
  OneGroup group(kStringAgg, "text");
  constexpr size_t kValues = 20'000;
  for (size_t i = 0; i < kValues; ++i) REQUIRE(group.add({"some value"}).ok());
  // Each with its sizes; room that doubles leaves at most as much again behind, and as much free.
  REQUIRE(group.table().bytes() < kValues * 18 * 5);
  REQUIRE(group.result().size() == kValues * 12 - 2);
}

}  // namespace
}  // namespace weir
