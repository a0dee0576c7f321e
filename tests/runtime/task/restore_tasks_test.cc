// What does not fit a checkpoint is refused, with the step that does not.
#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace weir
