#include "runtime/cli/summary.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;

// A job that read a table and wrote another one.
struct Fixture {
  StagePlan source{.id = "t", .spec = SourceSpec{.table = "t"}};
  StagePlan sink{.id = "out", .spec = SinkSpec{.table = "out"}};
  RunTotals totals;

  Fixture() {
    totals.report.stages.push_back(
        {.id = "t",
         .plan = &source,
         .counters = {.rows_in = 1234567, .accepted = 1234565, .bad = 2, .rows_out = 1234565},
         .bad_by_label = {{"not JSON", 2}}});
    totals.report.stages.push_back({.id = "out", .plan = &sink, .counters = {.rows_in = 3}});
    totals.wall_micros = 2'000'000;
  }
};

TEST_CASE("TheSummaryNamesTablesRowsAndBadRecords") {
  const Fixture job;
  const std::string text = summary_text("alerts", job.totals);
  REQUIRE_THAT(text, Contains("job alerts finished after 2.0 s"));
  REQUIRE_THAT(
      text, Contains("table t (read): 1,234,567 rows in, 1,234,565 out, 617,283/s  late 0  bad 2"));
  REQUIRE_THAT(text, Contains("not JSON: 2"));
  REQUIRE_THAT(text, Contains("table out (written): 3 rows, 1/s\n"));
  REQUIRE_THAT(text, Contains("every row is accounted for"));
}

TEST_CASE("AGapIsShownAsOne") {
  Fixture job;
  job.totals.gaps = {"t -> out: rows sent 4, rows received 3"};
  REQUIRE_THAT(summary_text("alerts", job.totals),
               Contains("NOT ACCOUNTED FOR: t -> out: rows sent 4, rows received 3"));
  REQUIRE_THAT(summary_json("alerts", job.totals), Contains("rows received 3"));
}

TEST_CASE("TheSummaryIsThereForProgramsToo") {
  const Fixture job;
  const std::string text = summary_json("alerts", job.totals);
  REQUIRE_THAT(text, Contains(R"("job":"alerts","state":"finished","was_finished":false)"));
  REQUIRE_THAT(text,
               Contains(R"("rows_in":1234567,"rows_out":1234565,"rows_in_per_second":617283)"));
}

TEST_CASE("AJobThatWasFinishedBeforeSaysNoMore") {
  REQUIRE(summary_json("alerts", RunTotals{.was_finished = true}) ==
          "{\"job\":\"alerts\",\"state\":\"finished\",\"was_finished\":true}\n");
}

TEST_CASE("WhatASinkKeptIsOneLine") {
  Fixture job;
  job.totals.report.stages[1].written = RowTotals{.rows = 3, .checksum = 0xabc};
  REQUIRE_THAT(summary_text("alerts", job.totals),
               Contains("\n      rows 3 checksum 0000000000000abc\n"));
  REQUIRE_THAT(summary_json("alerts", job.totals),
               Contains(R"("notes":["rows 3 checksum 0000000000000abc"])"));
}

TEST_CASE("TheLiveLineShowsRateAndWatermark") {
  Fixture job;
  job.totals.report.watermark = 0;
  REQUIRE(live_line({}, job.totals.report, {.before = 1'000'000, .now = 2'000'000}, {}) ==
          "1,234,567 rows in (1,234,567/s)  3 out  lag 2.00 s  watermark 1970-01-01T00:00:00Z");
}

const Hold kSilent{
    .reason = HoldReason::kSilent, .table = "t", .split = "3", .silent_micros = 12'000'000};

TEST_CASE("TheLiveLineNamesTheSplitThatHoldsTimeBack") {
  Fixture job;
  job.totals.report.watermark = 0;
  REQUIRE_THAT(live_line({}, job.totals.report, {.before = 0, .now = 1'000'000}, kSilent),
               Contains("  held by split 3 of table t: silent for 12 s  watermark 1970-"));
}

TEST_CASE("TheSummarySaysWhereTimeStoodAndWhy") {
  Fixture job;
  job.totals.hold = kSilent;
  job.totals.report.watermark = 60'000'000;
  REQUIRE_THAT(summary_text("alerts", job.totals),
               Contains("  event time stood at 1970-01-01T00:01:00Z, held by split 3 of table t: "
                        "silent for 12 s\n"));
  REQUIRE_THAT(summary_json("alerts", job.totals),
               Contains(R"("event_time_held_by":{"reason":"silent","table":"t","split":"3",)"
                        R"("silent_seconds":12})"));
  job.totals.report.watermark = kMinTime;
  REQUIRE_THAT(summary_text("alerts", job.totals),
               Contains("event time stood at minus infinity, held by"));
}

TEST_CASE("RowsThatWereLiftedAreCountedApart") {
  Fixture job;
  job.totals.report.stages[0].counters.late = 2;
  job.totals.report.stages[0].counters.late_pairs = 4;
  job.totals.report.stages[0].counters.lifted = 3;
  REQUIRE_THAT(summary_text("alerts", job.totals),
               Contains("late 2  late pairs 4  lifted 3  bad 2"));
  REQUIRE_THAT(summary_json("alerts", job.totals),
               Contains(R"("late":2,"late_pairs":4,"lifted":3)"));
}

}  // namespace
}  // namespace weir
