#include "runtime/coordinator/job_view.h"

#include "engine/plan/graph_text.h"
#include "engine/sql/sql.h"
#include "tests/runtime/coordinator/fake_cluster.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

using Catch::Matchers::Contains;

JobGraph graph_of(const std::string& sql) { return sql_to_job_graph({.text = sql}).value(); }

TEST_CASE("EveryStateHasItsOwnName") {
  std::set<std::string_view> names;
  int ended = 0;
  for (const JobState state : kJobStates) {
    names.insert(state_name(state));
    if (has_ended(state)) ++ended;
  }
  REQUIRE(names.size() == 9);
  REQUIRE(ended == 4);
}

TEST_CASE("StepsOfAPlanKnowSourcesAndSinks") {
  const JobGraph graph = graph_of(
      "CREATE TABLE t (n int) WITH (connector = 'file', path = 'in.json', format = 'json');"
      "SELECT n FROM t WHERE n > 1;");
  const std::vector<StepView> steps = steps_of(make_plan(graph, {.parallelism = 2}));
  REQUIRE(steps.front().is_source);
  REQUIRE(steps.front().id == "t");
  REQUIRE(steps.front().kind == "source, file");
  REQUIRE(steps.front().parallelism == 2);
  REQUIRE(steps.back().is_sink);
  REQUIRE_FALSE(steps.front().is_sink);
}

TEST_CASE("TotalsAreSumsOverTheTasks") {
  JobView job = counting_job();
  job.tasks.push_back(job.tasks[0]);
  REQUIRE(totals_of(job) == JobTotals{.rows_read = 200, .rows_written = 5, .state_bytes = 2048});
  REQUIRE(counters_of(job, "clicks").bad == 4);
  REQUIRE(counters_of(job, "nothing") == StepCounters{});
  REQUIRE(find_step(job, "out")->is_sink);
  REQUIRE(find_step(job, "nothing") == nullptr);
}

TEST_CASE("RatesAreOverTheTimeBetween") {
  const JobTotals before{.rows_read = 100, .rows_written = 10};
  const JobTotals after{.rows_read = 300, .rows_written = 15};
  const JobRates rates = rates_between(before, after, 2'000'000);
  REQUIRE(rates.rows_read == 100);
  REQUIRE(rates.rows_written == 2.5);
  REQUIRE(rates_between(before, after, 0) == JobRates{});
}

TEST_CASE("ALifeThatBeganBetweenCountsFromZero") {
  const JobRates rates = rates_between({.rows_read = 1000}, {.rows_read = 50}, 1'000'000);
  REQUIRE(rates.rows_read == 50);
}

TEST_CASE("APlanShowsNoPassword") {
  const JobGraph graph = graph_of(
      "CREATE TABLE t (n int) WITH (connector = 'kafka', brokers = 'b', topic = 'x',"
      " format = 'json', \"kafka.sasl.password\" = 'hunter2', \"kafka.ssl.key.pem\" = 'PEMPEM',"
      " \"kafka.sasl.username\" = 'kim'); SELECT n FROM t;");
  REQUIRE_THAT(to_json(graph), Contains("hunter2"));
  const PlanView view = plan_view(graph, make_plan(graph, {.parallelism = 1}));
  REQUIRE_THAT(view.json, Contains("(hidden)") && Contains("kim"));
  for (const std::string& text : {view.text, view.json, view.dot}) {
    REQUIRE_THAT(text, Contains("t") && !Contains("hunter2") && !Contains("PEMPEM"));
  }
}

}  // namespace
}  // namespace weir
