// Both ends of a submission, joined by the body that crosses between them.
#include "runtime/cli/submission.h"

#include "engine/plan/graph_text.h"
#include "runtime/coordinator/api_request.h"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace weir {
namespace {

using Catch::Matchers::Contains;

const char* const kScript =
    "CREATE TABLE t (n int) WITH (connector = 'file', path = '${WEIR_TEST_PATH:-x.json}');\n"
    "SELECT n FROM t WHERE n > ${LEAST:-3};";

SubmitRequest received(const SubmitRequest& sent) {
  return read_submit({}, {.method = "POST",
                          .target = "/api/v1/jobs",
                          .body = submission_json(sent),
                          .content_type = "application/json"})
      .value();
}

std::string path_in(const JobGraph& graph) {
  return std::get<SourceSpec>(graph.vertices[0].spec).options.at("path");
}

TEST_CASE("AScriptCrossesWithItsVariables") {
  const SubmitRequest sent =
      make_submission({.sql = kScript, .variables = {"WEIR_TEST_PATH=a'b.json", "OTHER=1"}})
          .value();
  REQUIRE(sent.script == kScript);
  REQUIRE(sent.variables == std::map<std::string, std::string>{{"WEIR_TEST_PATH", "a'b.json"}});
  const JobGraph graph = read_submission(received(sent)).value();
  REQUIRE(path_in(graph) == "a'b.json");
  REQUIRE(graph.options.job_name == "job");
}

TEST_CASE("TheClientsEnvironmentFillsTheScriptAndTheCoordinatorsDoesNot") {
  setenv("WEIR_TEST_PATH", "of-client.json", 1);
  const SubmitRequest sent = make_submission({.sql = kScript}).value();
  setenv("WEIR_TEST_PATH", "of-coordinator.json", 1);
  REQUIRE(path_in(read_submission(received(sent)).value()) == "of-client.json");
  REQUIRE(path_in(read_submission({.script = kScript}).value()) == "x.json");
  unsetenv("WEIR_TEST_PATH");
}

TEST_CASE("AVariableWithoutAValueIsRefusedBeforeAnythingIsSent") {
  const Result<SubmitRequest> sent = make_submission({.sql = "SELECT ${WEIR_TEST_UNSET};"});
  REQUIRE_THAT(sent.error().message, Contains("<command line>:1:8: variable WEIR_TEST_UNSET"));
}

TEST_CASE("WhatTheRequestSaysWinsOverTheScript") {
  SubmitRequest sent{.name = "n",
                     .script = std::string("SET job_name = 'm'; SET parallelism = '2';") + kScript,
                     .settings = {{"parallelism", "3"}}};
  REQUIRE(read_submission(received(sent)).value().options.parallelism == 3);
  sent.parallelism = 4;
  const JobGraph graph = read_submission(received(sent)).value();
  REQUIRE(graph.options.parallelism == 4);
  REQUIRE(graph.options.job_name == "n");
}

TEST_CASE("AJobWithoutANameIsCalledByItsFile") {
  const SubmitRequest sent{.script = kScript, .file = "jobs/alerts.sql"};
  REQUIRE(read_submission(received(sent)).value().options.job_name == "alerts");
}

TEST_CASE("AnErrorPointsIntoTheUsersOwnText") {
  const SubmitRequest sent{.script = "SELECT 1 AS a,\n  nope FROM t;", .file = "a.sql"};
  const Answer<JobGraph> answer = read_submission(received(sent));
  REQUIRE(answer.error().kind == RefusalKind::kUser);
  REQUIRE(answer.error().line >= 1);
  REQUIRE_THAT(answer.error().message, Contains("a.sql:") && Contains("^"));
}

TEST_CASE("AGraphCrossesAsJson") {
  const JobGraph graph = read_submission({.script = kScript}).value();
  const SubmitRequest sent{
      .script = to_json(graph), .kind = ScriptKind::kGraphJson, .file = "g.yaml"};
  REQUIRE(to_json(read_submission(received(sent)).value()) == to_json(graph));
  const Answer<JobGraph> wrong = read_submission(
      {.script = "{\"vertex\": 1}", .kind = ScriptKind::kGraphJson, .file = "g.yaml"});
  REQUIRE_THAT(wrong.error().message, Contains("g.yaml: ") && Contains("vertex"));
}

TEST_CASE("EveryPartOfARequestCrosses") {
  const SubmitRequest sent{.name = "n",
                           .script = "SELECT 1",
                           .file = "f.sql",
                           .variables = {{"A", "1"}},
                           .settings = {{"memory", "1GiB"}},
                           .parallelism = 7,
                           .from = "/s",
                           .fork = true};
  const SubmitRequest got = received(sent);
  REQUIRE(got.name == sent.name);
  REQUIRE(got.script == sent.script);
  REQUIRE(got.file == sent.file);
  REQUIRE(got.variables == sent.variables);
  REQUIRE(got.settings == sent.settings);
  REQUIRE(got.parallelism == sent.parallelism);
  REQUIRE(got.from == sent.from);
  REQUIRE(got.fork == sent.fork);
}

}  // namespace
}  // namespace weir
