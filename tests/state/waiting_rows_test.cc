// WaitingRows against a sorted std::vector: random rows come in random batches, random watermarks
// let them go, and they must leave in the one order there is.
#include "state/waiting_rows.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <algorithm>
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

  std::vector<Row> take(int64_t until, size_t rows_max) {
    std::sort(rows.begin(), rows.end(),
              [this](const Row& a, const Row& b) { return before(spec, a, b); });
    std::vector<Row> taken;
    while (taken.size() < rows_max && taken.size() < rows.size() &&
           rows[taken.size()].time < until) {
      taken.push_back(rows[taken.size()]);
    }
    rows.erase(rows.begin(), rows.begin() + static_cast<int64_t>(taken.size()));
    return taken;
  }
};

void random_steps(std::mt19937_64& dice, int64_t spread, WaitingRows& waiting, Model& model) {
  int64_t now = -spread;
  int64_t position = 0;
  for (int step = 0; step < 60; ++step) {
    std::vector<Row> rows(dice() % 20);
    for (Row& row : rows) {
      row = random_row(dice, now, spread, position++);
      if (!waiting.spec().with_place) row.split = row.position = 0;
    }
    add(waiting, rows);
    model.rows.insert(model.rows.end(), rows.begin(), rows.end());
    now += static_cast<int64_t>(dice() % static_cast<uint64_t>(spread)) / 3;
    const size_t rows_max = 1 + dice() % 12;
    while (true) {
      const std::vector<Row> expected = model.take(now, rows_max);
      REQUIRE(to_strings(take(waiting, now, rows_max)) == to_strings(expected));
      if (expected.size() < rows_max || dice() % 4 == 0) break;
    }
    REQUIRE(waiting.size() == model.rows.size());
  }
}

TEST_CASE("BehavesLikeASortedVector") {
  for (const WaitingSpec& spec : {kWithPlace, kWithout}) {
    for (const int64_t spread : {1, 10, 1000, 300'000, 2'000'000, 100'000'000}) {
      for (uint32_t seed = 0; seed < 10; ++seed) {
        INFO("place " << spec.with_place << ", spread " << spread << ", seed " << seed);
        std::mt19937_64 dice(seed);
        TaskState state = state_of();
        Model model{spec};
        random_steps(dice, spread, state.waiting(spec), model);
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
        random_steps(dice, 1'000'000, whole.waiting(spec), model);
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
        random_steps(dice, 1'000'000, joined.waiting(spec), model);
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

}  // namespace
}  // namespace weir
