// Over: the known cases of fraud rules, what it does with late rows and with state that has passed,
// and random streams against a reference that computes each frame anew.
#include "operators/over.h"

#include "engine/time/watermark.h"
#include "tests/operators/due_asked.h"
#include "tests/operators/over_reference.h"
#include "tests/seeds.h"

#include <catch2/catch.hpp>

#include <deque>

namespace weir {
namespace {

constexpr auto kAggregate = OverFunction::kAggregate;
constexpr auto kCountStar = AggregateFunction::kCountStar;

Steps stream_of(const SchemaPtr& schema, const std::vector<Cells>& rows) {
  return {rows_step(batch_of(schema, rows)), final_watermark_step(), end_step()};
}

// F-1: small then large, told by lag over the same account.
TEST_CASE("LagTellsASmallAmountBeforeALargeOne") {
  const Overs overs{.input = schema_of({"account bigint", "at timestamptz!", "n numeric(12,2)"}),
                    .keys = {"account"},
                    .columns = {{.function = OverFunction::kLag, .argument = "n"}}};
  check_over(overs,
             stream_of(overs.input, {{"1", "@1000", "188.23"},
                                     {"2", "@1001", "0.50"},
                                     {"2", "@1002", "600"},
                                     {"3", "@1003", "42"},
                                     {"1", "@1004", "0.89"},
                                     {"1", "@1005", "300"},
                                     {"4", "@1006", "0.10"},
                                     {"4", "@1007", "520"},
                                     {"3", "@1009", "800"},
                                     {"3", "@1008", "0.75"}}),
             {{"1", "@1000", "188.23", kNull},
              {"2", "@1001", "0.50", kNull},
              {"2", "@1002", "600", "0.50"},
              {"3", "@1003", "42", kNull},
              {"1", "@1004", "0.89", "188.23"},
              {"1", "@1005", "300", "0.89"},
              {"4", "@1006", "0.10", kNull},
              {"4", "@1007", "520", "0.10"},
              {"3", "@1008", "0.75", "42"},
              {"3", "@1009", "800", "0.75"}});
}

// F-4: with the time of the row before, a rule can ask that it is less than a minute ago.
TEST_CASE("LagGivesTheTimeOfTheRowBefore") {
  const Overs overs{.input = schema_of({"account bigint", "at timestamptz!", "n numeric(12,2)"}),
                    .keys = {"account"},
                    .columns = {{.function = OverFunction::kLag, .argument = "n"},
                                {.function = OverFunction::kLag, .argument = "at"}}};
  check_over(
      overs,
      stream_of(
          overs.input,
          {{"1", "@0", "0.50"}, {"1", "@59.5", "900"}, {"2", "@0", "0.50"}, {"2", "@60", "900"}}),
      {{"1", "@0", "0.50", kNull, kNull},
       {"1", "@59.5", "900", "0.50", "@0"},
       {"2", "@0", "0.50", kNull, kNull},
       {"2", "@60", "900", "0.50", "@0"}});
}

// T-1: both places and times of impossible travel.
TEST_CASE("LagGivesTheLastPlace") {
  const Overs overs{.input = schema_of({"card text", "at timestamptz!", "lat double precision",
                                        "lon double precision"}),
                    .keys = {"card"},
                    .columns = {{.function = OverFunction::kLag, .argument = "lat"},
                                {.function = OverFunction::kLag, .argument = "lon"}}};
  check_over(
      overs, stream_of(overs.input, {{"c", "@180", "-33.75", "151.25"}, {"c", "@0", "51.5", "0"}}),
      {{"c", "@0", "51.5", "0", kNull, kNull}, {"c", "@180", "-33.75", "151.25", "51.5", "0"}});
}

// V-1: the eighth authorisation within ten seconds, and all behind it, see more than seven.
TEST_CASE("CountsTheRowsOfTheLastTenSeconds") {
  const Overs overs{
      .input = schema_of({"card text", "at timestamptz!"}),
      .keys = {"card"},
      .columns = {{.function = kAggregate, .aggregate = kCountStar, .range = seconds(10)}}};
  std::vector<std::string> times;
  for (int i = 0; i < 15; ++i) times.push_back("@" + std::to_string(i));
  std::vector<std::string> counts;
  for (int i = 0; i < 15; ++i) counts.push_back(std::to_string(std::min(i + 1, 11)));
  std::vector<Cells> rows;
  std::vector<Cells> expected;
  for (size_t i = 0; i < times.size(); ++i) {
    rows.push_back({"c", times[i].c_str()});
    expected.push_back({"c", times[i].c_str(), counts[i].c_str()});
  }
  check_over(overs, stream_of(overs.input, rows), expected);
}

// S-1: deposits between 8,000 and 10,000 within seven days.
TEST_CASE("CountsWhatAFilterLetsThrough") {
  const Overs overs{.input = schema_of({"account bigint", "at timestamptz!", "near boolean"}),
                    .keys = {"account"},
                    .columns = {{.function = kAggregate,
                                 .aggregate = kCountStar,
                                 .filter = "near",
                                 .range = seconds(7 * 86400)}}};
  check_over(overs,
             stream_of(overs.input, {{"1", "@0", "true"},
                                     {"1", "@86400", "true"},
                                     {"2", "@86400", "false"},
                                     {"1", "@172800", "true"},
                                     {"1", "@172801", kNull}}),
             {{"1", "@0", "true", "1"},
              {"1", "@86400", "true", "2"},
              {"2", "@86400", "false", "0"},
              {"1", "@172800", "true", "3"},
              {"1", "@172801", kNull, "3"}});
}

TEST_CASE("RowsOfOneTimeSeeEachOtherInARange") {
  const Overs overs{
      .input = schema_of({"at timestamptz!", "v bigint"}),
      .columns = {
          {.aggregate = AggregateFunction::kSum, .argument = "v", .range = seconds(1)},
          {.aggregate = AggregateFunction::kSum, .argument = "v"},
          {.aggregate = AggregateFunction::kSum, .argument = "v", .frame = FrameKind::kRows}}};
  check_over(overs, stream_of(overs.input, {{"@1", "1"}, {"@2", "10"}, {"@2", "20"}, {"@3", "5"}}),
             {{"@1", "1", "1", "1", "1"},
              {"@2", "10", "31", "31", "11"},
              {"@2", "20", "31", "31", "31"},
              {"@3", "5", "35", "36", "36"}});
}

TEST_CASE("RowsOfOneTimeStayTogetherHoweverMany") {
  const Overs overs{.input = schema_of({"at timestamptz!"}),
                    .columns = {{.aggregate = kCountStar, .range = seconds(1)}}};
  const Steps steps = stream_of(overs.input, std::vector<Cells>(40'000, {"@7"}));
  const std::vector<std::string> rows = rows_in_order(over_case(overs, steps));
  REQUIRE(rows.size() == 40'000);
  const std::string all = json_rows(result_schema(overs), {{"@7", "40000"}})[0];
  REQUIRE(std::count(rows.begin(), rows.end(), all) == 40'000);
}

TEST_CASE("RowsLeaveInOrderOfTimeAndPlace") {
  const Overs overs{.input = schema_of({"at timestamptz!", "v bigint"}),
                    .columns = {{.function = OverFunction::kRowNumber}},
                    .with_place = true};
  const Steps steps = {
      rows_step(with_position(batch_of(overs.input, {{"@2", "3"}, {"@1", "1"}}), 1, 0)),
      rows_step(with_position(batch_of(overs.input, {{"@2", "2"}, {"@3", "5"}}), 0, 8)),
      rows_step(with_position(batch_of(overs.input, {{"@2", "4"}}), 1, 2)),
      watermark_step(3),
      final_watermark_step(),
      end_step()};
  REQUIRE(rows_in_order(over_case(overs, steps)) ==
          json_rows(result_schema(overs), {{"@1", "1", "1"},
                                           {"@2", "2", "2"},
                                           {"@2", "3", "3"},
                                           {"@2", "4", "4"},
                                           {"@3", "5", "5"}}));
}

TEST_CASE("LateRowsLeaveByTheirPort") {
  const Overs overs{.input = schema_of({"at timestamptz!"}), .columns = {{.range = seconds(9)}}};
  for (const OverOrder order : {OverOrder::kEventTime, OverOrder::kLog}) {
    Overs ordered = overs;
    ordered.order = order;
    OperatorCase the_case =
        over_case(ordered, {rows_step(with_arrival(batch_of(overs.input, {{"@10"}, {"@4"}, {"@5"}}),
                                                   {kMinTime, 5, 5})),
                            final_watermark_step(), end_step()});
    the_case.expected[kLatePort] = json_rows(
        late_schema(),
        {{R"({"at":"1970-01-01T00:00:04Z"})", kNull, kNull, kNull, "o", kNull, "00:00:01"}});
    the_case.lost.late = 1;
    const char* last = order == OverOrder::kLog ? "1" : "2";
    the_case.expected[kRowsPort] = json_rows(result_schema(ordered), {{"@10", last}, {"@5", "1"}});
    check_operator(the_case);
  }
}

TEST_CASE("ByLogWithoutARangeNothingIsLate") {
  const Overs overs{.input = schema_of({"at timestamptz!", "v bigint"}),
                    .columns = {{.function = OverFunction::kLag, .argument = "v"},
                                {.aggregate = kCountStar},
                                {.function = OverFunction::kRank}},
                    .order = OverOrder::kLog};
  const RecordBatch batch = with_arrival(
      batch_of(overs.input, {{"@10", "1"}, {"@4", "2"}, {"@5", "3"}}), {kMinTime, 5, 5});
  check_over(
      overs, {rows_step(batch), final_watermark_step(), end_step()},
      {{"@10", "1", kNull, "1", "1"}, {"@4", "2", "1", "2", "2"}, {"@5", "3", "2", "3", "3"}});
}

TEST_CASE("ByLogNoRowWaitsAndNoneSeesLaterTimes") {
  const Overs overs{.input = schema_of({"at timestamptz!"}),
                    .columns = {{.aggregate = kCountStar, .range = seconds(10)}},
                    .order = OverOrder::kLog};
  const Steps steps = {rows_step(
      batch_of(overs.input, {{"@0"}, {"@20"}, {"@9"}, {"@15"}, {"@20"}, {"@10"}, {"@25"}}))};
  REQUIRE(rows_in_order(over_case(overs, steps)) ==
          json_rows(result_schema(overs), {{"@0", "1"},
                                           {"@20", "1"},
                                           {"@9", "2"},
                                           {"@15", "2"},
                                           {"@20", "3"},
                                           {"@10", "3"},
                                           {"@25", "4"}}));
}

// Ranges of calls that keep nothing for ever: bytes of state stay flat however long the stream.
TEST_CASE("StateGoesWhenItsRangeHasPassed") {
  for (const OverOrder order : {OverOrder::kEventTime, OverOrder::kLog}) {
    const auto bytes_of = [&](int keys) {
      const Overs overs{.input = schema_of({"k bigint", "at timestamptz!"}),
                        .keys = {"k"},
                        .columns = {{.aggregate = kCountStar, .range = seconds(10)}},
                        .order = order};
      Steps steps;
      for (int i = 0; i < keys; ++i) {
        const std::string key = std::to_string(i);
        const std::string time = "@" + std::to_string(i);
        const Cells once = {key.c_str(), time.c_str()};
        const Cells always = {"-1", time.c_str()};
        steps.push_back(rows_step(batch_of(overs.input, {once, always})));
        steps.push_back(watermark_step(i));
      }
      return run_operator(over_case(overs, steps), {.name = "as given"}).state_bytes_max;
    };
    REQUIRE(bytes_of(2000) <= bytes_of(200));
  }
}

TEST_CASE("AnOverflowFailsTheJob") {
  const Overs overs{.input = schema_of({"at timestamptz!", "v double precision"}),
                    .columns = {{.aggregate = AggregateFunction::kSum, .argument = "v"}}};
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const std::unique_ptr<Operator> op = over_case(overs, {}).make(state);
  CollectedOutput out;
  const RecordBatch batch = batch_of(overs.input, {{"@1", "1e308"}, {"@2", "1e308"}});
  REQUIRE(op->process(kRowsPort, batch, 0, out).ok());
  const Result<Progress> fired = op->process(kRowsPort, Watermark{kMaxTime}, 0, out);
  REQUIRE(!fired.ok());
  REQUIRE(fired.error().kind == ErrorKind::kBadData);
}

OverColumn random_column(std::mt19937_64& dice) {
  const std::vector<std::string> any = {"k", "g", "ok", "v", "n", "f"};
  const std::vector<std::string> numbers = {"g", "v", "n", "f"};
  const std::vector<std::string> ordered = {"k", "g", "v", "n", "f"};
  const auto one_of = [&](const auto& from) { return from[dice() % from.size()]; };
  OverColumn column;
  column.frame = dice() % 2 == 0 ? FrameKind::kRange : FrameKind::kRows;
  if (column.frame == FrameKind::kRange) {
    if (dice() % 4 != 0) column.range = seconds(static_cast<int64_t>(dice() % 25));
  } else if (dice() % 4 != 0) {
    column.rows = static_cast<uint32_t>(dice() % 5);
  }
  constexpr OverFunction kFunctions[] = {kAggregate,
                                         kAggregate,
                                         kAggregate,
                                         kAggregate,
                                         OverFunction::kLag,
                                         OverFunction::kFirstValue,
                                         OverFunction::kLastValue,
                                         OverFunction::kRowNumber,
                                         OverFunction::kRank,
                                         OverFunction::kDenseRank};
  column.function = kFunctions[dice() % std::size(kFunctions)];
  switch (column.function) {
    case OverFunction::kAggregate: {
      column.aggregate = static_cast<AggregateFunction>(dice() % 6);
      if (column.aggregate == AggregateFunction::kCount) column.argument = one_of(any);
      const bool adds = column.aggregate == AggregateFunction::kSum ||
                        column.aggregate == AggregateFunction::kAvg;
      if (adds) column.argument = one_of(numbers);
      const bool compares = column.aggregate == AggregateFunction::kMin ||
                            column.aggregate == AggregateFunction::kMax;
      if (compares) column.argument = one_of(ordered);
      if (dice() % 3 == 0) column.filter = "ok";
      break;
    }
    case OverFunction::kLag:
      column.argument = one_of(any);
      column.distance = static_cast<uint32_t>(dice() % 4);
      if (dice() % 2 == 0) column.fallback = column.argument;
      break;
    case OverFunction::kFirstValue:
    case OverFunction::kLastValue: column.argument = one_of(any); break;
    case OverFunction::kRowNumber:
    case OverFunction::kRank:
    case OverFunction::kDenseRank: break;
  }
  return column;
}

Overs random_overs(std::mt19937_64& dice) {
  Overs overs{.input = reference_input(), .columns = {}};
  for (const std::string key : {"k", "g", "ok"}) {
    if (dice() % 3 == 0) overs.keys.push_back(key);
  }
  const size_t columns = 1 + dice() % 6;
  while (overs.columns.size() < columns) overs.columns.push_back(random_column(dice));
  overs.order = dice() % 2 == 0 ? OverOrder::kEventTime : OverOrder::kLog;
  overs.with_place = dice() % 2 == 0;
  return overs;
}

Schedule random_schedule(uint64_t seed, std::mt19937_64& dice) {
  const std::vector<std::vector<uint32_t>> instances = {{1}, {1, 2, 3, 2}, {2}, {3, 1}};
  return {.name = "random",
          .batching = static_cast<Batching>(dice() % 4),
          .seed = seed,
          .pending_first = dice() % 2 == 0,
          .snapshots = dice() % 4 == 0,
          .instances = instances[dice() % instances.size()],
          .restores = dice() % 2 == 0};
}

void check_seed(uint64_t seed) {
  std::mt19937_64 dice(seed);
  const Overs overs = random_overs(dice);
  // By log only a range drops rows, and only of what is over a frame.
  bool drops_late = overs.order == OverOrder::kEventTime;
  for (const OverColumn& column : overs.columns) {
    const bool framed = column.function == kAggregate ||
                        column.function == OverFunction::kFirstValue ||
                        column.function == OverFunction::kLastValue;
    drops_late |= framed && column.range.has_value();
  }
  const RandomOver stream = random_over(overs, drops_late, dice);
  const std::vector<std::string> expected = reference_results(overs, stream.on_time);
  const OperatorCase the_case = over_case(overs, stream.steps);
  const Schedule schedule = random_schedule(seed, dice);
  Run run = run_operator(the_case, schedule);
  REQUIRE(run.counters.late == stream.late);
  REQUIRE(run.rows[kRowsPort] == sorted(expected));
  // One instance gives them in order too.
  REQUIRE(rows_in_order(the_case) == expected);
}

TEST_CASE("OverAgreesWithTheReferenceOnRandomStreams") {
  for (const uint64_t seed : Seeds(500)) {
    INFO("replay with WEIR_SEED=" << seed);
    check_seed(seed);
  }
}

// Every function whose state no range ends, over keys that come back after a while.
Overs lasting() {
  return {.input = schema_of({"k int", "at timestamptz!", "v int"}),
          .keys = {"k"},
          .columns = {{.function = OverFunction::kLag, .argument = "v"},
                      {.function = OverFunction::kRowNumber},
                      {.function = OverFunction::kFirstValue, .argument = "v"},
                      {.aggregate = AggregateFunction::kSum,
                       .argument = "v",
                       .frame = FrameKind::kRows,
                       .rows = 2},
                      {.aggregate = AggregateFunction::kCountStar, .frame = FrameKind::kRows}},
          .state_ttl = seconds(10)};
}

const std::vector<Cells> kReturning = {{"1", "@1", "1"},  {"2", "@2", "2"},  {"1", "@10", "3"},
                                       {"1", "@11", "4"}, {"2", "@12", "5"}, {"1", "@21", "6"},
                                       {"2", "@21", "7"}, {"1", "@40", "8"}};
const std::vector<Cells> kForgotten = {
    {"1", "@1", "1", kNull, "1", "1", "1", "1"},  {"2", "@2", "2", kNull, "1", "2", "2", "1"},
    {"1", "@10", "3", "1", "2", "1", "4", "2"},   {"1", "@11", "4", "3", "3", "1", "8", "3"},
    {"2", "@12", "5", kNull, "1", "5", "5", "1"}, {"1", "@21", "6", kNull, "1", "6", "6", "1"},
    {"2", "@21", "7", "5", "2", "5", "12", "2"},  {"1", "@40", "8", kNull, "1", "8", "8", "1"}};

TEST_CASE("WhatWasNotUsedForTheStateTtlIsForgotten") {
  Overs overs = lasting();
  for (const OverOrder order : {OverOrder::kEventTime, OverOrder::kLog}) {
    overs.order = order;
    Steps steps;
    for (size_t i = 0; i < kReturning.size(); i += 2) {
      steps.push_back(rows_step(batch_of(overs.input, {kReturning[i], kReturning[i + 1]})));
      if (i % 4 == 2) steps.push_back(watermark_step(i == 2 ? 12 : 30));
    }
    steps.push_back(final_watermark_step());
    steps.push_back(end_step());
    check_over(overs, steps, kForgotten);
    check_over(overs,
               {rows_step(batch_of(overs.input, kReturning)), final_watermark_step(), end_step()},
               kForgotten);
  }
}

// The second row is behind a split that is at 20: whether the watermark is there yet or not, its
// key is forgotten.
TEST_CASE("ByLogALateRowIsAsLateAsItsSplit") {
  Overs overs = lasting();
  overs.order = OverOrder::kLog;
  overs.columns.resize(1);
  for (const int64_t watermark : {2, 20}) {
    const Step late = rows_step(with_arrival(batch_of(overs.input, {{"1", "@5", "2"}}), {20}));
    check_over(overs,
               {rows_step(batch_of(overs.input, {{"1", "@1", "1"}})), watermark_step(watermark),
                late, final_watermark_step(), end_step()},
               {{"1", "@1", "1", kNull}, {"1", "@5", "2", kNull}});
  }
}

// What is due by then is far ahead of the watermark.
TEST_CASE("WithoutEventTimeKeysAreForgottenByTheClock") {
  Overs overs = lasting();
  overs.input = schema_of({"k int", "v int"});
  overs.order = OverOrder::kLog;
  OperatorCase the_case = over_case(
      overs, {rows_step(batch_of(overs.input, {{"1", "5"}, {"2", "6"}})), watermark_step(1),
              rows_step(batch_of(overs.input, {{"3", "7"}})), watermark_step(2), barrier_step(1),
              watermark_step(3), final_watermark_step(), end_step()});
  the_case.clock = [](size_t element) { return static_cast<int64_t>(element) * seconds(100); };
  the_case.expected[kRowsPort] =
      json_rows(result_schema(overs), {{"1", "5", kNull, "1", "5", "5", "1"},
                                       {"2", "6", kNull, "1", "6", "6", "1"},
                                       {"3", "7", kNull, "1", "7", "7", "1"}});
  check_operator(the_case);
}

// A watermark that jumps over all of them makes due what the rows themselves use.
TEST_CASE("OldStateIsAskedForOnceNoRowsWait") {
  Overs overs = lasting();
  overs.columns.resize(1);
  std::vector<Cells> rows;
  std::deque<std::string> times;
  for (int i = 0; i < 40'000; ++i) {
    rows.push_back({"1", times.emplace_back("@" + std::to_string(i)).c_str(), "1"});
  }
  const WorkedOff worked = work_off(
      over_case(overs, {rows_step(batch_of(overs.input, rows)), watermark_step(100'000)}), "o.lag");
  CHECK(worked.calls > 2);
  CHECK(worked.asked == 1);
}

TEST_CASE("StateDoesNotGrowWithKeysThatAreGone") {
  Overs overs = lasting();
  const auto bytes_after = [&](int keys) {
    Steps steps;
    std::deque<std::string> texts;
    for (int i = 0; i < keys; ++i) {
      std::vector<Cells> rows;
      for (int k = 0; k < 50; ++k) {
        rows.push_back({texts.emplace_back(std::to_string(50 * i + k)).c_str(),
                        texts.emplace_back("@" + std::to_string(i)).c_str(), "1"});
      }
      steps.push_back(rows_step(batch_of(overs.input, rows)));
      steps.push_back(watermark_step(i));
    }
    steps.push_back(final_watermark_step());
    steps.push_back(end_step());
    return run_operator(over_case(overs, steps), {.name = "as given"}).state_bytes_max;
  };
  const size_t of_few = bytes_after(40);
  REQUIRE(bytes_after(400) < 2 * of_few);
}

}  // namespace
}  // namespace weir
