// Goal: who gets in is decided by the head of a request, as http_rules.h says.
#include "runtime/http/http_rules.h"

#include "runtime/http/http_server.h"
#include "tests/runtime/messages/certificates.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

// 0: let in.
int status(const RequestHead& head, const Security& security = {}) {
  const std::optional<ApiReply> refusal = refuse_request(head, security);
  return refusal ? refusal->status : 0;
}

RequestHead head(std::string_view method = "GET", std::string_view target = "/api/v1/jobs") {
  return {.method = method, .target = target, .host = "localhost:7000"};
}

TEST_CASE("TheKnownMethodsGetIn") {
  for (const char* method : {"GET", "HEAD", "POST", "DELETE"}) CHECK(status(head(method)) == 0);
  for (const char* method : {"PUT", "OPTIONS", "CONNECT", "get", ""}) {
    INFO(method);
    CHECK(status(head(method)) == 405);
  }
}

TEST_CASE("TargetsArePaths") {
  for (const char* target : {"*", "http://localhost/", "localhost:1", ""}) {
    INFO(target);
    CHECK(status(head("GET", target)) == 400);
  }
}

TEST_CASE("ARequestNamesItsHost") {
  RequestHead nameless = head();
  nameless.host = "";
  CHECK(status(nameless) == 400);
}

TEST_CASE("OnlyTheTokenGetsIn") {
  const Security security{.token = "s3cret"};
  RequestHead request = head();
  CHECK(status(request, security) == 401);
  request.authorization = "Bearer guess";
  CHECK(status(request, security) == 401);
  CHECK_THAT(refuse_request(request, security)->body, !Contains("s3cret") && !Contains("guess"));
  request.authorization = "Bearer s3cret";
  CHECK(status(request, security) == 0);
}

TEST_CASE("OnlyACertificateGetsInWhereAuthoritiesAreKnown") {
  const Security security = Authority("ca").issue("coordinator");
  RequestHead request = head();
  CHECK(status(request, security) == 401);
  request.presents_certificate = true;
  CHECK(status(request, security) == 0);
}

TEST_CASE("HealthIsForEverybodyToAskFor") {
  Security security = Authority("ca").issue("coordinator");
  security.token = "s3cret";
  CHECK(status(head("GET", "/healthz"), security) == 0);
  CHECK(status(head("HEAD", "/readyz?verbose"), security) == 0);
  CHECK(status(head("POST", "/healthz"), security) == 401);
  CHECK(status(head("GET", "/healthz/x"), security) == 401);
}

TEST_CASE("PagesOfOtherSitesAreRefused") {
  RequestHead request = head("POST");
  request.origin = "http://localhost:7000";
  CHECK(status(request) == 0);
  for (const char* origin : {"https://example.org", "http://localhost:8000", "null"}) {
    INFO(origin);
    request.origin = origin;
    CHECK(status(request) == 403);
  }
}

TEST_CASE("NamesThatSomebodyElseOwnsAreRefusedWhereNothingElseIsAskedFor") {
  for (const char* host : {"localhost", "127.0.0.1:80", "[::1]:7000", "10.1.2.3:7000"}) {
    INFO(host);
    RequestHead request = head();
    request.host = host;
    CHECK(status(request) == 0);
  }
  RequestHead request = head();
  request.host = "rebound.example.org:7000";
  CHECK(status(request) == 403);
  request.authorization = "Bearer s3cret";
  CHECK(status(request, {.token = "s3cret"}) == 0);
}

TEST_CASE("ErrorsAreDocuments") {
  const ApiReply reply = error_reply(400, "user", "a \"b\" \xff");
  CHECK(reply.status == 400);
  CHECK(reply.content_type == "application/json");
  CHECK(reply.body == "{\"error\":{\"kind\":\"user\",\"message\":\"a \\\"b\\\" ?\"}}\n");
}

}  // namespace
}  // namespace weir
