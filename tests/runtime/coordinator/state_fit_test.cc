#include "runtime/coordinator/state_fit.h"

#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// A job that read `in`, wrote `out`, and kept these tables.
Manifest with_tables(std::vector<DeclaredTable> tables) {
  Manifest from{.script = "j", .key_groups = 128};
  from.tasks.push_back({.chain = "out", .tables = std::move(tables), .source = "in"});
  from.slots = {{.sink = "out"}};
  return from;
}

Plan plan_of(const std::string& source, const std::string& sink) {
  Graph graph;
  graph.connect(graph.source(source), graph.sink(sink, table_schema()));
  return graph.plan(1);
}

const Plan& same_plan() {
  static const Plan plan = plan_of("in", "out");
  return plan;
}

std::string refusal(const Status& status) {
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == ErrorKind::kUser);
  return status.error().message;
}

TEST_CASE("SaysWhatBecomesOfEachStep") {
  const Manifest from = with_tables({{"a.rows", "x"}, {"b.rows", "x"}, {"gone.rows", "x"}});
  const std::vector<StepFit> fits =
      fit_of(from, same_plan(), {{"a.rows", "x"}, {"b.rows", "y"}, {"fresh.rows", "x"}});
  REQUIRE(fits.size() == 4);
  CHECK(fits[0] == StepFit{"a", Fit::kKept, "x", "x"});
  CHECK(fits[1] == StepFit{"b", Fit::kReset, "y", "x"});
  CHECK(fits[2] == StepFit{"fresh", Fit::kNew, "x", ""});
  CHECK(fits[3] == StepFit{"gone", Fit::kOrphaned, "", "x"});
}

TEST_CASE("SaysWhichSourcesAndSinksAreGone") {
  const Manifest from = with_tables({});
  const std::vector<StepFit> fits = fit_of(from, plan_of("renamed", "elsewhere"), {});
  REQUIRE(fits.size() == 2);
  CHECK(fits[0] == StepFit{"in", Fit::kOrphaned, "", "", Kept::kPositions});
  CHECK(fits[1] == StepFit{"out", Fit::kOrphaned, "", "", Kept::kOutput});
}

TEST_CASE("TheFirstPhaseOfAnAggregationHasNoStateToLose") {
  const Manifest from = with_tables({{"a/partial.rows", "x"}});
  CHECK(fit_of(from, same_plan(), {}).empty());
  CHECK(check_fit(from, same_plan(), {}).ok());
}

TEST_CASE("RefusesWhateverIsNotKept") {
  const Manifest from = with_tables({{"a.rows", "x"}});
  CHECK(check_fit(from, same_plan(), {{"a.rows", "x"}}).ok());
  for (const std::vector<DeclaredTable>& planned :
       {std::vector<DeclaredTable>{}, {{"a.rows", "y"}}, {{"a.rows", "x"}, {"b.rows", "x"}}}) {
    refusal(check_fit(from, same_plan(), planned));
  }
  Manifest other = from;
  other.key_groups = 64;
  CHECK_THAT(refusal(check_fit(other, same_plan(), {{"a.rows", "x"}})),
             Catch::Contains("the state has 64"));
}

TEST_CASE("RefusesAScriptThatDoesNotReadOrWriteWhatTheJobDid") {
  const Manifest from = with_tables({});
  for (const auto& check : {check_ends, +[](const Manifest&manifest, const Plan&plan) {
                              return check_fit(manifest, plan, {});
                            }}) {
    CHECK_THAT(refusal(check(from, plan_of("renamed", "out"))),
               Catch::Contains("it does not read in"));
    CHECK_THAT(refusal(check(from, plan_of("in", "elsewhere"))),
               Catch::Contains("it does not write out"));
  }
}

TEST_CASE("AJobThatIsFinishedReadsAndWritesNothingMore") {
  Manifest from = with_tables({});
  Graph graph;
  const VertexIndex out = graph.sink("out", table_schema());
  graph.connect(graph.source("in"), out);
  graph.connect(graph.source("more"), graph.sink("elsewhere", table_schema()));
  const Plan larger = graph.plan(1);
  CHECK(check_ends(from, larger).ok());
  from.finished = true;
  CHECK_THAT(refusal(check_ends(from, larger)), Catch::Contains("never read more"));
}

}  // namespace
}  // namespace weir
