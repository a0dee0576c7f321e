#include "runtime/coordinator/recovery.h"

#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class Recovery {
 public:
  Recovery() { tables.sources["in"] = {}; }

  // A life that has fenced, looked, and written its base.
  Generation begin(std::optional<RecoveryPoint>* seen = nullptr) {
    const Generation generation = history.fence().value();
    Result<std::optional<RecoveryPoint>> point = look_back(history, plan(), generation);
    INFO((point.ok() ? "" : point.error().message));
    REQUIRE(point.ok());
    std::optional<CheckpointId> base;
    if (point->has_value()) base = (*point)->manifest.id;
    REQUIRE(history.write_base(generation, base).ok());
    if (seen != nullptr) *seen = std::move(*point);
    return generation;
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
  std::optional<RecoveryPoint> point;
  recovery.begin(&point);
  recovery.begin(&point);
  CHECK_FALSE(point.has_value());
  CHECK(new_lineage() != new_lineage());
}

TEST_CASE("OutputOfTheNewestCheckpointIsOwedUntilItsRecordIsWritten") {
  Recovery recovery;
  const Manifest manifest = recovery.complete(recovery.begin(), "l");
  std::optional<RecoveryPoint> point;
  recovery.begin(&point);
  REQUIRE(point.has_value());
  CHECK(point->manifest == manifest);
  CHECK_FALSE(point->committed);
  REQUIRE(recovery.history.put_committed(manifest.id).ok());
  recovery.begin(&point);
  CHECK(point->committed);
}

TEST_CASE("OutputThatNoSinkOfTheScriptTakesIsMissed") {
  Recovery recovery;
  recovery.complete(recovery.begin(), "l");
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("elsewhere", table_schema()));
  const Generation next_life = recovery.history.fence().value();
  const auto next = look_back(recovery.history, graph.plan(1), next_life);
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().kind == ErrorKind::kUser);
  CHECK(next.error().message.find("it does not write out") != std::string::npos);
}

TEST_CASE("AFinishedJobIsNotTakenForAnother") {
  Recovery recovery;
  const CheckpointId id{recovery.begin(), Epoch(1)};
  Manifest manifest{.id = id, .lineage = "l", .script = "job", .key_groups = 128};
  manifest.finished = true;
  manifest.tasks = {{.chain = "out", .source = "in"}};
  manifest.slots = {{.sink = "out"}};
  REQUIRE(recovery.history.put_manifest(manifest).ok());
  REQUIRE(recovery.history.put_committed(id).ok());
  std::optional<RecoveryPoint> point;
  recovery.begin(&point);
  CHECK(point->manifest.finished);

  const auto refusal = [&](const std::string& source, const std::string& more) {
    Graph graph;
    const VertexIndex in = graph.source(source);
    graph.connect(in, graph.sink("out", table_schema()));
    if (!more.empty()) graph.connect(in, graph.sink(more, table_schema()));
    const Generation next_life = recovery.history.fence().value();
    const auto next = look_back(recovery.history, graph.plan(1), next_life);
    REQUIRE_FALSE(next.ok());
    CHECK(next.error().kind == ErrorKind::kUser);
    return next.error().message;
  };
  CHECK(refusal("other", "").find("it does not read in") != std::string::npos);
  CHECK(refusal("in", "more").find("never wrote more") != std::string::npos);
}

bool descends(const std::string& lineage, uint64_t epoch, const Origin& origin, bool forks) {
  const Manifest newest{.id = {Generation(9), Epoch(epoch)}, .lineage = lineage};
  const Status status = check_descent(newest, origin, forks);
  if (!status.ok()) CHECK(status.error().kind == ErrorKind::kUser);
  return status.ok();
}

TEST_CASE("WhatIsThereDescendsFromASavepointOfItsLineageThatIsNotNewer") {
  const Origin origin{"l", {Generation(2), Epoch(5)}};
  CHECK(descends("l", 5, origin, false));
  CHECK(descends("l", 6, origin, false));
  CHECK_FALSE(descends("l", 4, origin, false));
  CHECK_FALSE(descends("other", 6, origin, false));
  CHECK_FALSE(descends("l", 6, origin, true));
}

TEST_CASE("AForkIsKnownByItsLineageWhichNoOtherHas") {
  const Origin origin{new_lineage(), {Generation(2), Epoch(5)}};
  const std::string fork = new_lineage_of_fork(origin);
  CHECK(fork.size() == origin.lineage.size());
  CHECK(fork != new_lineage_of_fork(origin));
  CHECK(descends(fork, 6, origin, true));
  CHECK_FALSE(descends(fork, 6, origin, false));
  CHECK_FALSE(descends(fork, 6, {origin.lineage, {Generation(2), Epoch(6)}}, true));
  CHECK_FALSE(descends(new_lineage(), 6, origin, true));
}

}  // namespace
}  // namespace weir
