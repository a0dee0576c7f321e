// Reports of two tasks over a plan of two chains, summed and balanced.
#include "runtime/messages/job_report.h"

#include "engine/plan/specs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Plan two_chains(uint32_t parallelism) {
  Plan plan;
  for (const char* id : {"in", "out"}) {
    ChainPlan& chain = plan.chains.emplace_back();
    chain.parallelism = parallelism;
    StagePlan& stage = chain.stages.emplace_back();
    stage.id = id;
    stage.outputs.resize(1);
  }
  plan.chains[0].outputs = {0};
  plan.chains[1].inputs = {0};
  plan.edges.push_back({.from_chain = 0, .to_chain = 1, .name = "in -> out"});
  return plan;
}

TaskReport one_stage(const std::string& id, uint64_t rows) {
  TaskReport report;
  report.stages.push_back({.id = id,
                           .counters = {.rows_in = rows, .accepted = rows, .rows_out = rows},
                           .emitted = {rows}});
  return report;
}

TaskReports balanced_reports() {
  TaskReports reports{{0, one_stage("in", 10)},
                      {1, one_stage("in", 20)},
                      {2, one_stage("out", 15)},
                      {3, one_stage("out", 15)}};
  reports[0].rows_sent[0] = 10;
  reports[1].rows_sent[0] = 20;
  reports[2].rows_received[0] = 15;
  reports[3].rows_received[0] = 15;
  return reports;
}

TEST_CASE("SumsTasksByStage") {
  const Plan plan = two_chains(2);
  TaskReports reports = balanced_reports();
  reports[0].watermark = 7;
  reports[1].watermark = 5;
  reports[2].stages[0].written = RowTotals{15, 1};
  reports[3].stages[0].written = RowTotals{15, 2};
  const JobReport report = job_report(plan, reports);
  REQUIRE(report.stages.size() == 2);
  CHECK(report.stages[0].counters.rows_in == 30);
  CHECK(report.stages[1].written == RowTotals{30, 3});
  CHECK(report.watermark == 5);
}

TEST_CASE("IdleReadersHoldNoTimeBack") {
  const Plan plan = two_chains(2);
  TaskReports reports = balanced_reports();
  reports[0].watermark = 7;
  reports[1].watermark = 5;
  reports[1].idle = true;
  CHECK(job_report(plan, reports).watermark == 7);
}

TEST_CASE("ATaskThatHasNotReportedHasDoneNothing") {
  const JobReport report = job_report(two_chains(2), {});
  CHECK(report.stages[0].counters.rows_in == 0);
  CHECK(report.watermark == kMinTime);
}

TEST_CASE("RowsThatGetLostOnTheWayAreFound") {
  const Plan plan = two_chains(2);
  TaskReports reports = balanced_reports();
  CHECK(unbalanced(plan, reports).empty());
  reports[3].rows_received[0] = 14;
  CHECK(unbalanced(plan, reports) ==
        std::vector<std::string>{"in -> out: rows sent 30, rows received 29"});
}

TEST_CASE("RowsThatAStepDoesNotAccountForAreFound") {
  const Plan plan = two_chains(2);
  TaskReports reports = balanced_reports();
  reports[0].stages[0].counters.accepted = 9;
  reports[1].records_lost = 2;
  const std::vector<std::string> gaps = unbalanced(plan, reports);
  REQUIRE(gaps.size() == 2);
  CHECK(gaps[0].find("2 records read are neither") != std::string::npos);
  CHECK(gaps[1].find("rows in 30 are not accepted 29") != std::string::npos);
}

}  // namespace
}  // namespace weir
