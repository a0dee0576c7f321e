#include "engine/plan/explain.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("DrawsChainsStepsAndArrows") {
  using Catch::Contains;
  JobGraph graph = fraud_graph();
  graph.options.job_name = "the \"big\" one";
  const std::string dot = explain_dot(graph, make_plan(graph, {.parallelism = 2}));
  CHECK_THAT(dot, Contains("digraph \"the \\\"big\\\" one\" {"));
  CHECK_THAT(dot, Contains("label=\"chain 1 x 2\""));
  CHECK_THAT(dot, Contains("s0_0 [label=\"transactions\\nsource, kafka\\nreads topic"));
  CHECK_THAT(dot,
             Contains("\\ngives append\\nkeeps position and highest event time of each split"));
  CHECK_THAT(dot, Contains("\\ngives append\\nkeeps per (card, window) until the window closes"));
  CHECK_THAT(dot, Contains("s0_0 -> s0_1 [label=\"\"];"));
  CHECK_THAT(dot, Contains("s0_2 -> s1_0 [label=\"hash by card\"];"));
  CHECK_THAT(dot, Contains("s0_2 -> s0_3 [label=\"late\"];"));
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
}

}  // namespace weir
