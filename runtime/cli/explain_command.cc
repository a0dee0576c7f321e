#include "engine/plan/explain.h"
#include "engine/plan/graph_text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/yaml.h"

#include <cstdio>

namespace weir {

int explain_command(const ExplainArguments& arguments) {
  const Result<JobGraph> graph = load_job(arguments.file);
  if (!graph.ok()) {
    print_error(graph.error());
    return kExitUsage;
  }
  JobGraph sized = *graph;
  sized.options.parallelism = parallelism_of(arguments.parallelism, *graph);
  const Plan plan = make_plan(sized, {});
  std::string text;
  if (arguments.format == "json") {
    text = to_json(*graph) + "\n";
  } else if (arguments.format == "yaml") {
    text = json_to_yaml(to_json(*graph));
  } else if (arguments.format == "dot") {
    text = explain_dot(*graph, plan);
  } else {
    text = explain_text(*graph, plan);
  }
  std::fputs(text.c_str(), stdout);
  return kExitDone;
}

}  // namespace weir
