#include "runtime/coordinator/api_request.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;

Result<SubmitRequest> submit(const std::string& body, const std::string& type = "application/json",
                             const std::string& target = "/api/v1/jobs") {
  return read_submit(parse_target(target).value(),
                     {.method = "POST", .target = target, .body = body, .content_type = type});
}

std::string refusal(const std::string& body, const std::string& type = "application/json",
                    const std::string& target = "/api/v1/jobs") {
  const Result<SubmitRequest> read = submit(body, type, target);
  REQUIRE_FALSE(read.ok());
  REQUIRE(read.error().kind == ErrorKind::kUser);
  return read.error().message;
}

TEST_CASE("ATargetIsTakenApartAndDecoded") {
  const ApiTarget target = parse_target("/api//jobs/my%20job%2Fa+b/?format=te%26xt&a+b=&c").value();
  REQUIRE(target.path == std::vector<std::string>{"api", "jobs", "my job/a+b"});
  REQUIRE(target.query ==
          std::map<std::string, std::string>{{"format", "te&xt"}, {"a b", ""}, {"c", ""}});
  REQUIRE(parse_target("").value() == ApiTarget{});
  REQUIRE(parse_target("?").value() == ApiTarget{});
}

TEST_CASE("WhatIsNoEscapeIsRefused") {
  for (const char* target : {"/%", "/%2", "/%zz", "/a?b=%-1", "/%00"}) {
    REQUIRE_THAT(parse_target(target).error().message, Contains("is no escape"));
  }
  REQUIRE_THAT(parse_target("/%ff").error().message, Contains("not UTF-8"));
  REQUIRE_THAT(parse_target("/\xc3\xbc").error().message, Contains("must be escaped"));
  REQUIRE_THAT(parse_target("/a b").error().message, Contains("must be escaped"));
  REQUIRE_THAT(parse_target("/a?b=1&b=2").error().message, Contains("stands twice"));
}

TEST_CASE("EveryTextSurvivesBeingEncoded") {
  const std::string text = "a b/ü%&=?+~";
  REQUIRE(percent_encoded(text) == "a%20b%2F%C3%BC%25%26%3D%3F%2B~");
  REQUIRE(parse_target("/" + percent_encoded(text)).value().path.front() == text);
}

TEST_CASE("ASubmissionInJsonSaysEverything") {
  const SubmitRequest request =
      submit(R"({"name": "n", "sql": "SELECT 1", "file": "a.sql", "parallelism": 4, "from": "/s",
                 "fork": true, "variables": {"A": "x", "B": 5}, "settings": {"max": true}})")
          .value();
  REQUIRE(request.name == "n");
  REQUIRE(request.script == "SELECT 1");
  REQUIRE(request.kind == ScriptKind::kSql);
  REQUIRE(request.file == "a.sql");
  REQUIRE(request.parallelism == 4);
  REQUIRE(request.from == "/s");
  REQUIRE(request.fork);
  REQUIRE(request.variables == std::map<std::string, std::string>{{"A", "x"}, {"B", "5"}});
  REQUIRE(request.settings == std::map<std::string, std::string>{{"max", "true"}});
}

TEST_CASE("AGraphIsAnObjectOrItsText") {
  const SubmitRequest object = submit(R"({"graph": {"vertices": []}})").value();
  REQUIRE(object.kind == ScriptKind::kGraphJson);
  REQUIRE(object.script == R"({"vertices":[]})");
  REQUIRE(submit(R"({"graph": "{}"})").value().script == "{}");
}

TEST_CASE("ABodyOfSqlHasTheRestInTheQuery") {
  const SubmitRequest request = submit("SELECT 1", "application/sql; charset=utf-8",
                                       "/api/v1/jobs?name=my+job&parallelism=3&from=%2Fs&fork=true")
                                    .value();
  REQUIRE(request.script == "SELECT 1");
  REQUIRE(request.name == "my job");
  REQUIRE(request.parallelism == 3);
  REQUIRE(request.from == "/s");
  REQUIRE(request.fork);
  REQUIRE(submit("SELECT 1", "Text/Plain").value().script == "SELECT 1");
}

TEST_CASE("WhatIsNotUnderstoodIsRefused") {
  REQUIRE_THAT(refusal("{"), Contains("no JSON"));
  REQUIRE_THAT(refusal("[]"), Contains("must be a JSON object"));
  REQUIRE_THAT(refusal(R"({"sqls": ""})"), Contains("unknown key \"sqls\"; did you mean \"sql\""));
  REQUIRE_THAT(refusal("{}"), Contains("names no job"));
  REQUIRE_THAT(refusal(R"({"sql": ""})"), Contains("\"sql\" is empty"));
  REQUIRE_THAT(refusal(R"({"sql": "a", "graph": {}})"), Contains("not both"));
  REQUIRE_THAT(refusal(R"({"sql": 5})"), Contains("\"sql\" must be a text"));
  REQUIRE_THAT(refusal(R"({"sql": "a", "fork": 1})"), Contains("true or false"));
  REQUIRE_THAT(refusal(R"({"sql": "a", "fork": true})"), Contains("say which one with from"));
  REQUIRE_THAT(refusal(R"({"sql": "a", "name": "a\nb"})"), Contains("one line"));
  REQUIRE_THAT(refusal(R"({"sql": "a", "variables": []})"), Contains("must be an object"));
  REQUIRE_THAT(refusal("a", "application/x-www-form-urlencoded"), Contains("--data-binary"));
  REQUIRE_THAT(refusal("", "text/plain"), Contains("empty"));
  REQUIRE_THAT(refusal("SELECT \xff", "text/plain"), Contains("not valid UTF-8"));
  REQUIRE_THAT(refusal("{\"sql\": \"\xff\"}"), Contains("no JSON"));
  REQUIRE_THAT(refusal("a", "text/plain", "/x?nam=b"), Contains("did you mean \"name\""));
  REQUIRE_THAT(refusal("a", "text/plain", "/x?fork=perhaps"), Contains("no value"));
  for (const char* number : {"0", "1025", "1.5", "\"4\"", "-1", "99999999999999999999"}) {
    const std::string body = std::string(R"({"sql": "a", "parallelism": )") + number + "}";
    REQUIRE_THAT(refusal(body), Contains("from 1 to 1024"));
  }
}

TEST_CASE("TheValueOfAVariableIsInNoRefusal") {
  const std::string message = refusal(R"({"sql": "a", "variables": {"PASSWORD": ["hunter2"]}})");
  REQUIRE_THAT(message, Contains("PASSWORD") && !Contains("hunter2"));
}

TEST_CASE("APlaceMayBeLeftOut") {
  REQUIRE(read_place({}).value().empty());
  REQUIRE(read_place({.body = "{}"}).value().empty());
  REQUIRE(read_place({.body = R"({"to": "/s"})"}).value() == "/s");
  REQUIRE_FALSE(read_place({.body = R"({"dir": "/s"})"}).ok());
}

TEST_CASE("ANumberOfInstancesMayNot") {
  REQUIRE(read_parallelism({.body = R"({"parallelism": 2})"}).value() == 2);
  REQUIRE_THAT(read_parallelism({.body = "{}"}).error().message, Contains("how many instances"));
  REQUIRE_FALSE(read_parallelism({.body = ""}).ok());
}

}  // namespace
}  // namespace weir
