// WaitingRows against a sorted std::vector: random rows come in random batches, random watermarks
// let them go, and they must leave in the one order there is, wherever they were meanwhile.
#include "state/waiting_rows.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"
#include "tests/state/tiered.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <list>
#include <random>
#include <tuple>

namespace weir {
namespace {

const SchemaPtr kSchema = std::make_shared<const Schema>(
    Schema{{{.name = "id", .type = TypeKind::kText},
            {.name = "unread", .type = TypeKind::kBigint},
            {.name = "at", .type = TypeKind::kTimestamp, .nullable = false, .event_time = true},
            {.name = "amount", .type = TypeKind::kDouble}}});

const WaitingSpec kWithPlace = {
    .name = "w", .schema = kSchema, .kept = {0, 2, 3}, .time_column = 2, .with_place = true};
const WaitingSpec kWithout = {.name = "w", .schema = kSchema, .kept = {0, 2, 3}, .time_column = 2};

struct Row {
  int64_t time = 0;
  int64_t split = 0;
  int64_t position = 0;
  std::string id;
  std::optional<double> amount;

  bool operator==(const Row&) const = default;
};

std::string to_string(const Row& row) {
  return std::to_string(row.time) + "/" + std::to_string(row.split) + "/" +
         std::to_string(row.position) + "/" + row.id + "/" +
         (row.amount.has_value() ? std::to_string(*row.amount) : "NULL");
}
std::vector<std::string> to_strings(const std::vector<Row>& rows) {
  std::vector<std::string> all;
  for (const Row& row : rows) all.push_back(to_string(row));
  return all;
}

bool before(const WaitingSpec& spec, const Row& a, const Row& b) {
  if (spec.with_place) {
    return std::tie(a.time, a.split, a.position) < std::tie(b.time, b.split, b.position);
  }
  // NULL is the last.
  const auto amount = [](const Row& row) {
    return std::pair(!row.amount.has_value(), row.amount.value_or(0));
  };
  return std::tuple(a.time, a.id, amount(a)) < std::tuple(b.time, b.id, amount(b));
}

RecordBatch batch_of(const WaitingSpec& spec, const std::vector<Row>& rows) {
  std::vector<Key> values;
  std::vector<Key> places;
  for (const Row& row : rows) {
    const Scalar amount = row.amount.has_value() ? Scalar{TypeKind::kDouble, *row.amount}
                                                 : null_scalar(TypeKind::kDouble);
    values.push_back({text(row.id), {TypeKind::kTimestamp, row.time}, amount});
    places.push_back({{TypeKind::kInt, row.split}, number(row.position)});
  }
  RecordBatch batch;
  batch.schema = spec.schema;
  batch.rows = static_cast<uint32_t>(rows.size());
  batch.columns = columns_of({TypeKind::kText, TypeKind::kTimestamp, TypeKind::kDouble}, values);
  batch.columns.insert(batch.columns.begin() + 1, nullptr);
  if (!spec.with_place) return batch;
  const std::vector<ColumnPtr> place = columns_of({TypeKind::kInt, TypeKind::kBigint}, places);
  batch.split = place[0];
  batch.position = place[1];
  return batch;
}

std::vector<Row> rows_of(const WaitingSpec& spec, const RecordBatch& batch) {
  REQUIRE(batch.schema == spec.schema);
  REQUIRE(batch.selected == nullptr);
  REQUIRE(batch.columns.size() == 4);
  REQUIRE(batch.columns[1] == nullptr);
  REQUIRE((batch.split != nullptr) == spec.with_place);
  std::vector<Row> rows;
  for (size_t i = 0; i < batch.rows; ++i) {
    Row& row = rows.emplace_back();
    row.id = batch.columns[0]->text(i);
    row.time = batch.columns[2]->values<int64_t>()[i];
    if (!batch.columns[3]->is_null(i)) row.amount = batch.columns[3]->values<double>()[i];
    if (!spec.with_place) continue;
    row.split = batch.split->values<int32_t>()[i];
    row.position = batch.position->values<int64_t>()[i];
  }
  return rows;
}

void add(WaitingRows& waiting, const std::vector<Row>& rows) {
  const RecordBatch batch = batch_of(waiting.spec(), rows);
  std::vector<uint64_t> hashes(rows.size());
  hash_rows({batch.columns[0].get()}, batch.selection(), hashes.data());
  waiting.add(batch, batch.selection(), hashes.data());
}

std::vector<Row> take(WaitingRows& waiting, int64_t until, size_t rows_max = 1000) {
  return rows_of(waiting.spec(), waiting.take_before(until, rows_max));
}

TEST_CASE("RowsLeaveByTimeThenPlace") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithPlace);
  REQUIRE(waiting.first_time() == std::numeric_limits<int64_t>::max());
  const Row a = {.time = 5, .split = 1, .position = 7, .id = "a"};
  const Row b = {.time = 5, .split = 0, .position = 9, .id = "b"};
  const Row c = {.time = -3, .split = 4, .position = 1, .id = "c", .amount = 2.5};
  const Row d = {.time = 5, .split = 1, .position = 6, .id = "d, longer than its slot"};
  const Row e = {.time = 10, .split = 0, .position = 0, .id = "e"};
  add(waiting, {a, b, c, d, e});
  REQUIRE(waiting.size() == 5);
  REQUIRE(waiting.first_time() == -3);
  REQUIRE(take(waiting, -3).empty());
  REQUIRE(take(waiting, 10) == std::vector<Row>{c, b, d, a});
  REQUIRE(waiting.first_time() == 10);
  REQUIRE(take(waiting, 11) == std::vector<Row>{e});
  REQUIRE(waiting.empty());
}

TEST_CASE("RowsWithoutAPlaceLeaveByTimeThenColumns") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithout);
  const std::vector<Row> expected = {
      {.time = 5, .id = "", .amount = 1},
      {.time = 5, .id = "a", .amount = -1},
      {.time = 5, .id = "a", .amount = 0.5},
      {.time = 5, .id = "a"},
      {.time = 5, .id = "a longer text, to be compared", .amount = 0},
      {.time = 5, .id = "a longer text, to be compared."},
      {.time = 6, .id = "", .amount = -7}};
  std::vector<Row> rows = expected;
  do {
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
    std::swap(rows[0], rows[3]);
    add(waiting, rows);
    REQUIRE(take(waiting, 100) == expected);
  } while (rows != expected && rows[2] != expected[2]);
}

TEST_CASE("OnlySelectedRowsWait") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithPlace);
  const std::vector<Row> rows = {
      {.time = 3, .id = "a"}, {.time = 2, .id = "b"}, {.time = 1, .id = "c"}};
  const RowIndices chosen = {0, 2};
  const uint64_t hashes[] = {1, 2};
  waiting.add(batch_of(kWithPlace, rows), Selection(chosen.data(), 2), hashes);
  REQUIRE(take(waiting, 100) == std::vector<Row>{rows[2], rows[0]});
}

TEST_CASE("TheGreatestAndLeastTimesAreTimesToo") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithout);
  const int64_t least = std::numeric_limits<int64_t>::min();
  const int64_t greatest = std::numeric_limits<int64_t>::max() - 1;
  add(waiting, {{.time = greatest, .id = "z"}, {.time = least, .id = "a"}});
  REQUIRE(take(waiting, least).empty());
  REQUIRE(take(waiting, greatest).size() == 1);
  REQUIRE(take(waiting, greatest + 1).size() == 1);
}

// Times from narrow to wide against a bucket, and all of them equal.
Row random_row(std::mt19937_64& dice, int64_t now, int64_t spread, int64_t position) {
  Row row;
  row.time = now + static_cast<int64_t>(dice() % static_cast<uint64_t>(spread));
  row.split = static_cast<int64_t>(dice() % 3);
  row.position = position;
  row.id = std::string(dice() % 20, static_cast<char>('a' + dice() % 3));
  if (dice() % 4 != 0) row.amount = static_cast<double>(dice() % 5) - 2;
  return row;
}

struct Model {
  const WaitingSpec& spec;
  std::vector<Row> rows = {};

  void add(const std::vector<Row>& more) {
    rows.insert(rows.end(), more.begin(), more.end());
    std::sort(rows.begin(), rows.end(),
              [this](const Row& a, const Row& b) { return before(spec, a, b); });
  }
  int64_t first_time() const {
    return rows.empty() ? std::numeric_limits<int64_t>::max() : rows[0].time;
  }
  std::vector<Row> take(int64_t until, size_t rows_max) {
    std::vector<Row> taken;
    while (taken.size() < rows_max && taken.size() < rows.size() &&
           rows[taken.size()].time < until) {
      taken.push_back(rows[taken.size()]);
    }
    rows.erase(rows.begin(), rows.begin() + static_cast<int64_t>(taken.size()));
    return taken;
  }
};

// Rows that wait, and what they must behave like.
struct Played {
  TaskState& state;
  WaitingRows& waiting;
  Model& model;
  uint64_t budget = kNoBudget;  // Bytes that may be in memory.

  static constexpr uint64_t kNoBudget = std::numeric_limits<uint64_t>::max();

  void make_room() {
    REQUIRE(state.make_room().ok());
    REQUIRE(waiting.used_bytes() <= budget);
  }

  // Takes some rows below `until`, the first there are; returns whether there are more.
  bool take_some(int64_t until, size_t rows_max, Cut cut = Cut::kAnywhere) {
    REQUIRE(waiting.first_time() == model.first_time());
    REQUIRE(waiting.prefetch_before(until) == Readiness::kReady);
    const std::vector<Row> taken =
        rows_of(waiting.spec(), waiting.take_before(until, rows_max, cut));
    REQUIRE(to_strings(taken) == to_strings(model.take(until, taken.size())));
    const bool more = model.first_time() < until;
    if (more && budget == kNoBudget) REQUIRE(taken.size() >= rows_max);
    if (more) REQUIRE_FALSE(taken.empty());
    if (cut == Cut::kAnywhere) {
      REQUIRE(taken.size() <= rows_max);
    } else if (!taken.empty()) {
      REQUIRE(model.first_time() > taken.back().time);
    }
    return more;
  }

  void steps(std::mt19937_64& dice, int64_t spread) {
    int64_t now = -spread;
    int64_t position = 0;
    for (int step = 0; step < 60; ++step) {
      std::vector<Row> rows(dice() % 20);
      for (Row& row : rows) {
        row = random_row(dice, now, spread, position++);
        if (!waiting.spec().with_place) row.split = row.position = 0;
      }
      add(waiting, rows);
      model.add(rows);
      if (dice() % 2 == 0) make_room();
      now += static_cast<int64_t>(dice() % static_cast<uint64_t>(spread)) / 3;
      const size_t rows_max = 1 + dice() % 12;
      const Cut cut = dice() % 3 == 0 ? Cut::kBetweenTimes : Cut::kAnywhere;
      while (take_some(now, rows_max, cut) && dice() % 4 != 0) {
        if (dice() % 4 == 0) make_room();
      }
      if (budget == kNoBudget) REQUIRE(waiting.size() == model.rows.size());
    }
  }
};

constexpr int64_t kSpreads[] = {1, 10, 1000, 300'000, 2'000'000, 100'000'000};

TEST_CASE("BehavesLikeASortedVector") {
  for (const WaitingSpec& spec : {kWithPlace, kWithout}) {
    for (const int64_t spread : kSpreads) {
      for (uint32_t seed = 0; seed < 10; ++seed) {
        INFO("place " << spec.with_place << ", spread " << spread << ", seed " << seed);
        std::mt19937_64 dice(seed);
        TaskState state = state_of();
        Model model{spec};
        Played{state, state.waiting(spec), model}.steps(dice, spread);
      }
    }
  }
}

TEST_CASE("RowsThatLeaveMemoryComeBackInTheirOrder") {
  for (const WaitingSpec& spec : {kWithPlace, kWithout}) {
    for (const int64_t spread : kSpreads) {
      for (const uint64_t budget : {0, 100'000, 160'000, 220'000}) {
        for (uint32_t seed = 0; seed < 5; ++seed) {
          INFO("place " << spec.with_place << ", spread " << spread << ", budget " << budget
                        << ", seed " << seed);
          std::mt19937_64 dice(seed);
          Tiered tiered(budget);
          Model model{spec};
          Played{tiered.state(), tiered.state().waiting(spec), model, budget}.steps(dice, spread);
        }
      }
    }
  }
}

TEST_CASE("WaitingRowsRestoreIntoOneTwoAndThreeInstances") {
  for (const WaitingSpec& spec : {kWithPlace, kWithout}) {
    for (const uint32_t tasks : {1U, 2U, 3U}) {
      for (uint32_t seed = 0; seed < 10; ++seed) {
        INFO("place " << spec.with_place << ", tasks " << tasks << ", seed " << seed);
        std::mt19937_64 dice(seed);
        TaskState whole = state_of();
        Model model{spec};
        Played{whole, whole.waiting(spec), model}.steps(dice, 1'000'000);
        const std::string snapshot = whole_of(whole);
        REQUIRE((whole_of(whole) == snapshot));
        TaskState joined = state_of();
        joined.waiting(spec);
        size_t rows = 0;
        for (uint32_t task = 0; task < tasks; ++task) {
          TaskState part = state_of(key_group_range(kGroups, tasks, task));
          part.waiting(spec);
          REQUIRE(restore(part, {snapshot}).ok());
          rows += part.waiting(spec).size();
          REQUIRE(restore(joined, {whole_of(part)}).ok());
        }
        REQUIRE(rows == model.rows.size());
        Played{joined, joined.waiting(spec), model}.steps(dice, 1'000'000);
      }
    }
  }
}

TEST_CASE("MemoryStaysFlatWhileRowsComeAndGo") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithPlace);
  std::mt19937_64 dice(3);
  size_t bytes = 0;
  for (int64_t now = 0; now < 4000; ++now) {
    std::vector<Row> rows(20);
    for (Row& row : rows) row = random_row(dice, now * 10'000, 1'000'000, now);
    add(waiting, rows);
    take(waiting, now * 10'000);
    if (now == 400) bytes = waiting.bytes();
  }
  REQUIRE(waiting.bytes() < 2 * bytes);
}

TEST_CASE("CutBetweenTimesRowsOfOneTimeLeaveTogether") {
  TaskState state = state_of();
  WaitingRows& waiting = state.waiting(kWithout);
  add(waiting, {{.time = 2, .id = "c"}, {.time = 1, .id = "a"}, {.time = 2, .id = "b"}});
  const auto next = [&](int64_t until, size_t rows_max) {
    return waiting.take_before(until, rows_max, Cut::kBetweenTimes).rows;
  };
  REQUIRE(next(3, 1) == 1);
  REQUIRE(next(2, 1) == 0);
  REQUIRE(next(3, 1) == 2);
  REQUIRE(waiting.empty());
}

std::vector<Row> take_all(WaitingRows& waiting, int64_t until, size_t rows_max = 1000) {
  std::vector<Row> all;
  while (waiting.first_time() < until) {
    REQUIRE(waiting.prefetch_before(until) == Readiness::kReady);
    const std::vector<Row> some = take(waiting, until, rows_max);
    REQUIRE_FALSE(some.empty());
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

TEST_CASE("RowsOfTheLastTimesLeaveMemoryFirst") {
  constexpr size_t kBudget = 600 << 10;
  constexpr int64_t kSeconds = 4000;
  Tiered tiered(kBudget);
  WaitingRows& waiting = tiered.state().waiting(kWithPlace);
  for (int64_t second = 0; second < kSeconds; ++second) {
    // In no order.
    add(waiting, {{.time = second * 77 % kSeconds * 1'000'000, .position = second}});
    tiered.make_room();
  }
  REQUIRE(waiting.used_bytes() <= kBudget);
  const size_t stayed = waiting.size();
  REQUIRE(stayed > 100);
  // All but some that came last.
  const size_t first = take(waiting, kSeconds * 1'000'000, kSeconds).size();
  REQUIRE(first > stayed * 9 / 10);
  REQUIRE(waiting.first_time() == static_cast<int64_t>(first) * 1'000'000);
  REQUIRE_FALSE(waiting.empty());
  REQUIRE(take_all(waiting, kSeconds * 1'000'000).size() == kSeconds - first);
  REQUIRE(waiting.empty());
}

TEST_CASE("WhatIsOutOfMemoryCountsAsWaiting") {
  Tiered tiered;
  WaitingRows& waiting = tiered.state().waiting(kWithPlace);
  add(waiting, {{.time = 7, .id = "a"}, {.time = 5, .id = "b"}});
  tiered.make_room();
  REQUIRE(waiting.size() == 0);
  REQUIRE(waiting.used_bytes() == 0);
  REQUIRE_FALSE(waiting.empty());
  REQUIRE(waiting.first_time() == 5);
  // A row that comes now does not overtake them, nor those before it in time.
  add(waiting, {{.time = 6, .id = "c"}});
  REQUIRE(take(waiting, 8).empty());
  const std::vector<Row> all = take_all(waiting, 8, 1);
  REQUIRE(all.size() == 3);
  REQUIRE(all[0].id + all[1].id + all[2].id == "bca");
  REQUIRE(waiting.empty());
}

TEST_CASE("ARowThatIsThereTwiceComesBackTwice") {
  Tiered tiered;
  WaitingRows& waiting = tiered.state().waiting(kWithout);
  const Row row = {.time = 5, .id = "a text that is not in its slot", .amount = 1};
  add(waiting, {row, row});
  tiered.make_room();
  add(waiting, {row});
  tiered.make_room();
  REQUIRE(take_all(waiting, 6) == std::vector<Row>{row, row, row});
}

// More of one time than come back at a time.
TEST_CASE("ManyRowsOfOneTimeLeaveTogetherWhereverTheyWere") {
  constexpr size_t kMany = 10'000;
  for (const Cut cut : {Cut::kAnywhere, Cut::kBetweenTimes}) {
    Tiered tiered;
    WaitingRows& waiting = tiered.state().waiting(kWithout);
    Model model{kWithout};
    std::mt19937_64 dice(1);
    std::vector<Row> rows(2 * kMany);
    for (Row& row : rows) row = {.time = 5 + static_cast<int64_t>(dice() % 2), .id = "a"};
    for (Row& row : rows) row.amount = static_cast<double>(dice() % kMany);
    add(waiting, rows);
    model.add(rows);
    tiered.make_room();
    Played played{tiered.state(), waiting, model, 0};
    while (played.take_some(100, 1000, cut)) continue;
    REQUIRE(waiting.empty());
  }
}

TEST_CASE("RowsOfAnyTimeLeaveMemory") {
  Tiered tiered;
  WaitingRows& waiting = tiered.state().waiting(kWithout);
  const int64_t least = std::numeric_limits<int64_t>::min();
  const int64_t greatest = std::numeric_limits<int64_t>::max() - 1;
  add(waiting, {{.time = greatest, .id = "z"}, {.time = least, .id = "a"}});
  tiered.make_room();
  REQUIRE(waiting.size() == 0);
  REQUIRE(waiting.prefetch_before(least) == Readiness::kReady);
  REQUIRE(take(waiting, least).empty());
  REQUIRE(take_all(waiting, greatest).size() == 1);
  REQUIRE(take_all(waiting, greatest + 1).size() == 1);
}

uint64_t hash_of(const Row& row) { return Keys({TypeKind::kText}, {{text(row.id)}}).hashes[0]; }

constexpr uint64_t kSomeBudget = 160'000;

// Lives of one to three tasks, each of which has its rows from those before.
class Lives {
 public:
  Lives(const WaitingSpec& spec, uint32_t seed) : spec_(spec), dice_(seed) {}

  void begin(uint32_t tasks) {
    std::vector<Saved> before;
    for (Tiered& task : tasks_) before.push_back(saved(task.state()));
    std::list<Tiered> ended;
    ended.swap(tasks_);
    std::vector<Row> rows;
    for (const Model& model : models_)
      rows.insert(rows.end(), model.rows.begin(), model.rows.end());
    models_.clear();
    for (uint32_t task = 0; task < tasks; ++task) {
      const KeyGroupRange range = key_group_range(kGroups, tasks, task);
      TaskState& state = tasks_.emplace_back(dice_() % 3 * (kSomeBudget / 2), range).state();
      state.waiting(spec_);
      if (before.size() == tasks) {
        adopt(before[task], state);
      } else {
        // What was out of memory is known before what was in it.
        for (const Saved& was : before) take_over(was, state);
      }
      std::vector<Row> owned;
      for (const Row& row : rows) {
        if (range.contains(key_group_of(hash_of(row), kGroups))) owned.push_back(row);
      }
      models_.push_back({spec_});
      models_.back().add(owned);
    }
  }

  void step() {
    const auto count = static_cast<uint32_t>(tasks_.size());
    std::vector<std::vector<Row>> owned(count);
    for (uint64_t i = dice_() % 30; i > 0; --i) {
      Row row = random_row(dice_, now_, 1'000'000, position_++);
      if (!spec_.with_place) row.split = row.position = 0;
      owned[task_of_key_group(kGroups, count, key_group_of(hash_of(row), kGroups))].push_back(row);
    }
    now_ += static_cast<int64_t>(dice_() % 150'000);
    size_t task = 0;
    for (Tiered& tiered : tasks_) {
      WaitingRows& waiting = tiered.state().waiting(spec_);
      add(waiting, owned[task]);
      models_[task].add(owned[task]);
      Played played{tiered.state(), waiting, models_[task], kSomeBudget};
      if (dice_() % 2 == 0) tiered.make_room();
      while (played.take_some(now_, 1 + dice_() % 10) && dice_() % 4 != 0) continue;
      if (dice_() % 2 == 0) tiered.make_room();
      ++task;
    }
  }

 private:
  const WaitingSpec& spec_;
  std::mt19937_64 dice_;
  int64_t now_ = 0;
  int64_t position_ = 0;
  std::list<Tiered> tasks_;
  std::vector<Model> models_;
};

TEST_CASE("RowsOutOfMemorySurviveLivesOfOneToThreeTasks") {
  for (const WaitingSpec& spec : {kWithPlace, kWithout}) {
    for (uint32_t seed = 0; seed < 20; ++seed) {
      INFO("place " << spec.with_place << ", seed " << seed);
      Lives lives(spec, seed);
      for (const uint32_t tasks : {1, 1, 2, 2, 1, 3, 2, 3, 3, 1}) {
        lives.begin(tasks);
        for (int step = 0; step < 8; ++step) lives.step();
      }
    }
  }
}

// The rows of the second life are no others than those of the first but for their number.
TEST_CASE("EqualRowsOfTwoLivesAreKeptApart") {
  const Row row = {.time = 5, .id = "a"};
  Tiered first;
  add(first.state().waiting(kWithout), {row, row});
  first.make_room();
  const Saved was = saved(first.state());
  for (const bool same : {true, false}) {
    Tiered second;
    WaitingRows& waiting = second.state().waiting(kWithout);
    same ? adopt(was, second.state()) : take_over(was, second.state());
    add(waiting, {row, row, row});
    second.make_room();
    REQUIRE(waiting.size() == 0);
    REQUIRE(take_all(waiting, 6).size() == 5);
  }
}

// Each task counts the rows that left it for itself.
TEST_CASE("RowsOfOneTimeOfTwoTasksAreKeptApart") {
  Tiered joined;
  WaitingRows& waiting = joined.state().waiting(kWithout);
  size_t rows = 0;
  for (const KeyGroupRange range : {KeyGroupRange{0, 63}, KeyGroupRange{64, kGroups - 1}}) {
    Row row = {.time = 5};
    while (!range.contains(key_group_of(hash_of(row), kGroups))) row.id += 'a';
    Tiered task(0, range);
    add(task.state().waiting(kWithout), {row, row});
    task.make_room();
    take_over(saved(task.state()), joined.state());
    rows += 2;
  }
  REQUIRE(take_all(waiting, 6).size() == rows);
}

}  // namespace
}  // namespace weir
