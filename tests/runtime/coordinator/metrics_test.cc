#include "runtime/coordinator/metrics.h"

#include "tests/runtime/coordinator/fake_cluster.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;

std::string text_of(const std::vector<JobView>& jobs) { return metrics_text(job_metrics(jobs)); }

TEST_CASE("AFamilyHasHelpTypeAndSamples") {
  REQUIRE_THAT(text_of({counting_job()}),
               Contains("# HELP weir_job_rows_read_total Rows that a source table has read.\n"
                        "# TYPE weir_job_rows_read_total counter\n"
                        "weir_job_rows_read_total{job=\"count\",step=\"clicks\"} 100\n"));
}

TEST_CASE("ValuesAreInBaseUnits") {
  const std::string text = text_of({counting_job()});
  for (const char* line : {
           "weir_job_watermark_seconds{job=\"count\"} 1704067198\n",
           "weir_job_watermark_lag_seconds{job=\"count\"} 2\n",
           "weir_job_checkpoint_duration_seconds{job=\"count\"} 0.25\n",
           "weir_job_checkpoint_age_seconds{job=\"count\"} 0.75\n",
           "weir_job_checkpoint_size_bytes{job=\"count\"} 4096\n",
           "weir_job_state_bytes{job=\"count\"} 2048\n",
           "weir_job_rows_written_total{job=\"count\",step=\"out\"} 5\n",
           "weir_job_late_rows_total{job=\"count\",step=\"clicks\"} 1\n",
           "weir_job_state{job=\"count\",state=\"running\"} 1\n",
           "weir_job_state{job=\"count\",state=\"failed\"} 0\n",
           "weir_job_restarts_total{job=\"count\"} 1\n",
       }) {
    REQUIRE_THAT(text, Contains(line));
  }
}

TEST_CASE("WhatIsNotKnownIsLeftOut") {
  const JobView fresh{.id = "1", .name = "fresh"};
  REQUIRE_THAT(text_of({fresh}), Contains("weir_job_info{job=\"fresh\",id=\"1\"} 1\n") &&
                                     !Contains("watermark") && !Contains("backlog") &&
                                     !Contains("duration"));
}

TEST_CASE("OfJobsOfOneNameTheNewestIsShown") {
  JobView former = counting_job();
  former.id = "00000000";
  REQUIRE_THAT(text_of({former, counting_job()}),
               Contains("id=\"0123abcd\"") && !Contains("id=\"00000000\""));
}

TEST_CASE("LabelsAreEscaped") {
  JobView job = counting_job();
  job.name = "a\"b\\c\nd";
  REQUIRE_THAT(text_of({job}), Contains(R"(weir_job_tasks{job="a\"b\\c\nd"} 2)"));
}

TEST_CASE("LargeAndBrokenValuesAreExact") {
  const MetricFamily family{
      .name = "x", .help = "y", .samples = {{{}, 1e300}, {{}, 0.1}, {{}, 123456789012.0}}};
  REQUIRE(metrics_text({&family, 1}) ==
          "# HELP x y\n# TYPE x gauge\nx 1e+300\nx 0.1\n"
          "x 123456789012\n");
}

TEST_CASE("AWorkerWhoseConnectionBrokeIsDown") {
  ClusterView cluster{.version = "0.1.0", .term = 4, .leader = "a"};
  cluster.workers = {{.id = "1", .exchange_address = "a:7010", .slots = 4, .slots_used = 3},
                     {.id = "2", .exchange_address = "b:7010", .slots = 2, .suspected = true}};
  const std::string text = metrics_text(cluster_metrics(cluster));
  for (const char* line : {
           "weir_coordinator_term 4\n",
           "weir_coordinator_leader 1\n",
           "weir_worker_up{worker=\"1\",address=\"a:7010\"} 1\n",
           "weir_worker_up{worker=\"2\",address=\"b:7010\"} 0\n",
           "weir_worker_slots_used{worker=\"1\",address=\"a:7010\"} 3\n",
       }) {
    REQUIRE_THAT(text, Contains(line));
  }
}

}  // namespace
}  // namespace weir
