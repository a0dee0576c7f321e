// Jobs of several lives over one store: stopped, failed and begun again, with another parallelism
// too, they write what one long life would have written.
#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kInterval = 2'000;  // Microseconds between checkpoints

PlannedJob counting_job(uint32_t parallelism) {
  PlannedJob job = counting_graph().job(parallelism);
  job.graph.options.checkpoint_interval = kInterval;
  job.graph.options.restart_attempts = 0;
  return job;
}

std::map<std::string, int64_t> counts_of_one_life(const std::map<std::string, Rows>& splits) {
  Tables tables;
  tables.sources["in"].splits = splits;
  run_to_the_end(counting_graph().job(1), tables);
  return counts_of(tables.written("out").delivered);
}

TEST_CASE("AJobGoesOnWhereItWasStopped") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = splits, .endless = true};
  const RunOptions options{.executors = 2, .batch_rows = 3, .store = &store};
  uint32_t parallelism = 1;
  for (const size_t rows : {1, 30, 60, 90}) {
    const std::unique_ptr<Job> job = started(counting_job(parallelism), tables, options);
    REQUIRE(job->restored_from().has_value() == (rows != 1));
    tables.wait_for_rows("out", rows);
    job->stop();
    REQUIRE(ended(*job).ok());
    REQUIRE(job->unbalanced() == std::vector<std::string>());
    parallelism = parallelism % 3 + 1;
  }
  tables.sources["in"].endless = false;
  const std::unique_ptr<Job> last = started(counting_job(2), tables, options);
  REQUIRE(ended(*last).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));

  const std::unique_ptr<Job> nothing_left = started(counting_job(2), tables, options);
  CHECK(nothing_left->was_finished());
  CHECK(ended(*nothing_left).ok());
}

TEST_CASE("AJobGoesOnWhereItFailed") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  const RunOptions options{.executors = 2, .batch_rows = 3, .store = &store};
  for (const size_t rows : {40, 100, 200, 280}) {
    tables.sources["in"] = {.splits = splits, .breaks_after = rows};
    const std::unique_ptr<Job> job =
        started(counting_job(static_cast<uint32_t>(rows / 100 + 1)), tables, options);
    CHECK(ended(*job).error().kind == ErrorKind::kUnavailable);
  }
  tables.sources["in"] = {.splits = splits};
  const std::unique_ptr<Job> last = started(counting_job(3), tables, options);
  REQUIRE(ended(*last).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));
}

TEST_CASE("AJobBeginsAgainByItself") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {
      .splits = splits, .breaks_after = 100, .breaks_left = std::make_shared<std::atomic<int>>(1)};
  PlannedJob job = counting_job(2);
  job.graph.options.restart_attempts = 3;
  std::mutex mutex;
  std::vector<JobState> states;
  const RunOptions options{
      .executors = 2, .batch_rows = 3, .store = &store, .changed = [&](const JobEvent& event) {
        const std::lock_guard lock(mutex);
        states.push_back(event.state);
      }};
  const std::unique_ptr<Job> running = started(job, tables, options);
  REQUIRE(ended(*running).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));
  CHECK(std::count(states.begin(), states.end(), JobState::kRestarting) > 0);
  CHECK(states.back() == JobState::kFinished);
}

TEST_CASE("EndlessJobsDeliverEachInterval") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(50)}}, .endless = true};
  const std::unique_ptr<Job> job = started(counting_job(2), tables);
  tables.wait_for_delivered("out", 1);
  job->stop();
  REQUIRE(ended(*job).ok());
}

}  // namespace
}  // namespace weir
