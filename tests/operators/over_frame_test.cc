// Frames as queues of two stacks: results when rows leave, tie and come out of order, and how many
// states are kept. The random comparison is in over_test.cc.
#include "operators/over_frame.h"

#include "engine/time/watermark.h"
#include "tests/operators/over_cases.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir {
namespace {

constexpr auto kMax = AggregateFunction::kMax;

SchemaPtr input() { return schema_of({"at timestamptz!", "v bigint"}); }

Steps stream_of(const std::vector<Cells>& rows) {
  return {rows_step(batch_of(input(), rows)), final_watermark_step(), end_step()};
}

TEST_CASE("TheGreatestLeavesWithItsRow") {
  const Overs overs{
      .input = input(),
      .columns = {{.aggregate = kMax, .argument = "v", .range = seconds(2)},
                  {.aggregate = kMax, .argument = "v", .frame = FrameKind::kRows, .rows = 1}}};
  check_over(
      overs,
      stream_of({{"@1", "9"}, {"@2", "3"}, {"@3", "5"}, {"@4", "4"}, {"@5", kNull}, {"@9", kNull}}),
      {{"@1", "9", "9", "9"},
       {"@2", "3", "9", "9"},
       {"@3", "5", "9", "5"},
       {"@4", "4", "5", "5"},
       {"@5", kNull, "5", "4"},
       {"@9", kNull, kNull, kNull}});
}

TEST_CASE("FirstAndLastValueAreThoseOfTheFrame") {
  const Overs overs{
      .input = input(),
      .columns = {{.function = OverFunction::kFirstValue, .argument = "v", .range = seconds(1)},
                  {.function = OverFunction::kLastValue, .argument = "v", .range = seconds(1)},
                  {.function = OverFunction::kLastValue,
                   .argument = "v",
                   .frame = FrameKind::kRows,
                   .rows = 3}}};
  check_over(overs, stream_of({{"@1", "1"}, {"@2", "2"}, {"@2", "3"}, {"@9", kNull}}),
             {{"@1", "1", "1", "1", "1"},
              {"@2", "2", "1", "3", "2"},
              {"@2", "3", "1", "3", "3"},
              {"@9", kNull, kNull, kNull, kNull}});
}

// By log the first is the first that came, not the first in time.
TEST_CASE("ByLogFirstValueIsTheFirstInTheLog") {
  const Overs overs{
      .input = input(),
      .columns = {{.function = OverFunction::kFirstValue, .argument = "v", .range = seconds(5)}},
      .order = OverOrder::kLog};
  check_over(
      overs, stream_of({{"@4", "1"}, {"@2", "2"}, {"@6", "3"}, {"@3", "4"}, {"@9", "5"}}),
      {{"@4", "1", "1"}, {"@2", "2", "2"}, {"@6", "3", "1"}, {"@3", "4", "2"}, {"@9", "5", "1"}});
}

TEST_CASE("RangesMayBeLongerThanTime") {
  const Overs overs{.input = input(),
                    .columns = {{.range = std::numeric_limits<int64_t>::max()}, {.range = 0}}};
  for (const OverOrder order : {OverOrder::kEventTime, OverOrder::kLog}) {
    Overs ordered = overs;
    ordered.order = order;
    check_over(ordered, stream_of({{"@1", "1"}, {"@2", "2"}}),
               {{"@1", "1", "1", "1"}, {"@2", "2", "2", "1"}});
  }
}

// sum, avg and a second sum keep one state; sum of another argument its own.
TEST_CASE("CallsShareTheirState") {
  const auto bytes_of = [](std::vector<OverColumn> columns) {
    const Overs overs{.input = input(), .columns = std::move(columns)};
    return run_operator(over_case(overs, stream_of({{"@1", "1"}})), {.name = "as given"})
        .state_bytes_max;
  };
  const OverColumn sum{.aggregate = AggregateFunction::kSum, .argument = "v", .range = seconds(1)};
  OverColumn average = sum;
  average.aggregate = AggregateFunction::kAvg;
  OverColumn filtered = sum;
  filtered.aggregate = AggregateFunction::kMax;
  REQUIRE(bytes_of({sum, average, sum}) == bytes_of({sum}));
  REQUIRE(bytes_of({sum, filtered}) != bytes_of({sum}));
}

// More merges than are written down at once: one key whose rows are all out of order.
TEST_CASE("ManyRowsOutOfOrderAreAnsweredFromTheLog") {
  const Overs overs{.input = schema_of({"at timestamptz!"}),
                    .columns = {{.range = seconds(1000)}},
                    .order = OverOrder::kLog};
  std::vector<std::string> times;
  for (int i = 0; i < 600; ++i) times.push_back("@" + std::to_string(600 - i));
  std::vector<Cells> rows;
  std::vector<Cells> expected;
  for (const std::string& time : times) {
    rows.push_back({time.c_str()});
    expected.push_back({time.c_str(), "1"});
  }
  // Then in order: each sees all that were before it.
  std::vector<std::string> counts;
  for (int i = 0; i < 600; ++i) counts.push_back(std::to_string(i + 601));
  for (int i = 0; i < 600; ++i) {
    rows.push_back({"@700"});
    expected.push_back({"@700", counts[static_cast<size_t>(i)].c_str()});
  }
  const Steps steps = {rows_step(batch_of(overs.input, rows)), final_watermark_step(), end_step()};
  REQUIRE(rows_in_order(over_case(overs, steps)) == json_rows(result_schema(overs), expected));
}

// The most that is held while so many batches pass; a frame without a length has no begin.
size_t bytes_of_texts(FrameKind kind, OverOrder order, std::optional<uint32_t> length,
                      int batches) {
  Overs overs{.input = schema_of({"k int", "at timestamptz!", "s text"}),
              .keys = {"k"},
              .columns = {{.function = OverFunction::kFirstValue, .argument = "s"},
                          {.function = OverFunction::kLastValue, .argument = "s"},
                          {.aggregate = kMax, .argument = "s"}},
              .order = order};
  if (length) overs.columns.push_back({.aggregate = AggregateFunction::kArrayAgg, .argument = "s"});
  for (OverColumn& column : overs.columns) {
    column.frame = kind;
    if (!length) continue;
    if (kind == FrameKind::kRows) column.rows = length;
    if (kind == FrameKind::kRange) column.range = seconds(*length);
  }
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) texts.push_back("a text that is not inline " + std::to_string(i));
  Steps steps;
  for (int batch = 1; batch <= batches; ++batch) {
    const std::string time = "@" + std::to_string(batch);
    const std::string before = "@" + std::to_string(batch - 1);
    std::vector<Cells> rows;
    for (size_t i = 0; i < texts.size(); ++i) {
      rows.push_back(
          {i % 2 == 0 ? "1" : "2", i % 3 == 0 ? before.c_str() : time.c_str(), texts[i].c_str()});
    }
    steps.push_back(rows_step(batch_of(overs.input, rows)));
    steps.push_back(watermark_step(batch));
  }
  return run_operator(over_case(overs, steps), {.name = "as given"}).state_bytes_max;
}

TEST_CASE("TextsOfResultsAndOfRowsThatHaveLeftAreUsedAgain") {
  for (const OverOrder order : {OverOrder::kEventTime, OverOrder::kLog}) {
    for (const FrameKind kind : {FrameKind::kRows, FrameKind::kRange}) {
      for (const std::optional<uint32_t> length : {std::optional<uint32_t>(), std::optional(2U)}) {
        INFO("by log: " << (order == OverOrder::kLog) << ", rows: " << (kind == FrameKind::kRows)
                        << ", with a begin: " << length.has_value());
        const size_t some = bytes_of_texts(kind, order, length, 100);
        CHECK(bytes_of_texts(kind, order, length, 300) < some + some / 8);
      }
    }
  }
}

TEST_CASE("ByLogAFrameWithoutRangeIsThatOfAllRows") {
  OverSpec spec{.order = OverOrder::kLog, .calls = {}};
  OverCall call;
  REQUIRE(frame_of(spec, call).kind == FrameKind::kRows);
  call.range = 5;
  REQUIRE(frame_of(spec, call).has_range());
  spec.order = OverOrder::kEventTime;
  call.range = std::nullopt;
  REQUIRE(frame_of(spec, call).kind == FrameKind::kRange);
  call.function = OverFunction::kLag;
  REQUIRE(!has_frame(call));
}

}  // namespace
}  // namespace weir
