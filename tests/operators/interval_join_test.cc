// IntervalJoin through the harness: by example, and random streams against nested loops. Times are
// seconds since 1970.
#include "operators/interval_join.h"

#include "engine/time/watermark.h"
#include "tests/operators/join_cases.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using enum JoinType;

const NumberedSplits kNames;
constexpr JoinType kTypes[] = {kInner, kLeft, kRight, kFull};

struct Bounds {
  int64_t lower;  // Seconds
  int64_t upper;
};

IntervalJoinSpec spec_of(JoinType type, Bounds bounds) {
  return {.type = type,
          .left = left_side(),
          .right = right_side(),
          .lower = seconds(bounds.lower),
          .upper = seconds(bounds.upper),
          .condition = nullptr};
}

OperatorCase case_of(const IntervalJoinSpec& spec, Steps steps) {
  const SchemaPtr output = output_schema(spec, kRowsPort, nullptr);
  return {.make =
              [spec, output](TaskState& state) {
                return std::make_unique<IntervalJoin>(spec, "j", output, all_needed(*output), state,
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

void check_join(const IntervalJoinSpec& spec, Steps steps, const std::vector<Cells>& expected) {
  OperatorCase the_case = case_of(spec, stream(std::move(steps)));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

// How many rows left before each watermark.
std::vector<size_t> rows_by_watermark(const Run& run) {
  std::vector<size_t> rows(1, 0);
  for (const Step& step : run.out) {
    if (const RecordBatch* batch = std::get_if<RecordBatch>(&step.element)) {
      rows.back() += batch->size();
    } else if (std::holds_alternative<Watermark>(step.element)) {
      rows.push_back(0);
    }
  }
  return rows;
}

TEST_CASE("PairsRowsWhoseTimesAreWithinTheBounds") {
  // left.time - right.time in [-5 s, 2 s], both ends inside.
  check_join(spec_of(kInner, {-5, 2}),
             {left({{"a", "1", "@10", "0"}, {"b", "1", "@10", "1"}}),
              right({{"a", "1", "@15", "2"},
                     {"a", "1", "@15.000001", "3"},
                     {"a", "1", "@8", "4"},
                     {"a", "1", "@7.999999", "5"},
                     {"a", "2", "@10", "6"}}),
              left({{"a", "2", "@12", "7"}, {"a", "2", "@12.000001", "8"}, {"a", "2", "@5", "9"}})},
             {{"a", "1", "@10", "0", "a", "1", "@15", "2"},
              {"a", "1", "@10", "0", "a", "1", "@8", "4"},
              {"a", "2", "@12", "7", "a", "2", "@10", "6"},
              {"a", "2", "@5", "9", "a", "2", "@10", "6"}});
}

TEST_CASE("PairsLeaveAtOnce") {
  const OperatorCase the_case =
      case_of(spec_of(kInner, {-5, 5}),
              stream({left({{"a", "1", "@10", "0"}}), right({{"a", "1", "@10", "0"}}),
                      watermark_step(5), right({{"a", "1", "@12", "0"}})}));
  REQUIRE(rows_by_watermark(run_operator(the_case, {.name = "as given"})) ==
          std::vector<size_t>{1, 1, 0});
}

TEST_CASE("RowsAtTheWatermarkMayStillMatch") {
  // A left row at 10 meets right rows up to 15: one that comes behind watermark 15 too.
  check_join(spec_of(kLeft, {-5, 0}),
             {left({{"a", "1", "@10", "0"}}), watermark_step(15), right({{"a", "1", "@15", "1"}})},
             {{"a", "1", "@10", "0", "a", "1", "@15", "1"}});
  // A right row at 10 meets left rows down to 5 and up to 10.
  check_join(spec_of(kRight, {-5, 0}),
             {right({{"a", "1", "@10", "0"}}), watermark_step(10), left({{"a", "1", "@10", "1"}})},
             {{"a", "1", "@10", "1", "a", "1", "@10", "0"}});
}

TEST_CASE("OuterRowsLeaveWhenNoPartnerCanCome") {
  const Steps steps = stream({left({{"a", "1", "@10", "0"}}),
                              right({{"b", "1", "@12", "0"}}),
                              watermark_step(15),
                              {kLeftPort, Watermark{seconds(15) + 1}},
                              watermark_step(20)});
  const auto rows = [&steps](JoinType type) {
    return rows_by_watermark(
        run_operator(case_of(spec_of(type, {-5, 0}), steps), {.name = "as given"}));
  };
  REQUIRE(rows(kLeft) == std::vector<size_t>{0, 1, 0, 0, 0});
  REQUIRE(rows(kRight) == std::vector<size_t>{1, 0, 0, 0, 0});
  REQUIRE(rows(kFull) == std::vector<size_t>{1, 1, 0, 0, 0});
  REQUIRE(rows(kInner) == std::vector<size_t>{0, 0, 0, 0, 0});
}

TEST_CASE("NullKeysMatchNothing") {
  const Steps steps = {left({{kNull, "1", "@10", "0"}, {"a", kNull, "@10", "1"}}),
                       right({{kNull, "1", "@10", "2"}, {"a", kNull, "@10", "3"}})};
  check_join(spec_of(kInner, {-5, 5}), steps, {});
  check_join(spec_of(kLeft, {-5, 5}), steps,
             {{kNull, "1", "@10", "0", kNull, kNull, kNull, kNull},
              {"a", kNull, "@10", "1", kNull, kNull, kNull, kNull}});
  check_join(spec_of(kFull, {-5, 5}), steps,
             {{kNull, "1", "@10", "0", kNull, kNull, kNull, kNull},
              {"a", kNull, "@10", "1", kNull, kNull, kNull, kNull},
              {kNull, kNull, kNull, kNull, kNull, "1", "@10", "2"},
              {kNull, kNull, kNull, kNull, "a", kNull, "@10", "3"}});
}

TEST_CASE("AConditionDecidesWhatIsAMatch") {
  IntervalJoinSpec spec = spec_of(kFull, {-5, 5});
  spec.condition = left_is_less();
  check_join(spec,
             {left({{"a", "1", "@10", "1"}, {"a", "1", "@11", "9"}, {"a", "1", "@12", kNull}}),
              right({{"a", "1", "@10", "5"}, {"a", "1", "@11", "0"}})},
             {{"a", "1", "@10", "1", "a", "1", "@10", "5"},
              {"a", "1", "@11", "9", kNull, kNull, kNull, kNull},
              {"a", "1", "@12", kNull, kNull, kNull, kNull, kNull},
              {kNull, kNull, kNull, kNull, "a", "1", "@11", "0"}});
}

TEST_CASE("LateRowsAreCountedAndGivenAway") {
  const SchemaPtr schema = left_schema();
  const RecordBatch rows =
      with_arrival(batch_of(schema, {{"a", "1", "@10", "0"}, {"a", "1", "@9.5", "1"}}), {10, 10});
  OperatorCase the_case =
      case_of(spec_of(kFull, {-5, 5}), stream({watermark_step(10), rows_step(rows)}));
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "1", "@10", "0", kNull, kNull, kNull, kNull}});
  the_case.expected[kLatePort] =
      json_rows(late_schema(), {{R"({"lk":"a","lg":1,"lat":"1970-01-01T00:00:09.500Z","lv":1})",
                                 kNull, kNull, kNull, "j", kNull, "00:00:00.5"}});
  the_case.lost.late = 1;
  check_operator(the_case);
}

TEST_CASE("AKeyWithManyMatchesGivesWay") {
  std::vector<Cells> lefts(150, {"a", "1", "@10", "0"});
  std::vector<Cells> rights(150, {"a", "1", "@11", "0"});
  std::vector<Cells> expected(lefts.size() * rights.size(),
                              {"a", "1", "@10", "0", "a", "1", "@11", "0"});
  check_join(spec_of(kFull, {-5, 5}), {left(lefts), right(rights)}, expected);
}

TEST_CASE("ManyRowsExpireABatchAtATime") {
  std::vector<Cells> lefts;
  std::vector<Cells> expected;
  std::vector<std::string> keys;
  for (int i = 0; i < 25'000; ++i) keys.push_back(std::to_string(i / 100 * (i % 3 == 0 ? 0 : 1)));
  for (const std::string& key : keys) {
    lefts.push_back({key.c_str(), "1", "@10", "0"});
    expected.push_back({key.c_str(), "1", "@10", "0", kNull, kNull, kNull, kNull});
  }
  OperatorCase the_case =
      case_of(spec_of(kLeft, {-5, 5}), stream({left(lefts), watermark_step(20)}));
  Run run = run_operator(
      the_case, {.name = "pending first", .batching = Batching::kAllAtOnce, .pending_first = true});
  REQUIRE(run.rows[kRowsPort] == sorted(json_rows(the_case.outputs[0], expected)));
}

TEST_CASE("WithoutKeysAllRowsMeet") {
  IntervalJoinSpec spec = spec_of(kInner, {0, 0});
  spec.left.keys.clear();
  spec.right.keys.clear();
  check_join(spec,
             {left({{"a", "1", "@10", "0"}, {kNull, "1", "@11", "1"}}),
              right({{"b", "1", "@10", "2"}, {"b", "1", "@11", "3"}})},
             {{"a", "1", "@10", "0", "b", "1", "@10", "2"},
              {kNull, "1", "@11", "1", "b", "1", "@11", "3"}});
}

TEST_CASE("TheWatermarkIsHeldBackByWhatTimesMayTrail") {
  const auto hold_back = [](JoinType type, Bounds bounds) {
    TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
    return case_of(spec_of(type, bounds), {}).make(state)->hold_back();
  };
  REQUIRE(hold_back(kInner, {-5, 2}) == seconds(5));
  REQUIRE(hold_back(kInner, {-2, 5}) == seconds(5));
  REQUIRE(hold_back(kInner, {0, 0}) == 0);
  REQUIRE(hold_back(kInner, {2, 5}) == seconds(5));
  REQUIRE(hold_back(kInner, {-5, -2}) == seconds(5));
  // Only the time of the side that is never missing is event time.
  REQUIRE(hold_back(kLeft, {-5, 2}) == seconds(5));
  REQUIRE(hold_back(kRight, {-5, 2}) == seconds(2));
  REQUIRE(hold_back(kLeft, {2, 5}) == 0);
  REQUIRE(hold_back(kFull, {-5, 2}) == 0);
}

TEST_CASE("BoundsBeyondAllTimesHold") {
  IntervalJoinSpec spec = spec_of(kFull, {0, 0});
  spec.lower = kMinTime;
  spec.upper = kMaxTime;
  check_join(spec,
             {left({{"a", "1", "@10", "0"}}), watermark_step(1000),
              right({{"a", "1", "@2000", "1"}, {"b", "1", "@2000", "1"}})},
             {{"a", "1", "@10", "0", "a", "1", "@2000", "1"},
              {kNull, kNull, kNull, kNull, "b", "1", "@2000", "1"}});
}

TEST_CASE("OnlyWhatIsReadIsMade") {
  IntervalJoinSpec spec = spec_of(kLeft, {-5, 5});
  spec.condition = left_is_less();
  OperatorCase the_case =
      case_of(spec, stream({left({{"a", "1", "@10", "1"}, {"a", "1", "@11", "9"}}),
                            right({{"a", "1", "@10", "5"}})}));
  NeededColumns needed(8);
  needed[3].needed = true;
  needed[4].needed = true;
  const SchemaPtr output = the_case.outputs[0];
  the_case.make = [spec, output, needed](TaskState& state) {
    return std::make_unique<IntervalJoin>(spec, "j", output, needed, state, kNames);
  };
  the_case.expected[kRowsPort] = {R"({"lv":1,"rk":"a"})", R"({"lv":9,"rk":null})"};
  check_operator(the_case);
}

// Replay: the seed that is printed is the first of the loop.
TEST_CASE("AgreesWithNestedLoops") {
  const std::vector<Bounds> bounds = {{-5, 2}, {0, 0}, {3, 8}, {-9, -4}, {-30, 30}};
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    const JoinStream input = random_stream(dice, 0);
    const Bounds bound = bounds[dice() % bounds.size()];
    IntervalJoinSpec spec = spec_of(kTypes[seed % 4], bound);
    const bool has_condition = dice() % 2 == 0;
    if (has_condition) spec.condition = left_is_less();
    const auto on_time = [](std::vector<JoinRow> rows) {
      std::erase_if(rows, [](const JoinRow& row) { return row.at < row.arrival; });
      return rows;
    };
    const std::vector<JoinRow> lefts = on_time(input.left);
    const std::vector<JoinRow> rights = on_time(input.right);
    OperatorCase the_case = case_of(spec, input.steps);
    the_case.open = {true, true, false};
    the_case.lost.late = input.left.size() + input.right.size() - lefts.size() - rights.size();
    the_case.expected[kRowsPort] =
        nested_loops(spec.type, lefts, rights, [&](const JoinRow& l, const JoinRow& r) {
          const int64_t apart = l.at - r.at;
          return bound.lower <= apart && apart <= bound.upper && (!has_condition || l.v < r.v);
        });
    check_operator(the_case);
  }
}

}  // namespace
}  // namespace weir
