#include "runtime/coordinator/documents.h"

#include "tests/runtime/coordinator/fake_cluster.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

namespace json = boost::json;

TEST_CASE("AJobIsShownInPeoplesUnits") {
  const json::object job = job_document(counting_job());
  REQUIRE(job.at("watermark") == "2023-12-31T23:59:58Z");
  REQUIRE(job.at("since") == "2023-12-31T23:59:48Z");
  REQUIRE(job.at("rows_read") == 100);
  REQUIRE(job.at("rows_written") == 5);
  REQUIRE(job.at("checkpoints") == json::parse(R"({"completed": 11, "given_up": 1, "last":
      {"id": "3-17", "generation": 3, "epoch": 17, "state": "complete",
       "began_at": "2023-12-31T23:59:59Z", "duration_seconds": 2.5E-1, "size_bytes": 4096,
       "age_seconds": 7.5E-1}})"));
  REQUIRE(job.if_contains("reason") == nullptr);
}

TEST_CASE("ATaskCountsWhatCrossesItsEdges") {
  const json::array tasks = job_document(counting_job()).at("tasks").as_array();
  REQUIRE(tasks[0].at("rows_in") == 100);
  REQUIRE(tasks[0].at("rows_out") == 97);
  REQUIRE(tasks[1].at("rows_in") == 97);
  REQUIRE(tasks[1].at("rows_out") == 5);
  REQUIRE(tasks[1].at("watermark").is_null());
  REQUIRE(tasks[1].at("steps") == json::parse(R"(["counts", "out"])"));
}

TEST_CASE("MemoryIsShownForEachWorkerWithItsParts") {
  REQUIRE(job_document(counting_job()).at("memory") == json::parse(R"json([
      {"worker": "1", "bytes": 100663296, "least_bytes": 83886080,
       "parts": {"the process": 33554432, "tasks (2)": 67108864},
       "worker_bytes": 201326592, "peak_memory_bytes": 52428800},
      {"worker": "2"}])json"));
}

TEST_CASE("AStepSaysWhereItsRowsWent") {
  const json::array steps = job_document(counting_job()).at("steps").as_array();
  REQUIRE(steps[0].at("rows_bad_by_reason") == json::parse(R"({"not JSON": 2})"));
  REQUIRE(steps[0].at("rows_late") == 1);
  REQUIRE(steps[2].at("rows_out") == 5);
  REQUIRE_FALSE(steps[1].as_object().contains("taken"));
}

TEST_CASE("WhatTheSlotsOfABlackholeTookIsAddedUp") {
  JobView job = counting_job();
  job.tasks.push_back(job.tasks.back());
  job.tasks.back().report.stages.back().written->checksum += uint64_t{1} << 63;
  const json::array steps = job_document(job).at("steps").as_array();
  REQUIRE(steps[2].at("taken") == json::parse(R"({"rows": 14, "checksum": "8000000000000054"})"));
}

TEST_CASE("WholeNumbersHaveNoExponent") {
  JobView job = counting_job();
  job.rates = {.rows_read = 0, .rows_written = 1e300};
  REQUIRE(json::serialize(job_summary(job).at("rows_read_per_second")) == "0");
  REQUIRE(job_summary(job).at("rows_written_per_second") == 1e300);
}

TEST_CASE("TheEndOfTimeIsInfinity") {
  JobView job = counting_job();
  job.watermark = kMaxTime;
  REQUIRE(job_summary(job).at("watermark") == "infinity");
}

TEST_CASE("ACheckpointThatWasGivenUpSaysWhy") {
  CheckpointView view{.id = {Generation(1), Epoch(2)}};
  view.failure = unavailable("too slow");
  REQUIRE(checkpoint_document(view).at("state") == "given_up");
  REQUIRE(checkpoint_document(view).at("reason") == "too slow");
}

TEST_CASE("WithoutAHoldAndACheckpointThereIsNull") {
  const json::object why = why_document({.now = kNewYear});
  REQUIRE(why.at("held_by").is_null());
  REQUIRE(why.at("checkpoint").is_null());
  REQUIRE(why.at("splits").as_array().empty());
}

TEST_CASE("AWorkerThatSaysNoMemoryHasNone") {
  ClusterView cluster{.version = "0.1.0"};
  cluster.workers = {{.id = "1", .suspected = true, .lease_left = 1'500'000}};
  const json::object document = cluster_document(cluster);
  const json::object& worker = document.at("workers").as_array()[0].as_object();
  REQUIRE(worker.if_contains("memory_bytes") == nullptr);
  REQUIRE(worker.at("state") == "suspected");
  REQUIRE(worker.at("lease_left_seconds") == 1.5);
  REQUIRE(document.if_contains("leader") == nullptr);
}

TEST_CASE("WhatIsNoUtf8IsShownAsFarAsItIs") {
  REQUIRE(error_document({.message = "a\xff z"}).at("error").at("message") == "a? z");
  REQUIRE(error_document({.message = "ü"}).at("error").at("message") == "ü");
}

TEST_CASE("ARefusalHasAPlaceOnlyWhereThereIsOne") {
  REQUIRE(error_document({.message = "m"}).at("error") ==
          json::parse(R"({"kind": "user", "message": "m"})"));
  REQUIRE(error_document({.message = "m", .line = 2, .column = 5}).at("error") ==
          json::parse(R"({"kind": "user", "message": "m", "line": 2, "column": 5})"));
}

}  // namespace
}  // namespace weir
