#include "state/sliced_table.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const TableSpec kCounts = {
    .name = "counts", .key = {TypeKind::kText}, .value = {TypeKind::kBigint}};

void put(TaskState& state, int64_t end, const std::string& key, int64_t value) {
  KeyedTable& table = state.sliced(kCounts).slice(end);
  write(table, row_of(table, text(key)), 1, number(value));
}

TEST_CASE("SlicesAreInOrderOfTheirEnds") {
  TaskState state = state_of();
  SlicedTable& table = state.sliced(kCounts);
  REQUIRE(table.empty());
  put(state, 30, "a", 1);
  put(state, -10, "b", 1);
  put(state, 20, "c", 1);
  REQUIRE(table.first_end() == -10);
  REQUIRE(table.slices() == 3);
  REQUIRE(table.rows() == 3);
  REQUIRE(state.bytes() == table.bytes());
  table.drop(-10);
  REQUIRE(table.first_end() == 20);
  REQUIRE_FALSE(table.has(-10));
  table.drop(20);
  table.drop(30);
  REQUIRE(table.empty());
  REQUIRE(table.bytes() == 0);
}

TEST_CASE("SlicesComeBackWithTheirRows") {
  TaskState state = state_of();
  put(state, 30, "a key that is longer than its slot", 1);
  put(state, -10, "b", 2);
  TaskState copy = state_of();
  SlicedTable& table = copy.sliced(kCounts);
  REQUIRE(restore(copy, {whole_of(state)}).ok());
  REQUIRE(table.slices() == 2);
  REQUIRE(string_at(table.slice(30), 0, 0) == "a key that is longer than its slot");
  REQUIRE(number_at(table.slice(30), 0, 1) == 1);
  REQUIRE(number_at(table.slice(-10), 0, 1) == 2);
}

TEST_CASE("SlicesOfRowsWithoutAKeyComeBackToo") {
  const TableSpec rows = {.name = "rows", .value = {TypeKind::kBigint}, .access = Access::kByRow};
  TaskState state = state_of();
  KeyedTable& slice = state.sliced(rows).slice(10);
  for (int64_t value = 1; value <= 2; ++value) {
    write(slice, slice.append_row(7), 0, number(value));
  }
  TaskState copy = state_of();
  SlicedTable& table = copy.sliced(rows);
  REQUIRE(restore(copy, {whole_of(state)}).ok());
  REQUIRE(table.rows() == 2);
  REQUIRE(table.slice(10).hash(1) == 7);
  REQUIRE(number_at(table.slice(10), 1, 0) == 2);
}

}  // namespace
}  // namespace weir
