// WindowRank through the harness: by example, and random windows against sorting everything. Times
// are seconds since 1970.
#include "operators/window_rank.h"

#include "engine/plan/job_graph.h"
#include "engine/time/watermark.h"
#include "tests/operators/harness.h"
#include "tests/operators/pressed_task.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <tuple>

namespace weir {
namespace {

using enum RankFunction;

const NumberedSplits kNames;

// Partition by k in order of p, where a test does not say otherwise.
const SchemaPtr kInput =
    schema_of({"k text", "p int", "s text", "window_start timestamptz", "window_end timestamptz!"});

WindowRankSpec spec_of(const std::vector<RankFunction>& functions,
                       std::optional<uint32_t> limit = std::nullopt) {
  WindowRankSpec spec{.window = {.kind = WindowKind::kGiven,
                                 .time_column = 4,
                                 .start_column = 3,
                                 .last_column = {}},
                      .partition = {0},
                      .order = {{.column = 1}},
                      .limit = limit};
  for (const RankFunction function : functions) {
    spec.ranks.push_back({"r" + std::to_string(spec.ranks.size()), function});
  }
  return spec;
}

OperatorCase case_of(const WindowRankSpec& spec, Steps steps) {
  const SchemaPtr output = output_schema(spec, kRowsPort, kInput);
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return {.make =
              [spec, output](TaskState& state) {
                return std::make_unique<WindowRank>(spec, "r", kInput, output, all_needed(*output),
                                                    state, kNames);
              },
          .input = std::move(steps),
          .outputs = {output, dead_letter_schema(), late_schema()},
          .keys = spec.partition};
}

Step rows(const std::vector<Cells>& cells) { return rows_step(batch_of(kInput, cells)); }

void check_rank(const WindowRankSpec& spec, Steps steps, const std::vector<Cells>& expected) {
  OperatorCase the_case = case_of(spec, std::move(steps));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

const std::vector<Cells> kTies = {{"a", "2", "x", "@0", "@10"}, {"a", "1", "y", "@0", "@10"},
                                  {"a", "2", "w", "@0", "@10"}, {"a", "3", "v", "@0", "@10"},
                                  {"b", "9", "u", "@0", "@10"}, {"a", kNull, "t", "@0", "@10"}};

TEST_CASE("NumbersTheRowsOfEachPartition") {
  check_rank(spec_of({kRowNumber, kRank, kDenseRank}), {rows(kTies)},
             {{"a", "1", "y", "@0", "@10", "1", "1", "1"},
              {"a", "2", "w", "@0", "@10", "2", "2", "2"},
              {"a", "2", "x", "@0", "@10", "3", "2", "2"},
              {"a", "3", "v", "@0", "@10", "4", "4", "3"},
              {"a", kNull, "t", "@0", "@10", "5", "5", "4"},
              {"b", "9", "u", "@0", "@10", "1", "1", "1"}});
}

TEST_CASE("TheFirstRankDecidesWhatPasses") {
  check_rank(spec_of({kRowNumber}, 2), {rows(kTies)},
             {{"a", "1", "y", "@0", "@10", "1"},
              {"a", "2", "w", "@0", "@10", "2"},
              {"b", "9", "u", "@0", "@10", "1"}});
  check_rank(spec_of({kRank, kRowNumber}, 2), {rows(kTies)},
             {{"a", "1", "y", "@0", "@10", "1", "1"},
              {"a", "2", "w", "@0", "@10", "2", "2"},
              {"a", "2", "x", "@0", "@10", "2", "3"},
              {"b", "9", "u", "@0", "@10", "1", "1"}});
  check_rank(spec_of({kDenseRank}, 3), {rows(kTies)},
             {{"a", "1", "y", "@0", "@10", "1"},
              {"a", "2", "w", "@0", "@10", "2"},
              {"a", "2", "x", "@0", "@10", "2"},
              {"a", "3", "v", "@0", "@10", "3"},
              {"b", "9", "u", "@0", "@10", "1"}});
}

TEST_CASE("OrderAndNullsGoAsTheKeysSay") {
  WindowRankSpec spec = spec_of({kRowNumber}, 2);
  spec.order = {{.column = 1, .descending = true, .nulls_first = true}};
  check_rank(spec, {rows(kTies)},
             {{"a", kNull, "t", "@0", "@10", "1"},
              {"a", "3", "v", "@0", "@10", "2"},
              {"b", "9", "u", "@0", "@10", "1"}});
}

TEST_CASE("WindowsAreApartByStartAndEnd") {
  check_rank(spec_of({kRowNumber}, 1),
             {rows({{"a", "2", "x", "@0", "@10"},
                    {"a", "1", "y", "@5", "@10"},
                    {"a", "3", "z", "@0", "@20"}}),
              watermark_step(10), rows({{"a", "4", "z", "@0", "@20"}})},
             {{"a", "2", "x", "@0", "@10", "1"},
              {"a", "1", "y", "@5", "@10", "1"},
              {"a", "3", "z", "@0", "@20", "1"}});
}

TEST_CASE("WithoutAPartitionAWindowIsOne") {
  WindowRankSpec spec = spec_of({kRowNumber}, 1);
  spec.partition.clear();
  check_rank(spec, {rows(kTies)}, {{"a", "1", "y", "@0", "@10", "1"}});
}

TEST_CASE("NullsArePartitionsToo") {
  check_rank(spec_of({kRowNumber}),
             {rows({{kNull, "1", "x", "@0", "@10"}, {kNull, "2", "x", "@0", "@10"}})},
             {{kNull, "1", "x", "@0", "@10", "1"}, {kNull, "2", "x", "@0", "@10", "2"}});
}

TEST_CASE("RowsOfAClosedWindowAreNotNumbered") {
  const RecordBatch late = with_arrival(
      batch_of(kInput, {{"a", "1", "x", "@0", "@10"}, {"a", "1", "x", "@10", "@20"}}), {10, 10});
  OperatorCase the_case = case_of(spec_of({kRowNumber}), {watermark_step(10), rows_step(late)});
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "1", "x", "@10", "@20", "1"}});
  the_case.expected[kLatePort] =
      json_rows(late_schema(), {{R"({"k":"a","p":1,"s":"x","window_start":"1970-01-01T00:00:00Z",)"
                                 R"("window_end":"1970-01-01T00:00:10Z"})",
                                 kNull, kNull, kNull, "r", "@10", "00:00:00"}});
  the_case.lost.late = 1;
  check_operator(the_case);
}

// Rows whose order is that of their number, in any sequence of steps.
std::vector<Cells> numbered_rows(std::deque<std::string>& texts, int count, int partitions) {
  std::vector<Cells> cells;
  for (int i = 0; i < count; ++i) {
    const Cell partition = texts.emplace_back(std::to_string(i % partitions)).c_str();
    const Cell p = texts.emplace_back(std::to_string((i * 7919) % count)).c_str();
    cells.push_back({partition, p, "x", "@0", "@10"});
  }
  return cells;
}

TEST_CASE("TheFirstOfAPartitionTakesNoMoreRoomHoweverManyCome") {
  const auto state_bytes = [](int count) {
    std::deque<std::string> texts;
    const OperatorCase the_case =
        case_of(spec_of({kRowNumber}, 1), {rows(numbered_rows(texts, count, 10))});
    const Run run =
        run_operator(the_case, {.name = "random batches", .batching = Batching::kRandom});
    REQUIRE(run.rows.at(kRowsPort).size() == 10);
    return run.state_bytes_max;
  };
  REQUIRE(state_bytes(20'000) < state_bytes(200) + 1000);
}

TEST_CASE("ManyRowsLeaveABatchAtATime") {
  for (const int partitions : {1, 5000, 30'000}) {
    std::deque<std::string> texts;
    const OperatorCase the_case =
        case_of(spec_of({kRowNumber, kRank}), {rows(numbered_rows(texts, 30'000, partitions))});
    const Run run = run_operator(
        the_case,
        {.name = "pending first", .batching = Batching::kAllAtOnce, .pending_first = true});
    REQUIRE(run.rows.at(kRowsPort).size() == 30'000);
  }
}

// A limit that is too great for sorted lists gives the same rows.
TEST_CASE("GreatLimitsPassTheirRowsToo") {
  std::deque<std::string> texts;
  const uint32_t limit = WindowRank::kSortedLimitMax + 1;
  const std::vector<Cells> cells = numbered_rows(texts, 4000, 1);
  const auto passed = [&cells](uint32_t rows_max) {
    return run_operator(case_of(spec_of({kRowNumber}, rows_max), {rows(cells)}),
                        {.name = "as given"})
        .rows.at(kRowsPort);
  };
  std::vector<std::string> greater = passed(limit);
  REQUIRE(greater.size() == limit);
  std::vector<std::string> less = passed(limit - 1);
  REQUIRE(less.size() == limit - 1);
  REQUIRE(std::includes(greater.begin(), greater.end(), less.begin(), less.end()));
}

TEST_CASE("OnlyRanksAndWhatIsReadAreMade") {
  OperatorCase the_case = case_of(spec_of({kRowNumber}, 1), {rows(kTies)});
  NeededColumns needed(6);
  needed[2].needed = true;
  const SchemaPtr output = the_case.outputs[0];
  the_case.make = [output, needed](TaskState& state) {
    return std::make_unique<WindowRank>(spec_of({kRowNumber}, 1), "r", kInput, output, needed,
                                        state, kNames);
  };
  the_case.expected[kRowsPort] = {R"({"s":"y","r0":1})", R"({"s":"u","r0":1})"};
  check_operator(the_case);
}

struct RankRow {
  std::optional<std::string> k;
  std::optional<int> p;
  std::optional<std::string> s;
  int64_t start = 0;
  int64_t end = 0;
  int64_t arrival = 0;
};

// As PostgreSQL orders NULL: last when ascending, first when descending, unless told otherwise.
template <typename T>
int order_of(const std::optional<T>& a, const std::optional<T>& b, const SortKey& key) {
  if (a.has_value() != b.has_value()) return a.has_value() == key.nulls_first ? 1 : -1;
  if (a == b) return 0;
  return (*a < *b) == key.descending ? 1 : -1;
}

int order_of(const RankRow& a, const RankRow& b, const std::vector<SortKey>& keys) {
  for (const SortKey& key : keys) {
    const int order = key.column == 1 ? order_of(a.p, b.p, key) : order_of(a.s, b.s, key);
    if (order != 0) return order;
  }
  return 0;
}

Cells cells_of(const RankRow& row, std::deque<std::string>& texts) {
  const auto text = [&texts](std::string value) {
    return texts.emplace_back(std::move(value)).c_str();
  };
  return {row.k ? text(*row.k) : kNull, row.p ? text(std::to_string(*row.p)) : kNull,
          row.s ? text(*row.s) : kNull, text("@" + std::to_string(row.start)),
          text("@" + std::to_string(row.end))};
}

// Sorts all rows of each window and partition and numbers them.
std::vector<std::string> sorted_and_numbered(const WindowRankSpec& spec, std::vector<RankRow> all) {
  const std::vector<SortKey> whole = {{.column = 1}, {.column = 2}};
  const auto group = [](const RankRow& row) { return std::tie(row.end, row.start, row.k); };
  std::sort(all.begin(), all.end(), [&](const RankRow& a, const RankRow& b) {
    if (group(a) != group(b)) return group(a) < group(b);
    const int order = order_of(a, b, spec.order);
    return order != 0 ? order < 0 : order_of(a, b, whole) < 0;
  });
  std::deque<std::string> texts;
  std::vector<Cells> expected;
  int64_t numbers[3] = {0, 0, 0};
  for (size_t i = 0; i < all.size(); ++i) {
    const bool opens = i == 0 || group(all[i]) != group(all[i - 1]);
    if (opens) std::fill(std::begin(numbers), std::end(numbers), 0);
    ++numbers[static_cast<size_t>(kRowNumber)];
    if (opens || order_of(all[i - 1], all[i], spec.order) != 0) {
      numbers[static_cast<size_t>(kRank)] = numbers[static_cast<size_t>(kRowNumber)];
      ++numbers[static_cast<size_t>(kDenseRank)];
    }
    const auto number = [&](const RankCall& call) {
      return numbers[static_cast<size_t>(call.function)];
    };
    if (spec.limit.has_value() && number(spec.ranks[0]) > *spec.limit) continue;
    Cells cells = cells_of(all[i], texts);
    for (const RankCall& call : spec.ranks) {
      cells.push_back(texts.emplace_back(std::to_string(number(call))).c_str());
    }
    expected.push_back(std::move(cells));
  }
  return json_rows(output_schema(spec, kRowsPort, kInput), expected);
}

RankRow random_row(std::mt19937_64& dice, int64_t watermark) {
  RankRow row;
  if (dice() % 6 != 0) row.k = dice() % 2 == 0 ? "a" : "a partition longer than its slot";
  if (dice() % 6 != 0) row.p = static_cast<int>(dice() % 4);
  if (dice() % 6 != 0) row.s = dice() % 2 == 0 ? "x" : "a text longer than its slot";
  row.end = watermark / 10 * 10 + 10 * static_cast<int64_t>(dice() % 3);
  row.start = row.end - (dice() % 3 == 0 ? 20 : 10);
  row.arrival = watermark + static_cast<int64_t>(dice() % 3);
  return row;
}

// Replay: the seed that is printed is the first of the loop.
TEST_CASE("AgreesWithSortingEverything") {
  for (uint32_t seed = 1; seed <= 24; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    std::vector<RankFunction> functions = {kRowNumber, kRank, kDenseRank};
    std::shuffle(functions.begin(), functions.end(), dice);
    WindowRankSpec spec = spec_of(functions);
    if (dice() % 4 != 0) spec.limit = 1 + static_cast<uint32_t>(dice() % 4);
    spec.order.clear();
    for (size_t i = 1 + dice() % 2; i > 0; --i) {
      spec.order.push_back({1 + dice() % 2, dice() % 2 == 0, dice() % 2 == 0});
    }
    Steps steps;
    std::vector<RankRow> on_time;
    uint64_t late = 0;
    int64_t watermark = 0;
    for (int step = 0; step < 12; ++step) {
      if (dice() % 3 == 0) {
        watermark += static_cast<int64_t>(dice() % 12);
        steps.push_back(watermark_step(watermark));
        continue;
      }
      std::deque<std::string> texts;
      std::vector<Cells> cells;
      std::vector<int64_t> arrival;
      for (size_t i = 1 + dice() % 12; i > 0; --i) {
        const RankRow row = random_row(dice, watermark);
        cells.push_back(cells_of(row, texts));
        arrival.push_back(row.arrival);
        row.end > row.arrival ? on_time.push_back(row) : static_cast<void>(++late);
      }
      steps.push_back(rows_step(with_arrival(batch_of(kInput, cells), arrival)));
    }
    OperatorCase the_case = case_of(spec, std::move(steps));
    the_case.open = {true, true, false};
    the_case.lost.late = late;
    the_case.expected[kRowsPort] = sorted_and_numbered(spec, on_time);
    check_operator(the_case);
  }
}

const SchemaPtr kNumbered =
    schema_of({"k bigint", "window_start timestamptz", "window_end timestamptz!"});

TEST_CASE("EachRowOfAWindowIsRankedOnceWhereRowsMustGoMeanwhile") {
  const WindowRankSpec spec{.window = {.kind = WindowKind::kGiven,
                                       .time_column = 2,
                                       .start_column = 1,
                                       .last_column = {}},
                            .partition = {0},
                            .order = {{.column = 0}},
                            .ranks = {{"r", RankFunction::kRowNumber}},
                            .limit = {}};
  const SchemaPtr output = output_schema(spec, kRowsPort, kNumbered);
  PressedTask task;
  WindowRank ranks(spec, "r", kNumbered, output, all_needed(*output), task.state(), kNames);
  check_each_once(task.fire(ranks, kNumbered, 3));
}

}  // namespace
}  // namespace weir
