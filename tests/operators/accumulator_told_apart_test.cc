// Aggregates with DISTINCT whose state holds the values.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

std::string result_of(AggregateCall call, const char* type, const std::vector<Cell>& values,
                      const std::vector<Cell>& merged) {
  const Type argument = *type_named(type);
  call.type = *aggregate_type(call.function, argument);
  call.distinct = true;
  const auto layout =
      std::make_shared<const RowLayout>(std::vector<Type>(), std::vector<Type>{TypeKind::kBytea});
  KeyedTable table(layout, Access::kByRow);
  const auto accumulator = make_told_apart(call, argument, *layout, 0);
  const RowId rows[] = {table.append_row(0), table.append_row(0)};
  const std::vector<Cell>* parts[] = {&values, &merged};
  for (size_t i = 0; i < 2; ++i) {
    const ColumnPtr column = column_of(argument, *parts[i]);
    std::vector<uint32_t> places(parts[i]->size());
    for (uint32_t k = 0; k < places.size(); ++k) places[k] = k;
    const std::vector<std::byte*> targets(places.size(), table.change(rows[i]));
    const Column* columns[] = {column.get()};
    REQUIRE(
        accumulator->add(Columns(columns, 1), {places.data(), targets.data(), places.size()}, table)
            .ok());
  }
  std::byte* target = table.change(rows[0]);
  const std::byte* source = table.row(rows[1]);
  REQUIRE(accumulator->merge_rows({&target, &source, 1}, table).ok());
  ColumnWriter writer(call.type, 1);
  REQUIRE(accumulator->finish(table, rows[0], writer).ok());
  const ColumnPtr column = std::move(writer).finish();
  return column->is_null(0) ? "NULL" : value_text(*column, 0);
}

TEST_CASE("EqualValuesCountOnceAlsoFromTwoStates") {
  CHECK(result_of({.name = "a", .function = kCount}, "int", {"1", "2", "1"}, {"2", "3"}) == "3");
  CHECK(result_of({.name = "a", .function = kSum}, "numeric(6,2)", {"1.5", "1.50"}, {"2"}) ==
        "3.50");
  CHECK(result_of({.name = "a", .function = kStringAgg, .parameter = ","}, "text", {"b", "a"},
                  {"b", "a longer text than fits inline"}) == "a,a longer text than fits inline,b");
}

TEST_CASE("OfNoValuesTheResultIsThatOfNone") {
  CHECK(result_of({.name = "a", .function = kCount}, "int", {}, {}) == "0");
  CHECK(result_of({.name = "a", .function = kSum}, "int", {}, {}) == "NULL");
}

}  // namespace
}  // namespace weir
