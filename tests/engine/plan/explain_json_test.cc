#include "engine/plan/explain.h"
#include "engine/plan/graph_text.h"
#include "tests/engine/plan/fraud_graph.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

namespace json = boost::json;

json::object explained(const JobGraph& graph) {
  return json::parse(explain_json(graph, make_plan(graph, {.parallelism = 2}))).as_object();
}

const json::object& one(const json::array& all, std::string_view key, std::string_view value) {
  for (const json::value& each : all) {
    if (each.at(key).as_string() == value) return each.as_object();
  }
  FAIL("there is none: " << value);
  unreachable();
}

}  // namespace

TEST_CASE("SaysInJsonWhatEachStepGivesAndKeeps") {
  const json::object plan = explained(fraud_graph()).at("plan").as_object();
  const json::array& steps = plan.at("steps").as_array();
  const json::object& totals = one(steps, "id", "totals");
  CHECK(totals.at("gives") == "append");
  CHECK(totals.at("state") == "per (card, window) until the window closes; no state_ttl");
  CHECK(totals.at("tasks") == 2);
  CHECK(one(steps, "id", "transactions").at("clock").as_array().size() == 2);
  const json::object& out = one(steps, "id", "out");
  CHECK(out.at("delivery") == "written at once, possibly again after a failure");
  CHECK(out.if_contains("gives") == nullptr);
  const json::object& way = one(plan.at("edges").as_array(), "to", "totals");
  CHECK(way.at("from") == "totals/partial");
  CHECK(way.at("rows_come") == "hash by card");
  CHECK(one(plan.at("edges").as_array(), "to", "late").at("port") == "late");
}

TEST_CASE("TheGraphStandsBesideThePlan") {
  json::object all = explained(fraud_graph());
  all.erase("plan");
  CHECK(all == json::parse(to_json(fraud_graph())).as_object());
}

}  // namespace weir
