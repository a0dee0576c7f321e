// Requests as a client sends them, against a cluster that answers what it is told.
#include "runtime/coordinator/api.h"

#include "tests/runtime/coordinator/fake_cluster.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;
namespace json = boost::json;

struct Rest {
  FakeCluster cluster;

  ApiReply ask(const std::string& method, const std::string& target, const std::string& body = "",
               const std::string& type = "application/json") {
    return handle_api(cluster, {method, target, body, type});
  }
  json::object get(const std::string& target) {
    const ApiReply reply = ask("GET", target);
    REQUIRE(reply.status == 200);
    REQUIRE(reply.content_type == "application/json");
    return json::parse(reply.body).as_object();
  }
};

std::string kind_in(const ApiReply& reply) {
  REQUIRE(reply.content_type == "application/json");
  return std::string(json::parse(reply.body).at("error").at("kind").as_string().c_str());
}

TEST_CASE("JobsAreListed") {
  Rest rest;
  const json::array jobs = rest.get("/api/v1/jobs").at("jobs").as_array();
  REQUIRE(jobs.size() == 1);
  REQUIRE(jobs[0].at("name") == "count");
  REQUIRE(jobs[0].at("state") == "running");
  REQUIRE(jobs[0].as_object().if_contains("tasks") == nullptr);
}

TEST_CASE("AJobIsShownByNameAndById") {
  Rest rest;
  REQUIRE(rest.get("/api/v1/jobs/count").at("tasks").as_array().size() == 2);
  REQUIRE(rest.get("/api/v1/jobs/0123abcd").at("name") == "count");
}

TEST_CASE("ASubmittedJobAnswersItsId") {
  Rest rest;
  const ApiReply reply = rest.ask("POST", "/api/v1/jobs", R"({"sql": "SELECT 1", "name": "a"})");
  REQUIRE(reply.status == 201);
  REQUIRE(json::parse(reply.body).at("id") == "89abcdef");
  REQUIRE(rest.cluster.submitted.script == "SELECT 1");
  REQUIRE(rest.cluster.submitted.name == "a");
}

TEST_CASE("AScriptThatIsRefusedNamesTheLine") {
  Rest rest;
  rest.cluster.refusal = Refusal{.message = "a.sql:3:7: no such column", .line = 3, .column = 7};
  const ApiReply reply = rest.ask("POST", "/api/v1/jobs", "SELECT x", "application/sql");
  REQUIRE(reply.status == 400);
  REQUIRE(json::parse(reply.body) == json::parse(R"({"error": {"kind": "user",
      "message": "a.sql:3:7: no such column", "line": 3, "column": 7}})"));
}

TEST_CASE("EveryKindOfRefusalHasItsStatus") {
  const std::pair<RefusalKind, int> kinds[] = {{RefusalKind::kUser, 400},
                                               {RefusalKind::kUnknown, 404},
                                               {RefusalKind::kConflict, 409},
                                               {RefusalKind::kCorrupt, 500},
                                               {RefusalKind::kUnavailable, 503}};
  for (const auto& [kind, status] : kinds) {
    Rest rest;
    rest.cluster.refusal = Refusal{.kind = kind, .message = "no"};
    const ApiReply reply = rest.ask("GET", "/api/v1/jobs/count");
    REQUIRE(reply.status == status);
    REQUIRE(kind_in(reply) == refusal_name(kind));
  }
}

TEST_CASE("AnUnknownJobIsNotFound") {
  Rest rest;
  for (const char* what : {"", "/plan", "/metrics", "/checkpoints", "/why", "/logs"}) {
    const ApiReply reply = rest.ask("GET", std::string("/api/v1/jobs/nope") + what);
    REQUIRE(reply.status == 404);
    REQUIRE(kind_in(reply) == "unknown");
  }
}

TEST_CASE("OrdersReachTheCluster") {
  Rest rest;
  REQUIRE(rest.ask("POST", "/api/v1/jobs/count/stop").status == 202);
  REQUIRE(rest.ask("POST", "/api/v1/jobs/count/savepoints", R"({"to": "/s"})").status == 202);
  REQUIRE(rest.ask("POST", "/api/v1/jobs/count/rescale", R"({"parallelism": 3})").status == 202);
  REQUIRE(rest.ask("DELETE", "/api/v1/jobs/my%20job").status == 404);
  REQUIRE(rest.ask("DELETE", "/api/v1/jobs/count").status == 202);
  REQUIRE(rest.cluster.calls == std::vector<std::string>{"stop to= count", "savepoint to=/s count",
                                                         "rescale 3 count", "cancel my job",
                                                         "cancel count"});
}

TEST_CASE("AWrongOrderDoesNotReachTheCluster") {
  Rest rest;
  REQUIRE(rest.ask("POST", "/api/v1/jobs/count/rescale", R"({"parallelism": 0})").status == 400);
  REQUIRE(rest.ask("POST", "/api/v1/jobs/count/stop", "nonsense").status == 400);
  REQUIRE(rest.ask("POST", "/api/v1/jobs", "{}").status == 400);
  REQUIRE(rest.cluster.calls.empty());
}

TEST_CASE("ASavepointThatWasAskedForIsSeenUntilItIsComplete") {
  Rest rest;
  const ApiReply asked = rest.ask("POST", "/api/v1/jobs/count/savepoints");
  REQUIRE(json::parse(asked.body).at("state") == "waiting");
  REQUIRE(json::parse(asked.body).at("path") == "store/savepoints/2");
  REQUIRE(rest.get("/api/v1/jobs/count/savepoints").at("savepoints").as_array().size() == 1);
  REQUIRE(rest.get("/api/v1/jobs/count/savepoints/1").at("state") == "complete");
  REQUIRE(rest.ask("GET", "/api/v1/jobs/count/savepoints/9").status == 404);
}

TEST_CASE("APlanHasThreeForms") {
  Rest rest;
  REQUIRE(rest.get("/api/v1/jobs/count/plan").at("graph").at("vertices").is_array());
  REQUIRE(rest.ask("GET", "/api/v1/jobs/count/plan?format=text").body == "clicks -> counts\n");
  REQUIRE_THAT(rest.ask("GET", "/api/v1/jobs/count/plan?format=dot").content_type,
               Contains("graphviz"));
  REQUIRE(rest.ask("GET", "/api/v1/jobs/count/plan?format=pdf").status == 400);
}

TEST_CASE("AJobsMetricsAreADocumentOrPrometheusText") {
  Rest rest;
  REQUIRE(rest.get("/api/v1/jobs/count/metrics").at("metrics").as_array().size() > 10);
  REQUIRE_THAT(rest.ask("GET", "/api/v1/jobs/count/metrics?format=prometheus").body,
               Contains("weir_job_rows_read_total{job=\"count\",step=\"clicks\"} 100\n"));
}

TEST_CASE("MetricsAreServedWithoutALeader") {
  Rest rest;
  rest.cluster.seen.workers = {{.id = "1", .exchange_address = "h:7010", .slots = 2}};
  REQUIRE_THAT(rest.ask("GET", "/metrics").body,
               Contains("weir_worker_up") && Contains("weir_job_info"));
  rest.cluster.refusal = Refusal{.kind = RefusalKind::kUnavailable, .message = "no leader"};
  const ApiReply reply = rest.ask("GET", "/metrics");
  REQUIRE(reply.status == 200);
  REQUIRE_THAT(reply.body, Contains("weir_coordinator_leader") && !Contains("weir_job"));
}

TEST_CASE("ACoordinatorIsReadyWhereItLeads") {
  Rest rest;
  REQUIRE(rest.ask("GET", "/readyz").status == 200);
  rest.cluster.seen.is_leader = false;
  REQUIRE(rest.ask("GET", "/readyz").status == 503);
  REQUIRE(rest.ask("GET", "/healthz").status == 200);
}

TEST_CASE("ReasonsHistoryAndCheckpointsAreShown") {
  Rest rest;
  REQUIRE(rest.get("/api/v1/jobs/count/why").at("held_by").at("split") == "clicks-0");
  REQUIRE(rest.get("/api/v1/jobs/count/logs").at("events").as_array().size() == 2);
  REQUIRE(rest.get("/api/v1/jobs/count/checkpoints").at("checkpoints").as_array().size() == 2);
  REQUIRE(rest.get("/api/v1/cluster").at("term") == 4);
}

TEST_CASE("WhatIsNotServedIsSaid") {
  Rest rest;
  for (const char* target : {"/", "/api", "/api/v1/jobs/count/what", "/api/v2/jobs"}) {
    REQUIRE(rest.ask("GET", target).status == 404);
  }
  const ApiReply wrong = rest.ask("PUT", "/api/v1/jobs/count?x=1");
  REQUIRE(wrong.status == 405);
  REQUIRE_THAT(wrong.body, Contains("/api/v1/jobs/count takes GET, DELETE, not PUT"));
  REQUIRE(rest.ask("GET", "/api/%zz").status == 400);
}

TEST_CASE("HeadIsAnsweredAsGet") {
  Rest rest;
  REQUIRE(rest.ask("HEAD", "/api/v1/jobs").body == rest.ask("GET", "/api/v1/jobs").body);
}

}  // namespace
}  // namespace weir
