#include "state/tiered_residency.h"

#include "tests/state/tiered.h"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace weir {
namespace {

const TableSpec kSeen = {.name = "step/seen",
                         .key = {TypeKind::kText},
                         .value = {TypeKind::kBigint},
                         .with_timer = true};
const TableSpec kCounts = {
    .name = "step/counts", .key = {TypeKind::kText}, .value = {TypeKind::kBigint}};
const ListsSpec kLists = {.name = "step/lists",
                          .key = {TypeKind::kText},
                          .head = {TypeKind::kBigint},
                          .entry = {TypeKind::kText},
                          .with_timer = true};

template <typename Table>
void fetch(Table& table, const Scalar& key) {
  REQUIRE(table.prefetch(Keys({key.type}, {{key}}).batch(), Selection(1)) == Readiness::kReady);
}

RowId found(const KeyedTable& table, const Scalar& key) {
  RowId row = kNoRow;
  table.find(Keys({key.type}, {{key}}).batch(), Selection(1), &row);
  return row;
}

// The name of a key, some of them too long to stand in a row.
Scalar key_of(uint64_t i) {
  return text((i % 3 == 0 ? "a rather long name " : "k") + std::to_string(i));
}

TEST_CASE("ARowThatWasNotUsedLeavesAndComesBackWhenItIsAskedFor") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  write(seen.table(), row_of(seen.table(), text("a")), 1, number(7));
  tiered.make_room();
  REQUIRE(seen.table().size() == 0);
  fetch(seen, text("b"));
  REQUIRE(seen.table().size() == 0);
  fetch(seen, text("a"));
  REQUIRE(number_at(seen.table(), found(seen.table(), text("a")), 1) == 7);
}

TEST_CASE("WhatIsUsedStaysAndWhatIsNotLeaves") {
  Tiered tiered(64 << 10);
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  for (uint64_t i = 0; i < 10'000; ++i) {
    row_of(seen.table(), key_of(i));
    fetch(seen, key_of(0));
    found(seen.table(), key_of(0));
    if (i % 100 == 0) tiered.make_room();
  }
  REQUIRE(seen.used_bytes() < 80 << 10);
  REQUIRE(found(seen.table(), key_of(0)) != kNoRow);
  REQUIRE(found(seen.table(), key_of(500)) == kNoRow);
}

TEST_CASE("ARowThatIsErasedDoesNotComeBack") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  row_of(seen.table(), text("a"));
  tiered.make_room();
  fetch(seen, text("a"));
  seen.table().erase(found(seen.table(), text("a")));
  tiered.make_room();
  fetch(seen, text("a"));
  REQUIRE(seen.table().size() == 0);
}

TEST_CASE("RowsThatAreDueComeBackInPortionsInOrderOfTime") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  constexpr uint64_t kRows = 10'000;
  for (uint64_t i = 0; i < kRows; ++i) {
    seen.timers().set(row_of(seen.table(), key_of(i)), static_cast<int64_t>(i));
  }
  tiered.make_room();
  REQUIRE(seen.prefetch_due(-1) == Readiness::kReady);
  REQUIRE(seen.table().size() == 0);
  REQUIRE(seen.prefetch_due(6'000) == Readiness::kReady);
  REQUIRE(seen.table().size() > 0);
  REQUIRE(seen.table().size() < 6'000);
  REQUIRE(found(seen.table(), key_of(0)) != kNoRow);
  while (seen.erase_due(6'000, kRows)) REQUIRE(seen.prefetch_due(6'000) == Readiness::kReady);
  REQUIRE(seen.table().size() == 0);
  fetch(seen, key_of(6'000));
  fetch(seen, key_of(6'001));
  REQUIRE(seen.table().size() == 1);
}

TEST_CASE("ATimerThatWasMovedFiresOnceAndWhenItSays") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  seen.timers().set(row_of(seen.table(), text("a")), 5);
  tiered.make_room();
  fetch(seen, text("a"));
  seen.timers().set(found(seen.table(), text("a")), 50);
  tiered.make_room();
  REQUIRE(seen.prefetch_due(49) == Readiness::kReady);
  REQUIRE_FALSE(seen.erase_due(49, 10));
  fetch(seen, text("a"));
  REQUIRE(seen.table().size() == 1);
  tiered.make_room();
  REQUIRE(seen.prefetch_due(50) == Readiness::kReady);
  REQUIRE(seen.table().size() == 1);
  REQUIRE_FALSE(seen.erase_due(50, 10));
  fetch(seen, text("a"));
  REQUIRE(seen.table().size() == 0);
}

TEST_CASE("ListsComeBackInTheirOrder") {
  Tiered tiered;
  KeyedLists& lists = tiered.state().lists(kLists);
  const RowId head = row_of(lists.heads(), text("a"));
  write(lists.heads(), head, 1, number(3));
  int n = 0;
  for (const int64_t order : {20, 10, 20}) {
    write(lists.entries(), lists.insert(head, order), 0,
          text("an entry of some length " + std::to_string(++n)));
  }
  lists.timers().set(head, 90);
  tiered.make_room();
  REQUIRE(lists.heads().size() == 0);
  REQUIRE(lists.entries().size() == 0);
  REQUIRE(lists.prefetch_due(90) == Readiness::kReady);
  const RowId back = found(lists.heads(), text("a"));
  REQUIRE(number_at(lists.heads(), back, 1) == 3);
  std::vector<std::string> entries;
  for (RowId entry = lists.first(back); entry != kNoRow; entry = lists.next(entry)) {
    entries.push_back(std::to_string(lists.order(entry)) + " " +
                      string_at(lists.entries(), entry, 0).back());
  }
  REQUIRE(entries == std::vector<std::string>{"10 2", "20 1", "20 3"});
  REQUIRE(lists.timers().due(back) == 90);
}

TEST_CASE("RowsOfSlicesLeaveByKeyAndComeBackByKey") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  const SliceId late(10, 20);
  for (const SliceId id : {SliceId(10), late, SliceId(20)}) {
    for (uint64_t i = 0; i < 5; ++i) row_of(counts.slice(id), key_of(i));
  }
  tiered.make_room();
  REQUIRE(counts.rows() == 0);
  REQUIRE(counts.slices() == 3);
  REQUIRE(counts.prefetch(10, Keys({TypeKind::kText}, {{key_of(1)}, {key_of(1)}}).batch(),
                          Selection(2)) == Readiness::kReady);
  REQUIRE(counts.slice(10).size() == 1);
  REQUIRE(counts.slice(late).size() == 1);
  REQUIRE(counts.slice(20).size() == 0);
}

TEST_CASE("ARowWithSeveralDueTimesComesBackOnce") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  constexpr int64_t kRows = 2'000;
  for (int64_t i = 0; i < kRows; ++i) {
    seen.timers().set(row_of(seen.table(), key_of(static_cast<uint64_t>(i))), i);
  }
  tiered.make_room();
  fetch(seen, key_of(0));
  seen.timers().set(found(seen.table(), key_of(0)), kRows);
  tiered.make_room();
  REQUIRE(seen.prefetch_due(kRows) == Readiness::kReady);
  REQUIRE(seen.table().size() == kRows);
}

// How many rows of a slice are out of memory.
size_t rows_out(SlicedTable& table, SliceId id) {
  KeyedTable rows = table.scratch();
  REQUIRE(table.prefetch_part(id, {}, rows) == Readiness::kReady);
  return rows.size();
}

TEST_CASE("ASliceIsWalkedPartByPart") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  constexpr uint64_t kRows = 10'000;
  for (uint64_t i = 0; i < kRows; ++i) row_of(counts.slice(10), key_of(i));
  row_of(counts.slice(20), key_of(0));
  REQUIRE(counts.parts({10, 20}) == 1);
  tiered.make_room();
  row_of(counts.slice(10), text("in memory"));
  std::set<std::string> walked;
  const uint32_t parts = counts.parts({10, 20});
  REQUIRE(parts > 2);
  REQUIRE(counts.parts({20}) == 1);
  for (HashPart part{0, parts}; part.index < parts; ++part.index) {
    KeyedTable rows = counts.scratch();
    REQUIRE(counts.prefetch_part(10, part, rows) == Readiness::kReady);
    REQUIRE(rows.size() < kRows / 2);
    for (RowId row = 0; row < rows.ids_end(); ++row) {
      REQUIRE(part.contains(rows.hash(row)));
      REQUIRE(walked.insert(string_at(rows, row, 0)).second);
    }
  }
  REQUIRE(walked.size() == kRows);
  REQUIRE(rows_out(counts, 10) == kRows);
  counts.drop(10);
  counts.slice(10);
  REQUIRE(rows_out(counts, 10) == 0);
  REQUIRE(rows_out(counts, 20) == 1);
}

TEST_CASE("RowsOfASliceThatIsHeldStay") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  for (const SliceId id : {SliceId(10), SliceId(20)}) row_of(counts.slice(id), key_of(0));
  KeyedTable& held = counts.hold(10);
  tiered.make_room();
  REQUIRE(held.size() == 1);
  REQUIRE(counts.slice(20).size() == 0);
  counts.drop(10);
  row_of(counts.slice(10), key_of(0));
  tiered.make_room();
  REQUIRE(counts.rows() == 0);
}

TEST_CASE("RowsThatAreNotReachedByKeyLeaveEachForItself") {
  const TableSpec spec = {
      .name = "step/rows", .value = {TypeKind::kBigint}, .access = Access::kByRow};
  Tiered before;
  SlicedTable& rows = before.state().sliced(spec);
  for (int i = 0; i < 3; ++i) rows.slice(10).append_row(7);
  before.make_room();
  REQUIRE(rows.rows() == 0);
  REQUIRE(rows_out(rows, 10) == 3);
  const Saved was = saved(before.state());

  Tiered after;
  SlicedTable& again = after.state().sliced(spec);
  adopt(was, after.state());
  again.slice(10).append_row(7);
  after.make_room();
  REQUIRE(again.rows() == 0);
  REQUIRE(rows_out(again, 10) == 4);
}

TEST_CASE("AllRowsOfATableCanBeForgotten") {
  Tiered tiered;
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  KeyedLists& lists = tiered.state().lists(kLists);
  seen.timers().set(row_of(seen.table(), text("a")), 5);
  lists.timers().set(row_of(lists.heads(), text("a")), 5);
  tiered.make_room();
  seen.erase_all();
  fetch(seen, text("a"));
  REQUIRE(seen.prefetch_due(10) == Readiness::kReady);
  REQUIRE(seen.table().size() == 0);
  REQUIRE(lists.prefetch_due(10) == Readiness::kReady);
  REQUIRE(lists.heads().size() == 1);
}

TEST_CASE("ATaskGoesOnFromACutAndWhatItHandedOver") {
  Tiered before(32 << 10);
  UnslicedTable& seen = before.state().keyed(kSeen);
  for (uint64_t i = 0; i < 5'000; ++i) {
    seen.timers().set(row_of(seen.table(), key_of(i)), static_cast<int64_t>(i));
    if (i % 100 == 0) before.make_room();
  }
  const Saved was = saved(before.state());
  // What comes after the barrier does not count.
  for (uint64_t i = 0; i < 5'000; ++i) fetch(seen, key_of(i));
  seen.erase_all();
  before.make_room();

  Tiered after(32 << 10);
  UnslicedTable& again = after.state().keyed(kSeen);
  adopt(was, after.state());
  for (uint64_t i = 0; i < 5'000; ++i) fetch(again, key_of(i));
  REQUIRE(again.table().size() == 5'000);
  REQUIRE(again.prefetch_due(4'000) == Readiness::kReady);
  while (again.erase_due(4'000, 100)) REQUIRE(again.prefetch_due(4'000) == Readiness::kReady);
  REQUIRE(again.table().size() == 999);
}

TEST_CASE("SeveralTasksTakeTheirRowsOutOfACut") {
  Tiered before;
  UnslicedTable& seen = before.state().keyed(kSeen);
  SlicedTable& counts = before.state().sliced(kCounts);
  for (uint64_t i = 0; i < 1'000; ++i) {
    seen.timers().set(row_of(seen.table(), key_of(i)), static_cast<int64_t>(i));
    row_of(counts.slice(10), key_of(i));
  }
  before.make_room();
  const Saved was = saved(before.state());

  size_t rows = 0;
  for (const KeyGroupRange range : {KeyGroupRange{0, 63}, KeyGroupRange{64, kGroups - 1}}) {
    Tiered after(0, range);
    UnslicedTable& again = after.state().keyed(kSeen);
    SlicedTable& sliced = after.state().sliced(kCounts);
    take_over(was, after.state());
    REQUIRE(sliced.first() == SliceId(10));
    KeyedTable& slice = sliced.hold(10);
    REQUIRE(sliced.prefetch_part(10, {}, slice) == Readiness::kReady);
    for (uint64_t i = 0; i < 1'000; ++i) fetch(again, key_of(i));
    REQUIRE(again.table().size() == slice.size());
    rows += again.table().size();
    while (again.erase_due(1'000, 100)) REQUIRE(again.prefetch_due(1'000) == Readiness::kReady);
    REQUIRE(again.table().size() == 0);
  }
  REQUIRE(rows == 1'000);
}

// Whose rows stay in memory, as far as they say.
class Staying : public StateTable {
 public:
  Staying(std::string name, Residency& residency) : StateTable(std::move(name), residency) {}
  TableKind kind() const override { return TableKind::kUnsliced; }
  std::string signature() const override { return ""; }
  size_t bytes() const override { return used; }
  size_t used_bytes() const override { return used; }
  void freeze(Freeze, FrozenMemory&, FrozenTable&) override {}
  Status read(const StateImage::Table&, const OwnedGroups&) override { return {}; }

  size_t used = 0;
};

TEST_CASE("RowsThatCannotLeaveMustFit") {
  const StoreFolder folder = StoreFolder::quick();
  StateBudget budget(1 << 20);
  TieredResidency residency({folder.path(), &MapStore::open, &budget});
  UnslicedTable seen(kSeen, residency);
  Staying staying("step/staying", residency);
  residency.declared(seen);
  residency.declared(staying);
  for (uint64_t i = 0; i < 1'000; ++i) row_of(seen.table(), key_of(i));
  staying.used = 1 << 20;
  REQUIRE(residency.make_room().ok());
  REQUIRE(seen.table().size() == 0);
  staying.used = 3 << 20;
  const Status status = residency.make_room();
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kUser);
  REQUIRE(status.error().message.find("step/staying takes 3 MiB") != std::string::npos);
}

// Of rows that are alike, so many leave and come back at a time that each watermark need not look
// for its own.
TEST_CASE("RowsThatWaitComeBackInPortionsInOrderOfTime") {
  Tiered tiered;
  WaitingRows& waiting = tiered.state().waiting(
      {.name = "step/waiting",
       .schema = std::make_shared<const Schema>(Schema{{{"at", TypeKind::kTimestamp}}}),
       .kept = {0},
       .time_column = 0});
  constexpr int64_t kRows = 10'000;
  for (int64_t i = 0; i < kRows; ++i) {
    RecordBatch batch;
    batch.schema = waiting.spec().schema;
    batch.columns = {constant_column({TypeKind::kTimestamp, i}, 1)};
    batch.rows = 1;
    waiting.add(batch, batch.selection(), nullptr);
  }
  tiered.make_room();
  REQUIRE(waiting.size() == 0);
  REQUIRE(waiting.prefetch_before(0) == Readiness::kReady);
  REQUIRE(waiting.size() == 0);
  REQUIRE(waiting.prefetch_before(1) == Readiness::kReady);
  REQUIRE(waiting.size() > 1);
  REQUIRE(waiting.size() < kRows / 2);
  REQUIRE(waiting.first_time() == 0);
  const size_t brought = waiting.size();
  REQUIRE(waiting.prefetch_before(kRows) == Readiness::kReady);
  REQUIRE(waiting.size() == brought);
  REQUIRE(waiting.take_before(kRows, kRows).rows == brought);
  REQUIRE(waiting.first_time() == static_cast<int64_t>(brought));
}

TEST_CASE("ATroubleOfTheStoreIsTold") {
  StateBudget budget(0);
  const auto refuse = [](const std::string&) -> Result<std::unique_ptr<WarmStore>> {
    return unavailable("no room");
  };
  TaskState state(kGroups, {0, kGroups - 1},
                  std::make_unique<TieredResidency>(TierSetup{"", refuse, &budget}));
  UnslicedTable& seen = state.keyed(kSeen);
  row_of(seen.table(), text("a"));
  const Status status = state.make_room();
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace weir
