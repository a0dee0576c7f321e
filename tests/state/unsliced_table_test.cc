#include "state/unsliced_table.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <map>

namespace weir {
namespace {

const TableSpec kPlain = {.name = "t", .key = {TypeKind::kText}, .value = {TypeKind::kText}};
const TableSpec kTimed = {
    .name = "t", .key = {TypeKind::kText}, .value = {TypeKind::kText}, .with_timer = true};

std::string key_name(int64_t i) {
  return (i % 2 == 0 ? "k" : "a key longer than its slot ") + std::to_string(i);
}

void fill(TaskState& state, const TableSpec& spec) {
  KeyedTable& table = state.keyed(spec).table();
  for (int64_t i = 0; i < 60; ++i) {
    const RowId row = row_of(table, text(key_name(i)));
    write(table, row, 1, text("value of " + key_name(i)));
    if (spec.with_timer && i % 3 == 0) state.keyed(spec).timers().set(row, i - 30);
  }
  for (int64_t i = 0; i < 60; i += 5) table.erase(row_of(table, text(key_name(i))));
}

using Contents = std::map<std::string, std::string>;

Contents contents(TaskState& state, const TableSpec& spec) {
  Contents found;
  const KeyedTable& table = state.keyed(spec).table();
  for (RowId row = 0; row < table.ids_end(); ++row) {
    if (table.is_live(row)) found[string_at(table, row, 0)] = string_at(table, row, 1);
  }
  return found;
}

TEST_CASE("RestoresIntoOneTwoAndThreeInstancesAndBack") {
  for (const TableSpec& spec : {kPlain, kTimed}) {
    for (const uint32_t tasks : {1U, 2U, 3U}) {
      INFO("timers " << spec.with_timer << ", tasks " << tasks);
      TaskState whole = state_of();
      fill(whole, spec);
      TaskState joined = state_of();
      joined.keyed(spec);
      size_t rows = 0;
      for (uint32_t task = 0; task < tasks; ++task) {
        TaskState part = state_of(key_group_range(kGroups, tasks, task));
        part.keyed(spec);
        REQUIRE(restore(part, {whole_of(whole)}).ok());
        rows += part.keyed(spec).table().size();
        REQUIRE(restore(joined, {whole_of(part)}).ok());
      }
      REQUIRE(rows == 48);
      REQUIRE(contents(joined, spec) == contents(whole, spec));
      if (!spec.with_timer) continue;
      std::vector<Timers::Due> due;
      joined.keyed(spec).timers().pop_due(0, 1000, due);
      std::map<std::string, int64_t> fired;
      for (const Timers::Due& one : due) {
        fired[string_at(joined.keyed(spec).table(), one.row, 0)] = one.time;
      }
      std::map<std::string, int64_t> expected;
      for (int64_t i = 0; i <= 30; i += 3) {
        if (i % 5 != 0) expected[key_name(i)] = i - 30;
      }
      REQUIRE(fired == expected);
    }
  }
}

TEST_CASE("ATableWithTimersIsNoTableWithout") {
  TaskState state = state_of();
  fill(state, kTimed);
  TaskState other = state_of();
  other.keyed(kPlain);
  const Status status = restore(other, {whole_of(state)});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("AnEmptiedTableLeavesNothingInASnapshot") {
  TaskState fresh = state_of();
  fresh.keyed(kTimed);
  TaskState state = state_of();
  fill(state, kTimed);
  KeyedTable& table = state.keyed(kTimed).table();
  for (RowId row = 0; row < table.ids_end(); ++row) {
    if (table.is_live(row)) table.erase(row);
  }
  REQUIRE((whole_of(state) == whole_of(fresh)));
}

}  // namespace
}  // namespace weir
