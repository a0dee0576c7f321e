// WindowJoin through the harness: by example, and random streams against nested loops. Times are
// seconds since 1970, and ends of windows.
#include "operators/window_join.h"

#include "tests/operators/join_cases.h"
#include "tests/operators/pressed_task.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

using enum JoinType;

const NumberedSplits kNames;
constexpr JoinType kTypes[] = {kInner, kLeft, kRight, kFull};

WindowJoinSpec spec_of(JoinType type) {
  return {.type = type, .left = left_side(), .right = right_side(), .condition = nullptr};
}

OperatorCase case_of(const WindowJoinSpec& spec, Steps steps) {
  const SchemaPtr output = output_schema(spec, kRowsPort, nullptr);
  return {.make =
              [spec, output](TaskState& state) {
                return std::make_unique<WindowJoin>(spec, "j", output, all_needed(*output), state,
                                                    kNames);
              },
          .input = std::move(steps),
          .outputs = {output, dead_letter_schema(), late_schema()},
          .keys = spec.left.keys,
          .right_keys = spec.right.keys};
}

Step left(const std::vector<Cells>& rows) { return rows_step(batch_of(left_schema(), rows)); }
Step right(const std::vector<Cells>& rows) { return right_step(batch_of(right_schema(), rows)); }

Steps stream(Steps steps) {
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return steps;
}

void check_join(const WindowJoinSpec& spec, Steps steps, const std::vector<Cells>& expected) {
  OperatorCase the_case = case_of(spec, stream(std::move(steps)));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

const Steps kTwoWindows = {
    left({{"a", "1", "@10", "1"},
          {"a", "1", "@10", "2"},
          {"b", "1", "@10", "3"},
          {"a", "1", "@20", "4"}}),
    right({{"a", "1", "@10", "5"}, {"c", "1", "@10", "6"}, {"a", "2", "@20", "7"}}),
    watermark_step(10), right({{"a", "1", "@20", "8"}, {"a", "1", "@30", "9"}})};

TEST_CASE("PairsRowsOfTheSameWindow") {
  check_join(spec_of(kInner), kTwoWindows,
             {{"a", "1", "@10", "1", "a", "1", "@10", "5"},
              {"a", "1", "@10", "2", "a", "1", "@10", "5"},
              {"a", "1", "@20", "4", "a", "1", "@20", "8"}});
}

TEST_CASE("LeftRowsWithoutAPartnerFollow") {
  check_join(spec_of(kLeft), kTwoWindows,
             {{"a", "1", "@10", "1", "a", "1", "@10", "5"},
              {"a", "1", "@10", "2", "a", "1", "@10", "5"},
              {"b", "1", "@10", "3", kNull, kNull, kNull, kNull},
              {"a", "1", "@20", "4", "a", "1", "@20", "8"}});
}

TEST_CASE("RowsOfBothSidesWithoutAPartnerFollow") {
  check_join(spec_of(kFull), kTwoWindows,
             {{"a", "1", "@10", "1", "a", "1", "@10", "5"},
              {"a", "1", "@10", "2", "a", "1", "@10", "5"},
              {"b", "1", "@10", "3", kNull, kNull, kNull, kNull},
              {kNull, kNull, kNull, kNull, "c", "1", "@10", "6"},
              {kNull, kNull, kNull, kNull, "a", "2", "@20", "7"},
              {"a", "1", "@20", "4", "a", "1", "@20", "8"},
              {kNull, kNull, kNull, kNull, "a", "1", "@30", "9"}});
}

TEST_CASE("NothingLeavesBeforeTheWindowCloses") {
  const OperatorCase the_case = case_of(
      spec_of(kInner),
      stream({left({{"a", "1", "@10", "1"}}), right({{"a", "1", "@10", "5"}}), watermark_step(9)}));
  const Run run = run_operator(the_case, {.name = "as given"});
  REQUIRE(std::holds_alternative<Watermark>(run.out[0].element));
  REQUIRE(std::holds_alternative<RecordBatch>(run.out[1].element));
}

TEST_CASE("NullKeysMatchNothingInTheSameWindow") {
  const Steps steps = {left({{kNull, "1", "@10", "0"}, {"a", kNull, "@10", "1"}}),
                       right({{kNull, "1", "@10", "2"}})};
  check_join(spec_of(kInner), steps, {});
  check_join(spec_of(kFull), steps,
             {{kNull, "1", "@10", "0", kNull, kNull, kNull, kNull},
              {"a", kNull, "@10", "1", kNull, kNull, kNull, kNull},
              {kNull, kNull, kNull, kNull, kNull, "1", "@10", "2"}});
}

TEST_CASE("RowsOfAClosedWindowAreLateForTheirJoin") {
  const RecordBatch rows = with_arrival(
      batch_of(left_schema(), {{"a", "1", "@10", "0"}, {"a", "1", "@20", "1"}}), {10, 10});
  OperatorCase the_case = case_of(spec_of(kLeft), stream({watermark_step(10), rows_step(rows)}));
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "1", "@20", "1", kNull, kNull, kNull, kNull}});
  the_case.expected[kLatePort] =
      json_rows(late_schema(), {{R"({"lk":"a","lg":1,"lat":"1970-01-01T00:00:10Z","lv":0})", kNull,
                                 kNull, kNull, "j", "@10", "00:00:00"}});
  the_case.lost.late = 1;
  check_operator(the_case);
}

TEST_CASE("AWindowWithManyPairsGivesWay") {
  std::vector<Cells> lefts(150, {"a", "1", "@10", "0"});
  std::vector<Cells> rights(150, {"a", "1", "@10", "0"});
  std::vector<Cells> expected(lefts.size() * rights.size(),
                              {"a", "1", "@10", "0", "a", "1", "@10", "0"});
  check_join(spec_of(kFull), {left(lefts), right(rights)}, expected);
}

// Enough for several partitions.
TEST_CASE("ManyKeysMeetTheirOwn") {
  std::vector<std::string> keys;
  for (int i = 0; i < 30'000; ++i) keys.push_back(std::to_string(i));
  std::vector<Cells> lefts;
  std::vector<Cells> rights;
  std::vector<Cells> expected;
  for (int i = 0; i < 30'000; ++i) {
    const Cell key = keys[static_cast<size_t>(i)].c_str();
    if (i % 3 != 0) lefts.push_back({key, "1", "@10", "0"});
    if (i % 3 != 1) rights.push_back({key, "1", "@10", "0"});
    if (i % 3 == 2) expected.push_back({key, "1", "@10", "0", key, "1", "@10", "0"});
    if (i % 3 == 1) expected.push_back({key, "1", "@10", "0", kNull, kNull, kNull, kNull});
  }
  OperatorCase the_case =
      case_of(spec_of(kLeft), stream({left(lefts), right(rights), watermark_step(10)}));
  Run run = run_operator(
      the_case, {.name = "pending first", .batching = Batching::kAllAtOnce, .pending_first = true});
  REQUIRE(run.rows[kRowsPort] == sorted(json_rows(the_case.outputs[0], expected)));
}

// One side of the window stays in memory, the other one comes back part by part.
TEST_CASE("RowsThatStayedMeetThoseThatLeft") {
  constexpr size_t kRows = 50'000;
  std::vector<std::string> keys;
  for (size_t i = 0; i < kRows; ++i) keys.push_back(std::to_string(i));
  std::vector<Cells> rows;
  for (const std::string& key : keys) rows.push_back({key.c_str(), "1", "@10", "0"});
  const SchemaPtr output = joined_schema(kFull);
  PressedTask task;
  WindowJoin join(spec_of(kFull), "j", output, all_needed(*output), task.state(), kNames);
  task.put(join, kRightPort, batch_of(right_schema(), rows));
  task.press();
  task.put(join, kLeftPort, batch_of(left_schema(), rows));
  const std::vector<std::string> joined = task.fire(join);
  CHECK(joined.size() == kRows);
  CHECK(std::set(joined.begin(), joined.end()).size() == kRows);
}

// Replay: the seed that is printed is the first of the loop.
TEST_CASE("AgreesWithNestedLoopsInEachWindow") {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    const JoinStream input = random_stream(dice, 10);
    WindowJoinSpec spec = spec_of(kTypes[seed % 4]);
    const bool has_condition = dice() % 2 == 0;
    if (has_condition) spec.condition = left_is_less();
    const auto on_time = [](std::vector<JoinRow> rows) {
      std::erase_if(rows, [](const JoinRow& row) { return row.at <= row.arrival; });
      return rows;
    };
    const std::vector<JoinRow> lefts = on_time(input.left);
    const std::vector<JoinRow> rights = on_time(input.right);
    OperatorCase the_case = case_of(spec, input.steps);
    the_case.open = {true, true, false};
    the_case.lost.late = input.left.size() + input.right.size() - lefts.size() - rights.size();
    the_case.expected[kRowsPort] =
        nested_loops(spec.type, lefts, rights, [&](const JoinRow& l, const JoinRow& r) {
          return l.at == r.at && (!has_condition || l.v < r.v);
        });
    check_operator(the_case);
  }
}

}  // namespace
}  // namespace weir
