#include "engine/plan/explain.h"
#include "engine/plan/graph_text.h"
#include "engine/plan/memory_plan.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/yaml.h"

#include <fmt/format.h>

namespace weir {
namespace {

// What each part of the job has of the number, or what it needs at least.
std::string memory_section(const JobGraph& graph, const Plan& plan) {
  if (!graph.options.memory.has_value()) {
    const uint64_t least = (least_memory(plan, {}) + (1 << 20) - 1) >> 20;
    return fmt::format("\nmemory {} MiB at least; give --memory to see what has how much\n", least);
  }
  const Result<MemoryPlan> memory = plan_memory(plan, {.bytes = *graph.options.memory});
  return "\n" + (memory.ok() ? "memory " + memory_text(*memory) : memory.error().message);
}

}  // namespace

int explain_command(const ExplainArguments& arguments) {
  JobFile file = arguments.file;
  if (!arguments.memory.empty()) file.settings.push_back("memory=" + arguments.memory);
  const Result<JobGraph> graph = load_job(file);
  if (!graph.ok()) {
    print_error(graph.error());
    return kExitUsage;
  }
  JobGraph sized = *graph;
  sized.options.parallelism = parallelism_of(arguments.parallelism, *graph);
  const Plan plan = make_plan(sized, {});
  std::string text;
  if (arguments.json || arguments.format == "json") {
    text = explain_json(*graph, plan);
  } else if (arguments.format == "yaml") {
    text = json_to_yaml(to_json(*graph));
  } else if (arguments.format == "dot") {
    text = explain_dot(*graph, plan);
  } else {
    text = explain_text(*graph, plan) + memory_section(*graph, plan);
  }
  return print_result(text);
}

}  // namespace weir
