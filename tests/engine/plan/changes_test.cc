// Which steps give rows that may be taken back, and who may take them.
#include "engine/plan/changes.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

// The transactions, then `step`, then a sink.
JobGraph chain_of(VertexSpec step, Envelope envelope) {
  SourceSpec source = transactions_source();
  source.on_error = OnError::kSkip;
  const SchemaPtr table = output_schema(source, kRowsPort, nullptr);
  const SchemaPtr made = output_schema(step, kRowsPort, table);
  SinkSpec sink = sink_of("out", *made);
  sink.envelope = envelope;
  JobGraph graph;
  graph.vertices = {{"in", source}, {"step", std::move(step)}, {"out", sink}};
  graph.edges = {{.from = VertexIndex(0),
                  .to = VertexIndex(1),
                  .distribution = {.kind = DistributionKind::kHash, .columns = {0}}},
                 {.from = VertexIndex(1), .to = VertexIndex(2)}};
  return graph;
}

GroupAggregateSpec counted() {
  return {.keys = {0},
          .aggregates = {
              {.name = "n", .function = AggregateFunction::kCountStar, .type = TypeKind::kBigint}}};
}

TEST_CASE("AggregatesWithoutAWindowChangeAndDistinctKeysDoNot") {
  CHECK(changing(chain_of(counted(), Envelope::kOp)) == std::vector<bool>{false, true, false});
  GroupAggregateSpec keys = counted();
  keys.aggregates.clear();
  CHECK(changing(chain_of(keys, Envelope::kPlain)) == std::vector<bool>{false, false, false});
}

TEST_CASE("WhatIsFoldedChangesNoMore") {
  CHECK(changing(chain_of(FoldSpec{.keys = {0}}, Envelope::kPlain)) ==
        std::vector<bool>{false, false, false});
}

TEST_CASE("APlainSinkTakesNothingBack") {
  JobGraph graph = chain_of(counted(), Envelope::kPlain);
  const Status refused = validate(graph);
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().message, Contains("cannot take them back"));
  CHECK(validate(chain_of(counted(), Envelope::kOp)).ok());
}

TEST_CASE("StepsThatGoByTimeTakeNothingBack") {
  CHECK_FALSE(takes_changes(WindowAggregateSpec()));
  CHECK_FALSE(takes_changes(OverSpec()));
  CHECK_FALSE(takes_changes(IntervalJoinSpec()));
  CHECK(takes_changes(ProjectSpec()));
  CHECK(takes_changes(EquiJoinSpec()));
}

}  // namespace
}  // namespace weir
