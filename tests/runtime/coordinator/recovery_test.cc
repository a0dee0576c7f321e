#include "runtime/coordinator/recovery.h"

#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class Recovery {
 public:
  Recovery() { tables.sources["in"] = {}; }

  Life begin() {
    Result<Life> life = begin_life(history, plan());
    INFO((life.ok() ? "" : life.error().message));
    REQUIRE(life.ok());
    return std::move(life).value();
  }

  // A complete checkpoint with one row that was not delivered.
  Manifest complete(Generation generation, const std::string& lineage) {
    const CheckpointId id{generation, Epoch(1)};
    Manifest manifest{.id = id, .lineage = lineage, .script = "job", .key_groups = 128};
    const StoredObject row = history.put_file(id, "out", 0, "output.out", "row\n").value();
    manifest.slots = {{.sink = "out", .slot = 3, .sealed = {{id, 1, row}}}};
    REQUIRE(history.put_manifest(manifest).ok());
    return manifest;
  }

  Plan plan() const {
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    return graph.plan(1);
  }

  VolatileStore store;
  JobHistory history{store, "job"};
  Tables tables;
};

TEST_CASE("AJobWithoutCheckpointsStartsAfresh") {
  Recovery recovery;
  const Life first = recovery.begin();
  const Life second = recovery.begin();
  CHECK_FALSE(second.from.has_value());
  CHECK(second.generation > first.generation);
  CHECK(second.lineage != first.lineage);
}

TEST_CASE("OutputOfTheNewestCheckpointIsReplayedUntilItsRecordIsWritten") {
  Recovery recovery;
  const Life first = recovery.begin();
  const Manifest manifest = recovery.complete(first.generation, first.lineage);
  for (const bool replays : {true, true, false}) {
    const Life next = recovery.begin();
    CHECK(next.from == manifest);
    CHECK(next.lineage == first.lineage);
    CHECK(next.replays == replays);
    if (next.generation.value() == 3) REQUIRE(end_replay(recovery.history, next).ok());
  }
}

TEST_CASE("OutputThatNoSinkOfTheScriptTakesIsMissed") {
  Recovery recovery;
  const Life first = recovery.begin();
  recovery.complete(first.generation, first.lineage);
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("elsewhere", table_schema()));
  const Result<Life> next = begin_life(recovery.history, graph.plan(1));
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().kind == ErrorKind::kUser);
  CHECK(next.error().message.find("it does not write out") != std::string::npos);
}

TEST_CASE("AFinishedJobIsNotTakenForAnother") {
  Recovery recovery;
  const CheckpointId id{recovery.begin().generation, Epoch(1)};
  Manifest manifest{.id = id, .lineage = "l", .script = "job", .key_groups = 128};
  manifest.finished = true;
  manifest.tasks = {{.chain = "out", .source = "in"}};
  manifest.slots = {{.sink = "out"}};
  REQUIRE(recovery.history.put_manifest(manifest).ok());
  REQUIRE(recovery.history.put_committed(id).ok());
  CHECK(recovery.begin().from->finished);

  const auto refusal = [&](const std::string& source, const std::string& more) {
    Graph graph;
    const VertexIndex in = graph.source(source);
    graph.connect(in, graph.sink("out", table_schema()));
    if (!more.empty()) graph.connect(in, graph.sink(more, table_schema()));
    const Result<Life> next = begin_life(recovery.history, graph.plan(1));
    REQUIRE_FALSE(next.ok());
    CHECK(next.error().kind == ErrorKind::kUser);
    return next.error().message;
  };
  CHECK(refusal("other", "").find("it does not read in") != std::string::npos);
  CHECK(refusal("in", "more").find("never wrote more") != std::string::npos);
}

}  // namespace
}  // namespace weir
