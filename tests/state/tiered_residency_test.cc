#include "state/tiered_residency.h"

#include "tests/state/keys.h"
#include "tests/state/map_store.h"
#include "tests/state/saved.h"
#include "tests/state/store_folder.h"

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

// A state of which `budget` bytes may be in memory.
class Tiered {
 public:
  explicit Tiered(uint64_t budget = 0, KeyGroupRange range = {0, kGroups - 1}) : budget_(budget) {
    state_.emplace(
        kGroups, range,
        std::make_unique<TieredResidency>(TierSetup{folder_.path(), &MapStore::open, &budget_}));
  }

  TaskState& state() { return *state_; }
  void make_room() { REQUIRE(state_->make_room().ok()); }

 private:
  const StoreFolder folder_ = StoreFolder::quick();
  StateBudget budget_;
  std::optional<TaskState> state_;
};

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

TEST_CASE("RowsOfSlicesLeaveByKeyAndComeBackByKeyOrAllTogether") {
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
  REQUIRE(counts.prefetch_slice(10) == Readiness::kReady);
  REQUIRE(counts.slice(10).size() == 5);
  REQUIRE(counts.slice(late).size() == 5);
  REQUIRE(counts.slice(20).size() == 0);
  counts.drop(20);
  REQUIRE(counts.prefetch_slice(20) == Readiness::kReady);
  REQUIRE(counts.slice(20).size() == 0);
}

TEST_CASE("ASliceIsWalkedPartByPart") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  constexpr uint64_t kRows = 10'000;
  for (uint64_t i = 0; i < kRows; ++i) row_of(counts.slice(10), key_of(i));
  row_of(counts.slice(20), key_of(0));
  tiered.make_room();
  row_of(counts.slice(10), text("in memory"));
  std::set<std::string> walked;
  size_t parts = 0;
  for (bool more = true; more; ++parts) {
    REQUIRE(counts.prefetch_part(10) == Readiness::kReady);
    const KeyedTable& rows = counts.slice(10);
    REQUIRE(rows.size() < kRows / 2);
    for (RowId row = 0; row < rows.ids_end(); ++row) {
      if (rows.is_live(row)) REQUIRE(walked.insert(string_at(rows, row, 0)).second);
    }
    more = counts.has_part(10);
    counts.clear(10);
  }
  REQUIRE(parts > 2);
  REQUIRE(walked.size() == kRows + 1);
  counts.drop(10);
  counts.slice(10);
  REQUIRE(counts.prefetch_slice(10) == Readiness::kReady);
  REQUIRE(counts.slice(10).size() == 0);
  REQUIRE(counts.prefetch_slice(20) == Readiness::kReady);
  REQUIRE(counts.slice(20).size() == 1);
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

// Of the states in order: what they handed over, and the files of their cuts.
struct Saved {
  std::string image;
  std::optional<WarmCut> cut;
};

Saved saved(TaskState& state) {
  FrozenState frozen = state.freeze(Freeze::kWhole).value();
  return {frozen.encode(), frozen.warm};
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
  std::filesystem::copy(was.cut->folder, after.state().cut_folder());
  REQUIRE(after.state().adopt_cut().ok());
  REQUIRE(restore(after.state(), {was.image}).ok());
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
    const auto store = MapStore::open(was.cut->folder);
    REQUIRE(after.state().take_in(**store).ok());
    REQUIRE(restore(after.state(), {was.image}).ok());
    REQUIRE(sliced.first() == SliceId(10));
    REQUIRE(sliced.prefetch_slice(10) == Readiness::kReady);
    for (uint64_t i = 0; i < 1'000; ++i) fetch(again, key_of(i));
    REQUIRE(again.table().size() == sliced.slice(10).size());
    rows += again.table().size();
    while (again.erase_due(1'000, 100)) REQUIRE(again.prefetch_due(1'000) == Readiness::kReady);
    REQUIRE(again.table().size() == 0);
  }
  REQUIRE(rows == 1'000);
}

TEST_CASE("RowsThatCannotLeaveMustFit") {
  Tiered tiered(1 << 20);
  WaitingRows& waiting = tiered.state().waiting(
      {.name = "step/waiting",
       .schema = std::make_shared<const Schema>(Schema{{{"at", TypeKind::kTimestamp}}}),
       .kept = {0},
       .time_column = 0});
  UnslicedTable& seen = tiered.state().keyed(kSeen);
  const auto wait = [&](int64_t rows) {
    for (int64_t i = 0; i < rows; ++i) {
      RecordBatch batch;
      batch.schema = waiting.spec().schema;
      batch.columns = {constant_column({TypeKind::kTimestamp, i}, 1)};
      batch.rows = 1;
      waiting.add(batch, batch.selection(), nullptr);
      row_of(seen.table(), key_of(static_cast<uint64_t>(i)));
    }
  };
  wait(20'000);
  tiered.make_room();
  REQUIRE(seen.table().size() < 20'000);
  wait(60'000);
  const Status status = tiered.state().make_room();
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kUser);
  REQUIRE(status.error().message.find("step/waiting takes ") != std::string::npos);
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
