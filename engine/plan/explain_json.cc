// explain_json of explain.h.
#include "engine/base/match.h"
#include "engine/plan/explain.h"
#include "engine/plan/graph_text.h"
#include "engine/plan/json_text.h"
#include "engine/plan/step_notes.h"
#include "engine/plan/step_text.h"

#include <boost/json.hpp>

namespace weir {
namespace {

namespace json = boost::json;

json::object step_of(const StagePlan& stage, size_t chain, const Plan& plan) {
  json::object step{{"id", stage.id}, {"kind", step_kind(stage)}, {"does", step_text(stage)}};
  if (const auto* sink = std::get_if<SinkSpec>(&stage.spec)) {
    step["delivery"] = delivery_text(*sink, plan);
  } else {
    step["gives"] = stage.changes ? "changes" : "append";
  }
  step["state"] = state_text(stage);
  json::array clock;
  for (const std::string& text : clock_texts(stage)) clock.emplace_back(text);
  if (!clock.empty()) step["clock"] = std::move(clock);
  step["chain"] = chain + 1;
  step["tasks"] = plan.chains[chain].parallelism;
  return step;
}

json::object edge_of(const Plan& plan, size_t chain, const StagePlan& from, size_t port,
                     const Target& target) {
  json::object edge{{"from", from.id}};
  std::visit(Match{[&](const StageTarget& inside) {
                     edge["to"] = plan.chains[chain].stages[inside.stage].id;
                     edge["rows_come"] = "in the same task";
                   },
                   [&](const EdgeTarget& outside) {
                     const EdgePlan& way = plan.edges[outside.edge];
                     edge["to"] = plan.chains[way.to_chain].stages[way.to_stage].id;
                     edge["rows_come"] = distribution_text(way.distribution, *way.schema);
                   }},
             target);
  edge["port"] = port_name(Port(static_cast<uint16_t>(port)));
  return edge;
}

}  // namespace

std::string explain_json(const JobGraph& graph, const Plan& plan) {
  json::array steps;
  json::array edges;
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    for (const StagePlan& stage : plan.chains[chain].stages) {
      steps.push_back(step_of(stage, chain, plan));
      for (size_t port = 0; port < stage.outputs.size(); ++port) {
        for (const Target& target : stage.outputs[port].targets) {
          edges.push_back(edge_of(plan, chain, stage, port, target));
        }
      }
    }
  }
  json::object root = json::parse(to_json(graph)).as_object();
  root["plan"] = json::object{{"steps", std::move(steps)}, {"edges", std::move(edges)}};
  return json_text(root);
}

}  // namespace weir
