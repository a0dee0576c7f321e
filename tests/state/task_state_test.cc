#include "state/task_state.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <limits>
#include <map>

namespace weir {
namespace {

const TableSpec kCounts = {
    .name = "counts", .key = {TypeKind::kText}, .value = {TypeKind::kBigint}};

const WaitingSpec kWaiting = {.name = "waiting",
                              .schema = std::make_shared<const Schema>(
                                  Schema{{{.name = "at", .type = TypeKind::kTimestamp}}}),
                              .kept = {0},
                              .time_column = 0};

Scalar time_at(int64_t micros) { return {TypeKind::kTimestamp, micros}; }

void put(TaskState& state, int64_t end, const std::string& key, int64_t value) {
  KeyedTable& table = state.sliced(kCounts).slice(end);
  const RowId row = row_of(table, text(key));
  store(table.change(row) + table.layout().value_offset(0), value);
  table.layout().clear_null(table.change(row), 1);
}

using Contents = std::map<std::pair<int64_t, std::string>, int64_t>;

Contents contents(TaskState& state, const std::vector<int64_t>& ends) {
  Contents found;
  SlicedTable& table = state.sliced(kCounts);
  for (const int64_t end : ends) {
    if (!table.has(end)) continue;
    KeyedTable& slice = table.slice(end);
    for (RowId row = 0; row < slice.ids_end(); ++row) {
      const std::byte* bytes = slice.row(row);
      const std::string key(load<StoredText>(bytes + slice.layout().offset(0)).view());
      found[{end, key}] = load<int64_t>(bytes + slice.layout().value_offset(0));
    }
  }
  return found;
}

// 60 keys, short and long, in two slices.
Contents fill(TaskState& state) {
  state.sliced(kCounts);
  Contents expected;
  for (int64_t i = 0; i < 60; ++i) {
    const std::string key = (i % 2 == 0 ? "k" : "a key longer than its slot ") + std::to_string(i);
    const int64_t end = i % 3 == 0 ? -10 : 20;
    put(state, end, key, i);
    expected[{end, key}] = i;
  }
  state.splits()["0"] = {.position = "p\0q", .highest_event_time = -5, .finished = false};
  state.splits()["1"] = {.position = "", .highest_event_time = 77, .finished = true};
  return expected;
}

TEST_CASE("ATableIsMadeOnce") {
  TaskState state = state_of();
  REQUIRE(&state.sliced(kCounts) == &state.sliced(kCounts));
}

TEST_CASE("ASnapshotRestoresTheWholeState") {
  TaskState state = state_of();
  const Contents expected = fill(state);
  TaskState copy = state_of();
  copy.sliced(kCounts);
  REQUIRE(restore(copy, {whole_of(state)}).ok());
  REQUIRE(contents(copy, {-10, 20}) == expected);
  REQUIRE(copy.splits() == state.splits());
}

TEST_CASE("TakingASnapshotChangesNothing") {
  TaskState state = state_of();
  fill(state);
  const std::string first = whole_of(state);
  REQUIRE(whole_of(state) == first);
}

TEST_CASE("TasksRestoreTheirKeyGroupsOnly") {
  for (const uint32_t tasks : {1U, 2U, 3U, 5U}) {
    TaskState state = state_of();
    const Contents expected = fill(state);
    Contents together;
    size_t rows = 0;
    for (uint32_t task = 0; task < tasks; ++task) {
      TaskState part = state_of(key_group_range(kGroups, tasks, task));
      part.sliced(kCounts);
      REQUIRE(restore(part, {whole_of(state)}).ok());
      rows += part.sliced(kCounts).rows();
      together.merge(contents(part, {-10, 20}));
    }
    REQUIRE(rows == expected.size());
    REQUIRE(together == expected);
  }
}

TEST_CASE("AClockGoesOnFromTheHighestOfItsSnapshots") {
  TaskState early = state_of();
  TaskState late = state_of();
  early.clock("a") = 5;
  late.clock("a") = 7;
  late.clock("b") = 1;
  TaskState joined = state_of();
  REQUIRE(joined.clock("a") == std::numeric_limits<int64_t>::min());
  REQUIRE(restore(joined, {whole_of(late)}).ok());
  REQUIRE(restore(joined, {whole_of(early)}).ok());
  REQUIRE(joined.clock("a") == 7);
  REQUIRE(joined.clock("b") == 1);
}

TEST_CASE("SeveralSnapshotsRestoreIntoOneTask") {
  TaskState whole = state_of();
  const Contents expected = fill(whole);
  TaskState joined = state_of();
  joined.sliced(kCounts);
  for (uint32_t task = 0; task < 3; ++task) {
    TaskState part = state_of(key_group_range(kGroups, 3, task));
    part.sliced(kCounts);
    REQUIRE(restore(part, {whole_of(whole)}).ok());
    REQUIRE(restore(joined, {whole_of(part)}).ok());
  }
  REQUIRE(contents(joined, {-10, 20}) == expected);
}

TEST_CASE("RefusesWhatIsNotASnapshot") {
  TaskState state = state_of();
  fill(state);
  const std::string good = whole_of(state);
  const auto kind_of = [](std::string_view bytes) {
    TaskState target = state_of();
    target.sliced(kCounts);
    const Status status = restore(target, {std::string(bytes)});
    REQUIRE_FALSE(status.ok());
    return status.error().kind;
  };
  REQUIRE(kind_of("") == ErrorKind::kCorrupt);
  REQUIRE(kind_of("not a snapshot at all") == ErrorKind::kCorrupt);
  for (size_t size = 0; size < good.size(); size += 7) {
    REQUIRE(kind_of(good.substr(0, size)) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("PassesOverTablesOfOtherSteps") {
  TaskState state = state_of();
  fill(state);
  TaskState other = state_of();
  other.keyed({.name = "mine", .key = {TypeKind::kText}});
  REQUIRE(restore(other, {whole_of(state)}).ok());
  CHECK(other.signatures() == std::map<std::string, std::string>{{"mine", "(text) -> ()"}});
}

TEST_CASE("RefusesRowsOfAnotherShape") {
  TaskState state = state_of();
  fill(state);
  TaskState other = state_of();
  other.sliced({.name = "counts", .key = {TypeKind::kText}, .value = {TypeKind::kBoolean}});
  const Status status = restore(other, {whole_of(state)});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kCorrupt);
}

// Answers Pending first and remembers what it was asked for.
class AskedResidency : public Residency {
 public:
  explicit AskedResidency(std::vector<std::string>& log) : log_(log) {}

  Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch&,
                     Selection selection) override {
    log_.push_back("keys " + name(table, slice) + " " + std::to_string(selection.size()));
    return Readiness::kPending;
  }
  Readiness prefetch_part(std::string_view table, StoreId store, HashPart part,
                          KeyedTable&) override {
    log_.push_back("part " + std::to_string(part.index) + " of " + std::to_string(part.of) +
                   " of " + name(table, store.end));
    return Readiness::kPending;
  }
  uint32_t parts(std::string_view table, const std::vector<StoreId>& stores, uint64_t) override {
    log_.push_back("parts " + name(table, stores[0].end));
    return 2;
  }
  Readiness prefetch_until(std::string_view table, int64_t until) override {
    log_.push_back("until " + name(table, until));
    return Readiness::kPending;
  }
  void used(std::string_view table, int64_t slice) override {
    log_.push_back("used " + name(table, slice));
  }

 private:
  static std::string name(std::string_view table, int64_t slice) {
    return std::string(table) + " " + std::to_string(slice);
  }

  std::vector<std::string>& log_;
};

TEST_CASE("ResidencyHearsOfEveryRequestAndUse") {
  std::vector<std::string> log;
  TaskState state(kGroups, {0, kGroups - 1}, std::make_unique<AskedResidency>(log));
  SlicedTable& slices = state.sliced(kCounts);
  REQUIRE(slices.prefetch(10, {}, Selection(3)) == Readiness::kPending);
  KeyedTable& slice = slices.slice(30);
  REQUIRE(slices.parts({30}) == 2);
  REQUIRE(slices.prefetch_part(30, {1, 2}, slice) == Readiness::kPending);
  UnslicedTable& table = state.keyed({.name = "plain", .key = {TypeKind::kText}, .value = {}});
  REQUIRE(table.prefetch({}, Selection(4)) == Readiness::kPending);
  REQUIRE(table.prefetch_due(50) == Readiness::kPending);
  table.table();
  KeyedLists& lists = state.lists({.name = "lists", .key = {TypeKind::kText}});
  REQUIRE(lists.prefetch({}, Selection(5)) == Readiness::kPending);
  REQUIRE(lists.prefetch_due(60) == Readiness::kPending);
  lists.heads();
  WaitingRows& waiting = state.waiting(kWaiting);
  REQUIRE(waiting.prefetch_before(70) == Readiness::kPending);
  waiting.take_before(70, 1);
  REQUIRE(log == std::vector<std::string>{"keys counts 10 3", "used counts 30", "parts counts 30",
                                          "part 1 of 2 of counts 30", "keys plain 0 4",
                                          "until plain 50", "used plain 0", "keys lists 0 5",
                                          "until lists 60", "used lists 0", "until waiting 69",
                                          "used waiting 0"});
}

TEST_CASE("TablesOfAllKindsAreInOneSnapshot") {
  const TableSpec plain = {.name = "plain", .key = {TypeKind::kText}, .value = {}};
  const ListsSpec listed = {.name = "lists", .key = {TypeKind::kText}};
  TaskState state = state_of();
  fill(state);
  row_of(state.keyed(plain).table(), text("p"));
  KeyedLists& lists = state.lists(listed);
  lists.insert(row_of(lists.heads(), text("l")), 7);
  const RecordBatch batch = {.schema = kWaiting.schema,
                             .columns = columns_of({TypeKind::kTimestamp}, {{time_at(9)}}),
                             .rows = 1};
  state.waiting(kWaiting).add(batch, batch.selection(), nullptr);

  TaskState copy = state_of();
  const auto declare = [&] {
    copy.sliced(kCounts);
    copy.keyed(plain);
    copy.lists(listed);
    copy.waiting(kWaiting);
  };
  declare();
  REQUIRE(restore(copy, {whole_of(state)}).ok());
  REQUIRE(whole_of(copy) == whole_of(state));
  REQUIRE(copy.keyed(plain).table().size() == 1);
  REQUIRE(copy.lists(listed).heads().size() == 1);
  REQUIRE(copy.waiting(kWaiting).first_time() == 9);
  REQUIRE(state.bytes() > state.sliced(kCounts).bytes() + state.lists(listed).bytes());
}

TEST_CASE("RefusesATableOfAnotherKind") {
  TaskState state = state_of();
  fill(state);
  TaskState other = state_of();
  other.keyed(kCounts);
  const Status status = restore(other, {whole_of(state)});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace weir
