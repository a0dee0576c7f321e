#include "runtime/cli/client.h"

#include "tests/runtime/cli/client_desk.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;
namespace json = boost::json;

Client answering(const Result<ApiReply>& reply) {
  return {.coordinator = "h:7000", .call = [reply](const ApiRequest&) { return reply; }};
}

Refusal refusal_of_reply(const Result<ApiReply>& reply) {
  const Answer<json::object> answer = ask_document(answering(reply), get("/"));
  REQUIRE_FALSE(answer.ok());
  return answer.error();
}

TEST_CASE("ACoordinatorThatIsNotThereIsNamedWithWhatToDo") {
  const Refusal refusal = refusal_of_reply(unavailable("connection refused"));
  REQUIRE(exit_code(refusal) == 3);
  REQUIRE(refusal.message ==
          "cannot reach the coordinator at h:7000: start it, or name another address with "
          "--coordinator or WEIR_COORDINATOR (connection refused)");
}

TEST_CASE("AWrongTokenIsTheUsersToChange") {
  const Refusal refusal = refusal_of_reply(user_error("the token is not the coordinator's"));
  REQUIRE(exit_code(refusal) == 2);
  REQUIRE(refusal.message == "the token is not the coordinator's");
}

TEST_CASE("ErrorsOfTheCoordinatorKeepTheirKind") {
  ClientDesk desk;
  const std::pair<RefusalKind, int> kinds[] = {{RefusalKind::kUser, 2},
                                               {RefusalKind::kUnknown, 2},
                                               {RefusalKind::kConflict, 2},
                                               {RefusalKind::kUnavailable, 3},
                                               {RefusalKind::kCorrupt, 1}};
  for (const auto& [kind, code] : kinds) {
    desk.cluster.refusal = Refusal{.kind = kind, .message = "because"};
    const Answer<std::string> answer = ask(desk.client(), get("/api/v1/jobs"));
    REQUIRE(answer.error() == *desk.cluster.refusal);
    REQUIRE(exit_code(answer.error()) == code);
  }
}

TEST_CASE("WhatSpeaksAnotherLanguageIsNoCoordinator") {
  REQUIRE_THAT(refusal_of_reply(ApiReply{.body = "<html>"}).message, Contains("no coordinator"));
  REQUIRE_THAT(refusal_of_reply(ApiReply{.body = "[]"}).message, Contains("no coordinator"));
  REQUIRE_THAT(refusal_of_reply(ApiReply{.status = 502, .body = "<html>"}).message,
               Contains("status 502"));
  REQUIRE(exit_code(refusal_of_reply(ApiReply{.status = 502, .body = "{}"})) == 1);
  REQUIRE(exit_code(refusal_of_reply(ApiReply{.status = 401, .body = R"({"error": 5})"})) == 2);
}

TEST_CASE("ANameIsEncodedInATarget") {
  REQUIRE(job_target("my job/1", "/why") == "/api/v1/jobs/my%20job%2F1/why");
}

TEST_CASE("AJobIsFollowedUntilItIsAsWanted") {
  ClientDesk desk;
  desk.meanwhile = [&](int pause) {
    if (pause == 3) desk.cluster.known[0].state = JobState::kFinished;
  };
  const auto job =
      follow(desk.client(), "count", [](const json::object& each) { return has_ended(each); });
  REQUIRE(text_at(**job, "state") == "finished");
  REQUIRE(desk.pauses == 3);
}

TEST_CASE("ACoordinatorMayBeAwayForAWhile") {
  ClientDesk desk;
  desk.reachable = false;
  desk.meanwhile = [&](int pause) {
    if (pause == 100) desk.reachable = true;
  };
  const auto always = [](const json::object&) { return true; };
  REQUIRE(follow(desk.client(), "count", always).ok());
  desk.meanwhile = nullptr;
  desk.reachable = false;
  const auto gone = follow(desk.client(), "count", always);
  REQUIRE(gone.error().kind == RefusalKind::kUnavailable);
}

TEST_CASE("FollowingEndsWithAnInterruptOrAnError") {
  ClientDesk desk;
  const auto never = [](const json::object&) { return false; };
  REQUIRE(follow(desk.client(), "nope", never).error().kind == RefusalKind::kUnknown);
  desk.interrupted = true;
  REQUIRE_FALSE(follow(desk.client(), "count", never)->has_value());
  REQUIRE_THAT(desk.said, Contains("job count goes on"));
}

TEST_CASE("WhatADocumentLacksIsADash") {
  const json::object object =
      json::parse(R"({"text": "a", "time": "2024-01-01T00:00:00.123Z", "n": 12345, "x": null,
                      "d": 1.5, "list": [1], "object": {"a": 1}})")
          .as_object();
  REQUIRE(text_at(object, "text") == "a");
  REQUIRE(text_at(object, "x") == "-");
  REQUIRE(text_at(object, "n") == "12345");
  REQUIRE(time_at(object, "time") == "2024-01-01T00:00:00Z");
  REQUIRE(count_at(object, "n") == "12,345");
  REQUIRE(count_at(object, "d") == "2");
  REQUIRE(count_at(object, "text") == "-");
  REQUIRE(bytes_at(object, "n") == "12.1 KiB");
  REQUIRE(bytes_at(object, "none") == "-");
  REQUIRE(seconds_at(object, "d") == "1.50 s");
  REQUIRE(seconds_at(object, "object") == "-");
  REQUIRE(array_at(object, "list").size() == 1);
  REQUIRE(array_at(object, "object").empty());
  REQUIRE(object_at(object, "object").size() == 1);
  REQUIRE(object_at(object, "list").empty());
}

}  // namespace
}  // namespace weir
