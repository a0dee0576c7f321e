// What does not fit a checkpoint is refused, with the step that does not.
#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace weir {
namespace {

void run_and_stop(const Graph& graph, Tables& tables, const RunOptions& options) {
  const std::unique_ptr<Job> job = started(graph.job(2), tables, options);
  tables.wait_for_rows("out", 1);
  job->stop();
  REQUIRE(ended(*job).ok());
}

std::string refusal_of(const Graph& graph, Tables& tables, const RunOptions& options) {
  const Result<std::unique_ptr<Job>> job = Job::start(graph.job(2), tables.factory(), options);
  REQUIRE_FALSE(job.ok());
  CHECK(job.error().kind == ErrorKind::kUser);
  return job.error().message;
}

Graph counting_as(const std::string& step, std::vector<size_t> keys) {
  Graph graph;
  const VertexIndex in = graph.source("in");
  WindowAggregateSpec spec = count_by_key();
  spec.keys = std::move(keys);
  const VertexIndex counts = graph.add(step, spec);
  graph.connect(in, counts, {.kind = DistributionKind::kHash, .columns = spec.keys});
  graph.connect(counts, graph.sink("out", graph.schema_of(counts)));
  return graph;
}

TEST_CASE("RefusesAScriptThatTheStateDoesNotFit") {
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(50)}}, .endless = true};
  tables.sources["other"] = tables.sources["in"];
  const RunOptions options{.store = &store};
  run_and_stop(counting_as("counts", {0}), tables, options);

  CHECK(refusal_of(counting_as("renamed", {0}), tables, options).find("no step counts") !=
        std::string::npos);
  const std::string other_key = refusal_of(counting_as("counts", {1}), tables, options);
  CHECK(other_key.find("step counts keeps") != std::string::npos);
  CHECK(other_key.find("another state folder") != std::string::npos);
}

TEST_CASE("OnlySplitsThatCameSinceAreReadFromTheirBeginning") {
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(50)}}, .endless = true};
  tables.sources["added"] = tables.sources["in"];
  const RunOptions options{.store = &store};
  Graph graph = counting_as("counts", {0});
  run_and_stop(graph, tables, options);
  CHECK_FALSE(tables.was_opened_as_new("in", "0"));

  tables.sources["in"].splits["1"] = many_rows(50);
  graph.connect(graph.source("added"), graph.sink("copies", table_schema()));
  const std::unique_ptr<Job> job = started(graph.job(2), tables, options);
  tables.wait_for_rows("copies", 50);
  job->stop();
  REQUIRE(ended(*job).ok());
  CHECK_FALSE(tables.was_opened_as_new("in", "0"));
  CHECK(tables.was_opened_as_new("in", "1"));
  CHECK_FALSE(tables.was_opened_as_new("added", "0"));
}

TEST_CASE("ASplitThatIsGoneIsMissed") {
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(50)}, {"1", many_rows(50)}}, .endless = true};
  const RunOptions options{.store = &store};
  const Graph graph = counting_as("counts", {0});
  run_and_stop(graph, tables, options);
  tables.sources["in"].splits.erase("1");
  CHECK(refusal_of(graph, tables, options).find("1 is gone") != std::string::npos);
}

// A job that was stopped when most of its groups were not in memory, and what it left.
class StoppedJob {
 public:
  StoppedJob() {
    tables.sources["in"] = {.splits = {{"0", many_rows(4000)}}, .endless = true};
    graph = counting_in_one_window();
    const std::unique_ptr<Job> job = started(graph.job(2), tables, options());
    tables.wait_for_rows("copy", 4000);
    job->stop();
    REQUIRE(ended(*job).ok());
    REQUIRE_FALSE(table_files().empty());
  }

  RunOptions options() {
    return {.store = &store, .state_bytes = 32 << 10, .work_folder = work.path()};
  }
  Result<std::unique_ptr<Job>> start(uint32_t parallelism, const RunOptions& with) {
    return Job::start(graph.job(parallelism), tables.factory(), with);
  }
  std::vector<std::string> table_files() {
    std::vector<std::string> found;
    for (const std::string& name : store.list("").value()) {
      if (name.ends_with(".sst")) found.push_back(name);
    }
    return found;
  }

  VolatileStore store;
  Tables tables;
  Graph graph;
  const StoreFolder work = StoreFolder::quick();

 private:
  static Graph counting_in_one_window() {
    Graph graph;
    WindowAggregateSpec spec = count_by_key();
    spec.keys = {1};
    spec.window.size = 1'000'000 * kSecond;
    const VertexIndex in = graph.source("in");
    const VertexIndex counts = graph.add("counts", spec);
    graph.connect(in, counts, {.kind = DistributionKind::kHash, .columns = {1}});
    graph.connect(in, graph.sink("copy", table_schema()));
    graph.connect(counts, graph.sink("out", graph.schema_of(counts)));
    return graph;
  }
};

TEST_CASE("RowsThatWereNotInMemoryAreFoundByAnyNumberOfTasks") {
  for (const uint32_t parallelism : {1U, 2U, 3U}) {
    StoppedJob stopped;
    stopped.tables.sources["in"].endless = false;
    const std::unique_ptr<Job> job = stopped.start(parallelism, stopped.options()).value();
    REQUIRE(ended(*job).ok());
    const auto counts = counts_of(stopped.tables.written("out").delivered);
    CHECK(counts.size() == 4000);
  }
}

TEST_CASE("TableFilesThatAreNotWhatWasWrittenAreNamed") {
  for (const uint32_t parallelism : {2U, 1U}) {
    for (const bool missing : {false, true}) {
      StoppedJob stopped;
      const std::vector<std::string> damaged = stopped.table_files();
      for (const std::string& name : damaged) {
        if (missing) {
          REQUIRE(stopped.store.remove(name).ok());
        } else {
          REQUIRE(stopped.store.put(name, *stopped.store.get(name).value() + "x").ok());
        }
      }
      const Result<std::unique_ptr<Job>> job = stopped.start(parallelism, stopped.options());
      REQUIRE_FALSE(job.ok());
      CHECK(job.error().kind == ErrorKind::kCorrupt);
      CHECK(std::any_of(damaged.begin(), damaged.end(), [&job](const std::string& name) {
        return job.error().message.find(name) != std::string::npos;
      }));
      CHECK(stopped.work.entries().empty());
    }
  }
}

TEST_CASE("RowsThatWereNotInMemoryNeedAFolder") {
  StoppedJob stopped;
  const Result<std::unique_ptr<Job>> job = stopped.start(2, {.store = &stopped.store});
  REQUIRE_FALSE(job.ok());
  CHECK(job.error().kind == ErrorKind::kUser);
  CHECK(job.error().message.find("no folder for them") != std::string::npos);
}

}  // namespace
}  // namespace weir
