// explain_dot of explain.h: a box for each chain, a node for each step, an arrow for each way that
// rows take.
#include "engine/base/match.h"
#include "engine/plan/explain.h"
#include "engine/plan/step_notes.h"
#include "engine/plan/step_text.h"

#include <fmt/format.h>

namespace weir {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string node(size_t chain, size_t stage) { return fmt::format("s{}_{}", chain, stage); }

// Long lines make unreadable boxes; the text form has all of it. Cut between characters, not inside
// one.
std::string shortened(std::string text) {
  constexpr size_t kLength = 60;
  if (text.size() <= kLength) return text;
  size_t end = kLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string label_of(const StagePlan& step) {
  std::string label =
      fmt::format("{}\n{}\n{}", step.id, step_kind(step), shortened(step_text(step)));
  if (!std::holds_alternative<SinkSpec>(step.spec)) {
    label += step.changes ? "\ngives changes" : "\ngives append";
  }
  const std::string state = state_text(step);
  if (state != "none") label += "\nkeeps " + shortened(state);
  return label;
}

void add_arrows(const Plan& plan, size_t chain, size_t stage, std::string& out) {
  const StagePlan& from = plan.chains[chain].stages[stage];
  for (size_t port = 0; port < from.outputs.size(); ++port) {
    for (const Target& target : from.outputs[port].targets) {
      std::string label;
      std::string to;
      std::visit(Match{[&](const StageTarget& inside) { to = node(chain, inside.stage); },
                       [&](const EdgeTarget& outside) {
                         const EdgePlan& edge = plan.edges[outside.edge];
                         to = node(edge.to_chain, edge.to_stage);
                         label = distribution_text(edge.distribution, *edge.schema);
                       }},
                 target);
      if (port > 0) {
        const std::string name(port_name(Port(static_cast<uint16_t>(port))));
        label = label.empty() ? name : name + ", " + label;
      }
      out += fmt::format("  {} -> {} [label={}];\n", node(chain, stage), to, quoted(label));
    }
  }
}

}  // namespace

std::string explain_dot(const JobGraph& graph, const Plan& plan) {
  const std::string& name = graph.options.job_name;
  std::string out = fmt::format("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n",
                                quoted(name.empty() ? "job" : name));
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    const ChainPlan& each = plan.chains[chain];
    out += fmt::format("  subgraph cluster_{} {{\n    label={};\n", chain,
                       quoted(fmt::format("chain {} x {}", chain + 1, each.parallelism)));
    for (size_t stage = 0; stage < each.stages.size(); ++stage) {
      const StagePlan& step = each.stages[stage];
      out += fmt::format("    {} [label={}];\n", node(chain, stage), quoted(label_of(step)));
    }
    out += "  }\n";
  }
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    for (size_t stage = 0; stage < plan.chains[chain].stages.size(); ++stage) {
      add_arrows(plan, chain, stage, out);
    }
  }
  return out + "}\n";
}

}  // namespace weir
