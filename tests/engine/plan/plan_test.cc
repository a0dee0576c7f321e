#include "engine/plan/plan.h"

#include "engine/expr/build.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

// "a>b>c": the stages of each chain.
std::vector<std::string> chains(const Plan& plan) {
  std::vector<std::string> texts;
  for (const ChainPlan& chain : plan.chains) {
    std::string text;
    for (const StagePlan& stage : chain.stages) text += (text.empty() ? "" : ">") + stage.id;
    texts.push_back(text);
  }
  return texts;
}

const StagePlan& stage_of(const Plan& plan, std::string_view id) {
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (stage.id == id) return stage;
    }
  }
  FAIL("no stage " << id);
  return plan.chains[0].stages[0];
}

std::string needed(const OutputPlan& output) {
  std::string text;
  for (size_t i = 0; i < output.needed.size(); ++i) {
    if (output.needed[i].needed) text += output.schema->fields[i].name + " ";
  }
  return text;
}

Plan plan_of(const JobGraph& graph, uint32_t parallelism) {
  REQUIRE(refusal(graph).empty());
  return make_plan(graph, {.parallelism = parallelism});
}

// Who stands at the end of each edge agrees with the edge, and every schema is that of both sides.
void check_joints(const Plan& plan) {
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    for (const size_t edge : plan.chains[chain].inputs) CHECK(plan.edges[edge].to_chain == chain);
    for (const size_t edge : plan.chains[chain].outputs) {
      CHECK(plan.edges[edge].from_chain == chain);
      CHECK(plan.edges[edge].to_chain > chain);
    }
    const std::vector<StagePlan>& stages = plan.chains[chain].stages;
    for (size_t i = 0; i < stages.size(); ++i) {
      for (const OutputPlan& output : stages[i].outputs) {
        CHECK(output.needed.size() == output.schema->fields.size());
        for (const Target& target : output.targets) {
          const auto* inside = std::get_if<StageTarget>(&target);
          if (inside != nullptr) {
            CHECK(inside->stage > i);
          } else {
            CHECK(plan.edges[std::get<EdgeTarget>(target).edge].from_chain == chain);
          }
        }
      }
    }
  }
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("OneInstanceNeedsNoExchange") {
  const Plan plan = plan_of(fraud_graph(), 1);
  CHECK(chains(plan) == Texts{"transactions>big>totals>alerts>out>late", "trash"});
  for (const EdgePlan& edge : plan.edges) {
    CHECK(edge.distribution.kind == DistributionKind::kForward);
  }
  check_joints(plan);
}

TEST_CASE("SeveralInstancesAggregateInTwoPhases") {
  const Plan plan = plan_of(fraud_graph(), 2);
  CHECK(chains(plan) ==
        Texts{"transactions>big>totals/partial>late", "totals>alerts>out", "trash"});
  for (const ChainPlan& chain : plan.chains) CHECK(chain.parallelism == 2);
  REQUIRE(plan.chains[1].inputs.size() == 1);
  const EdgePlan& exchange = plan.edges[plan.chains[1].inputs[0]];
  CHECK(exchange.name == "totals/partial -> totals");
  CHECK(exchange.distribution == Distribution{DistributionKind::kHash, {0}});
  CHECK(exchange.schema->fields[1].name == "window_end");
  check_joints(plan);
}

TEST_CASE("FinalPhaseReadsPartialColumns") {
  const Plan plan = plan_of(fraud_graph(), 2);
  const StagePlan& stage = stage_of(plan, "totals");
  const auto& spec = std::get<WindowAggregateSpec>(stage.spec);
  CHECK(spec.phase == AggregatePhase::kFinal);
  CHECK(spec.keys == std::vector<size_t>{0});
  CHECK(stage.input->fields[spec.window.time_column].name == "window_end");
  CHECK(stage.input->fields[*spec.aggregates[0].argument].name == "total/sum");
  CHECK(stage.input->fields[*spec.aggregates[1].argument].name == "mean/sum");
  CHECK(stage.input->fields[*spec.aggregates[2].argument].name == "home");
  CHECK(spec.aggregates[1].source_type == spec.aggregates[0].source_type);
  CHECK_FALSE(spec.aggregates[2].source_type);
  CHECK_FALSE(spec.aggregates[2].filter);
  const JobGraph graph = fraud_graph();
  CHECK(*stage.outputs[0].schema ==
        *output_schema(graph.vertex(kTotals).spec, kRowsPort, input_schemas(graph)[2]));
}

TEST_CASE("LateRowsLeaveWhereRowsComeIn") {
  const Plan plan = plan_of(fraud_graph(), 2);
  CHECK(stage_of(plan, "totals/partial").outputs[kLatePort.value()].targets.size() == 1);
  CHECK(stage_of(plan, "totals").outputs[kLatePort.value()].targets.empty());
}

TEST_CASE("DistinctAggregatesAndTheSwitchKeepOnePhase") {
  JobGraph graph = fraud_graph();
  const Plan whole = make_plan(graph, {.parallelism = 2, .two_phase = false});
  CHECK(chains(whole) == Texts{"transactions>big", "totals>alerts>out>late", "trash"});
  auto& call = spec_at<WindowAggregateSpec>(graph, kTotals).aggregates[2];
  call = {.name = "home", .function = AggregateFunction::kCount, .argument = 0, .distinct = true};
  CHECK(chains(plan_of(graph, 2)) == chains(whole));
  CHECK(chains(plan_of(graph, 1)) == chains(plan_of(fraud_graph(), 1)));
}

// Whether a row that was lifted at the gate is late must be judged behind the gate.
TEST_CASE("ATableWithIdleSplitsIsNotAddedUpBeforeTheExchange") {
  JobGraph graph = fraud_graph();
  const Plan whole = make_plan(graph, {.parallelism = 2, .two_phase = false});
  std::get<SourceSpec>(graph.vertices[0].spec).idle_timeout = 1;
  CHECK(chains(plan_of(graph, 2)) == chains(whole));
}

TEST_CASE("GraphsParallelismGoesBeforeTheOptions") {
  JobGraph graph = fraud_graph();
  graph.options.parallelism = 3;
  CHECK(plan_of(graph, 1).chains[0].parallelism == 3);
  CHECK(plan_of(graph, 1).key_groups == kKeyGroupsDefault);
  graph.options.parallelism = 200;
  CHECK(plan_of(graph, 1).key_groups == 256);
}

TEST_CASE("SeveralInputsMeetAtTheHeadOfAChain") {
  JobGraph graph = fraud_graph();
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  graph.vertices.push_back({"other", transactions_source()});
  graph.vertices.push_back({"both", UnionSpec{table->fields}});
  add_edge(graph, VertexIndex(7), VertexIndex(8));
  add_edge(graph, VertexIndex(7), kTrash, kBadPort);
  graph.edges[0].from = VertexIndex(8);
  add_edge(graph, kTransactions, VertexIndex(8));
  const Plan plan = plan_of(graph, 1);
  CHECK(chains(plan) == Texts{"transactions", "other", "both>big>totals>alerts>out>late", "trash"});
  CHECK(plan.chains[2].inputs.size() == 2);
  CHECK(plan.chains[3].inputs.size() == 3);
  check_joints(plan);
}

TEST_CASE("OneStepFeedsSeveralInItsChain") {
  JobGraph graph = fraud_graph();
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  graph.vertices.push_back({"raw", sink_of("raw", *table)});
  add_edge(graph, kTransactions, VertexIndex(7));
  const Plan plan = plan_of(graph, 1);
  CHECK(stage_of(plan, "transactions").outputs[0].targets.size() == 2);
  CHECK(needed(stage_of(plan, "transactions").outputs[0]) == "id card amount at note part ");
}

TEST_CASE("ColumnsThatNobodyReadsAreNotParsed") {
  for (const uint32_t parallelism : {1u, 2u}) {
    const Plan plan = plan_of(fraud_graph(), parallelism);
    const StagePlan& source = stage_of(plan, "transactions");
    CHECK(needed(source.outputs[0]) == "card amount at part ");
    REQUIRE(source.needed_payload.size() == 6);
    CHECK_FALSE(source.needed_payload[0].needed);
    CHECK(source.needed_payload[1].needed);
    CHECK_FALSE(source.needed_payload[4].needed);
    CHECK(source.needed_payload[5].needed);
    CHECK(needed(stage_of(plan, "totals").outputs[0]) == "card window_end total ");
    CHECK(needed(stage_of(plan, "totals").outputs[kBadPort.value()]).empty());
  }
}

TEST_CASE("HashColumnsAreNeeded") {
  JobGraph graph = fraud_graph();
  graph.edges[3].distribution = {DistributionKind::kHash, {1}};
  const Plan plan = plan_of(graph, 2);
  CHECK(chains(plan).size() == 4);
  CHECK(needed(stage_of(plan, "alerts").outputs[0]) == "card ends total ");
}

TEST_CASE("PositionsAreKeptWhereSomebodyPointsAtRecords") {
  const Plan plan = plan_of(fraud_graph(), 2);
  CHECK(stage_of(plan, "transactions").with_position);
  CHECK(stage_of(plan, "big").with_position);
  CHECK(stage_of(plan, "totals/partial").with_position);
  CHECK_FALSE(stage_of(plan, "totals").with_position);
  CHECK_FALSE(stage_of(plan, "alerts").with_position);
}

TEST_CASE("AMessageThatEndsTheJobSaysWhereTheRowStood") {
  JobGraph graph = fraud_graph();
  graph.edges.pop_back();
  graph.vertices.pop_back();
  spec_at<ProjectSpec>(graph, kBig).on_error = OnError::kFail;
  graph.edges.pop_back();
  const Plan plan = plan_of(graph, 1);
  CHECK(stage_of(plan, "transactions").with_position);
  CHECK(stage_of(plan, "big").with_position);
  CHECK_FALSE(stage_of(plan, "alerts").with_position);
}

TEST_CASE("RowsCarryTheirWatermarkOnTheWayToWhoAsks") {
  CHECK_FALSE(stage_of(plan_of(fraud_graph(), 2), "transactions").with_watermark);
  JobGraph graph = fraud_graph();
  spec_at<ProjectSpec>(graph, kBig).filter = *make_is_null(make_watermark(), false);
  const Plan plan = plan_of(graph, 2);
  CHECK(stage_of(plan, "transactions").with_watermark);
  CHECK(stage_of(plan, "big").with_watermark);
  CHECK_FALSE(stage_of(plan, "totals/partial").with_watermark);
}

TEST_CASE("DeadLettersOfTheSourceAloneNeedNoPositions") {
  JobGraph graph = fraud_graph();
  graph.edges.pop_back();
  graph.vertices.pop_back();
  spec_at<ProjectSpec>(graph, kBig).on_error = OnError::kSkip;
  graph.edges.pop_back();
  const Plan plan = plan_of(graph, 1);
  CHECK_FALSE(stage_of(plan, "transactions").with_position);
  CHECK_FALSE(stage_of(plan, "big").with_position);
}

}  // namespace weir
