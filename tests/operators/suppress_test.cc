// suppress and keep-first: the known cases, and random streams against a loop over sorted rows.
#include "operators/suppress.h"

#include "engine/time/watermark.h"
#include "tests/operators/due_asked.h"
#include "tests/operators/harness.h"
#include "tests/operators/stages.h"
#include "tests/seeds.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace weir {
namespace {

const NumberedSplits kSplits;

SchemaPtr input() { return schema_of({"k text", "at timestamptz!", "n bigint"}); }

OperatorCase suppress_case(std::optional<int64_t> interval, bool with_place, Steps steps,
                           std::optional<int64_t> state_ttl = {}) {
  const SuppressSpec spec{.keys = {0}, .time_column = 1, .interval = interval};
  StagePlan stage = stage_of(spec, input(), "s", with_place);
  stage.state_ttl = state_ttl;
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<Suppress>(spec, stage, state, kSplits);
  };
  the_case.input = std::move(steps);
  for (const OutputPlan& output : stage.outputs) the_case.outputs.push_back(output.schema);
  the_case.keys = spec.keys;
  return the_case;
}

void check(std::optional<int64_t> interval, const std::vector<Cells>& rows,
           const std::vector<Cells>& expected) {
  OperatorCase the_case = suppress_case(
      interval, false, {rows_step(batch_of(input(), rows)), final_watermark_step(), end_step()});
  the_case.expected[kRowsPort] = json_rows(input(), expected);
  check_operator(the_case);
}

TEST_CASE("OneRowOfABurstPasses") {
  check(seconds(300), {{"a", "@8", "8"}, {"a", "@9", "9"}, {"b", "@9", "1"}, {"a", "@10", "10"}},
        {{"a", "@8", "8"}, {"b", "@9", "1"}});
}

TEST_CASE("ARowExactlyTheIntervalLaterPasses") {
  check(seconds(10), {{"a", "@0", "0"}, {"a", "@9.999", "1"}, {"a", "@10", "2"}, {"a", "@19", "3"}},
        {{"a", "@0", "0"}, {"a", "@10", "2"}});
}

// Every row of a key uses what is known of it, also one that is not passed.
TEST_CASE("AKeyIsFirstAgainAfterTheStateTtl") {
  const std::vector<Cells> rows = {{"a", "@0", "1"},  {"b", "@1", "2"},  {"a", "@9", "3"},
                                   {"b", "@11", "4"}, {"a", "@18", "5"}, {"a", "@28", "6"}};
  OperatorCase the_case =
      suppress_case({}, false,
                    {rows_step(batch_of(input(), {rows[0], rows[1], rows[2]})), watermark_step(10),
                     rows_step(batch_of(input(), {rows[3], rows[4], rows[5]})),
                     final_watermark_step(), end_step()},
                    seconds(10));
  the_case.expected[kRowsPort] = json_rows(input(), {rows[0], rows[1], rows[3], rows[5]});
  check_operator(the_case);
}

// What was not passed does not count: a steady stream passes once an interval.
TEST_CASE("SuppressedRowsSuppressNothing") {
  check(seconds(10), {{"a", "@0", "0"}, {"a", "@6", "1"}, {"a", "@12", "2"}, {"a", "@18", "3"}},
        {{"a", "@0", "0"}, {"a", "@12", "2"}});
}

TEST_CASE("WithoutAnIntervalTheFirstOfEachKeyPasses") {
  check(std::nullopt,
        {{"a", "@5000", "2"}, {"a", "@1", "1"}, {kNull, "@7", "3"}, {kNull, "@8", "4"}},
        {{"a", "@1", "1"}, {kNull, "@7", "3"}});
}

TEST_CASE("LateRowsAreNotJudged") {
  OperatorCase the_case =
      suppress_case(seconds(10), false,
                    {rows_step(with_arrival(
                         batch_of(input(), {{"a", "@20", "0"}, {"a", "@1", "1"}}), {kMinTime, 15})),
                     final_watermark_step(), end_step()});
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "@20", "0"}});
  the_case.expected[kLatePort] =
      json_rows(late_schema(), {{R"({"k":"a","at":"1970-01-01T00:00:01Z","n":1})", kNull, kNull,
                                 kNull, "s", kNull, "00:00:14"}});
  the_case.lost.late = 1;
  check_operator(the_case);
}

TEST_CASE("StateGoesWhenTheIntervalHasPassed") {
  const auto bytes_of = [](int rows) {
    Steps steps;
    for (int i = 0; i < rows; ++i) {
      const std::string key = std::to_string(i);
      const std::string time = "@" + key;
      steps.push_back(rows_step(batch_of(input(), {{key.c_str(), time.c_str(), "0"}})));
      steps.push_back(watermark_step(i));
    }
    steps.push_back(final_watermark_step());
    return run_operator(suppress_case(seconds(10), false, steps), {.name = "as given"})
        .state_bytes_max;
  };
  REQUIRE(bytes_of(2000) <= bytes_of(200));
}

struct Row {
  int64_t at = 0;
  int32_t split = 0;
  int64_t position = 0;
  std::string key;
  auto operator<=>(const Row&) const = default;
};

std::vector<std::string> reference(std::optional<int64_t> interval, std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end());
  std::map<std::string, int64_t> passed;
  std::vector<std::string> out;
  for (const Row& row : rows) {
    const auto last = passed.find(row.key);
    if (last != passed.end() && (!interval || row.at < last->second + *interval)) continue;
    passed[row.key] = row.at;
    const std::string time = "@" + std::to_string(row.at / seconds(1));
    const std::string number = std::to_string(row.position);
    out.push_back(json_rows(input(), {{row.key.c_str(), time.c_str(), number.c_str()}})[0]);
  }
  return sorted(out);
}

void check_seed(uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::optional<int64_t> interval;
  if (dice() % 4 != 0) interval = seconds(1 + static_cast<int64_t>(dice() % 20));
  Steps steps;
  std::vector<Row> all;
  int64_t begin = 0;
  for (size_t batch = dice() % 12; batch > 0; --batch) {
    const int32_t split = static_cast<int32_t>(dice() % 2);
    std::vector<std::string> texts;
    const size_t count = 1 + dice() % 12;
    const int64_t first = static_cast<int64_t>(all.size());
    std::vector<RecordBatch> rows;
    for (size_t i = 0; i < count; ++i) {
      const int64_t at = begin + static_cast<int64_t>(dice() % 15);
      all.push_back(
          {seconds(at), split, first + static_cast<int64_t>(i), std::to_string(dice() % 4)});
      const std::string time = "@" + std::to_string(at);
      const std::string number = std::to_string(all.back().position);
      rows.push_back(batch_of(input(), {{all.back().key.c_str(), time.c_str(), number.c_str()}}));
    }
    steps.push_back(rows_step(with_position(joined(rows), split, first)));
    begin += static_cast<int64_t>(dice() % 6);
    if (dice() % 2 == 0) steps.push_back(watermark_step(begin));
  }
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  OperatorCase the_case = suppress_case(interval, true, steps);
  const Schedule schedules[] = {
      {.name = "as given"},
      {.name = "random", .batching = Batching::kRandom, .seed = seed, .instances = {1, 2, 3, 2}},
      {.name = "pending", .pending_first = true, .restores = true}};
  for (const Schedule& schedule : schedules) {
    INFO(schedule.name);
    Run run = run_operator(the_case, schedule);
    REQUIRE(run.rows[kRowsPort] == reference(interval, all));
    REQUIRE(run.counters.accepted == all.size());
  }
}

TEST_CASE("SuppressAgreesWithALoopOverSortedRows") {
  for (const uint64_t seed : Seeds(200)) {
    INFO("replay with WEIR_SEED=" << seed);
    check_seed(seed);
  }
}

// Of one key, all but the first within the interval.
OperatorCase long_burst(int rows) {
  std::vector<std::string> times;
  for (int i = 0; i < rows; ++i) times.push_back("@10." + std::to_string(100'000 + i));
  std::vector<Cells> cells;
  for (const std::string& time : times) cells.push_back({"a", time.c_str(), "1"});
  return suppress_case(seconds(300), false,
                       {rows_step(batch_of(input(), {{"a", "@1", "1"}})), watermark_step(5),
                        rows_step(batch_of(input(), cells)), watermark_step(1'000)});
}

TEST_CASE("RowsThatDoNotPassAreWorkAsWell") {
  CHECK(work_off(long_burst(4'000), "s.passed").calls == 1);
  CHECK(work_off(long_burst(40'000), "s.passed").calls == 3);
}

TEST_CASE("OldKeysAreAskedForOnceNoRowsWait") {
  CHECK(work_off(long_burst(40'000), "s.passed").asked == 1);
}

}  // namespace
}  // namespace weir
