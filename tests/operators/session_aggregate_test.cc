// Sessions through the harness, and random streams against sessions made by sorting.
#include "operators/session_aggregate.h"

#include "engine/time/watermark.h"
#include "tests/operators/window_cases.h"
#include "tests/operators/window_reference.h"
#include "tests/seeds.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using enum AggregateFunction;

Windows sessions(int64_t gap) {
  return {.input = schema_of({"k text", "v int", "at timestamptz!"}),
          .keys = {"k"},
          .aggregates = {{}, {kSum, "v"}},
          .size = gap,
          .kind = WindowKind::kSession};
}

Steps stream(std::vector<Step> steps) {
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return steps;
}

}  // namespace

TEST_CASE("RowsTheGapApartShareASession") {
  const Windows windows = sessions(seconds(10));
  check_windows(
      windows,
      stream(
          {rows_step(batch_of(
               windows.input,
               {{"a", "1", "@0"}, {"a", "2", "@10"}, {"b", "4", "@5"}, {"a", "8", "@20.000001"}})),
           watermark_step(20)}),
      {.rows = {{"a", "@0", "@20", "@19.999999", "2", "3"},
                {"a", "@20.000001", "@30.000001", "@30", "1", "8"},
                {"b", "@5", "@15", "@14.999999", "1", "4"}}});
}

TEST_CASE("ARowBridgesTwoSessions") {
  const Windows windows = sessions(seconds(10));
  check_windows(
      windows,
      stream({rows_step(batch_of(windows.input,
                                 {{"a", "1", "@0"}, {"a", "2", "@18"}, {"a", "4", "@30"}})),
              watermark_step(5), rows_step(batch_of(windows.input, {{"a", "8", "@9"}}))}),
      {.rows = {{"a", "@0", "@28", "@27.999999", "3", "11"},
                {"a", "@30", "@40", "@39.999999", "1", "4"}}});
}

TEST_CASE("ASessionFiresWhenTheWatermarkIsPastItsEnd") {
  const Windows windows = sessions(seconds(10));
  const auto until = [&](int64_t watermark) {
    OperatorCase the_case = window_case(
        whole_spec(windows), windows.input,
        {rows_step(batch_of(windows.input, {{"a", "1", "@0"}})), {Port{0}, Watermark{watermark}}});
    return run_operator(the_case, {.name = "once"}).rows[kRowsPort].size();
  };
  CHECK(until(seconds(10)) == 0);
  CHECK(until(seconds(10) + 1) == 1);
}

TEST_CASE("ARowLateByItsOwnTimeIsInNoSession") {
  const Windows windows = sessions(seconds(10));
  const RecordBatch late =
      with_arrival(batch_of(windows.input, {{"a", "2", "@4"}, {"a", "4", "@5"}}), {5, 5});
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"a", "1", "@0"}})), rows_step(late)}),
                {.rows = {{"a", "@0", "@15", "@14.999999", "2", "5"}},
                 .late = 1,
                 .late_rows = {{R"({"k":"a","v":2,"at":"1970-01-01T00:00:04Z"})", kNull, kNull,
                                kNull, "w", "@14", "1 second"}}});
}

TEST_CASE("SessionsWithoutKeys") {
  Windows windows = sessions(seconds(1));
  windows.keys.clear();
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"a", "1", "@0"}, {"b", "2", "@1"}}))}),
                {.rows = {{"@0", "@2", "@1.999999", "2", "3"}}});
}

TEST_CASE("SessionsAgreeWithSortedRows") {
  for (const uint64_t seed : Seeds(200)) {
    INFO("replay with WEIR_SEED=" << seed);
    std::mt19937_64 dice(seed);
    Windows windows{.input = reference_input(),
                    .aggregates = {{}, {kMax, "k"}, {kSum, "n"}, {kCount, "v"}},
                    .kind = WindowKind::kSession};
    if (dice() % 4 != 0) windows.keys.push_back(dice() % 2 == 0 ? "k" : "g");
    windows.size = seconds(1 + static_cast<int64_t>(dice() % 20));
    const RandomStream stream = random_stream(windows, dice);
    OperatorCase the_case = window_case(whole_spec(windows), windows.input, stream.steps);
    the_case.expected[kRowsPort] = reference_results(windows, stream.on_time);
    the_case.open[kLatePort.value()] = false;
    the_case.lost.late = stream.late;
    if (seed % 20 == 0) {
      check_operator(the_case);
      continue;
    }
    const Run run = run_operator(the_case, {.name = "random",
                                            .batching = static_cast<Batching>(dice() % 4),
                                            .seed = seed,
                                            .pending_first = dice() % 2 == 0,
                                            .instances = {1, 2, 3}});
    REQUIRE(run.counters.late == stream.late);
    REQUIRE(run.rows.contains(kRowsPort) == !the_case.expected[kRowsPort].empty());
    if (run.rows.contains(kRowsPort)) {
      REQUIRE(run.rows.at(kRowsPort) == sorted(the_case.expected[kRowsPort]));
    }
  }
}

}  // namespace weir
