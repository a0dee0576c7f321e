// Goal: a worker finds its coordinator again, is told why it cannot, and stops when it is told to;
// a command that cannot reach the coordinator says so.
#include "runtime/rpc/control_client.h"

#include "tests/runtime/rpc/ends.h"
#include "tests/runtime/rpc/wire.h"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <string>

namespace weir {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{60'000};

// An address where nobody listens.
std::string nobody() { return Socket::listen().address(); }

FromWorker dropped() { return {.job = "j", .what = report::Dropped{}}; }

TEST_CASE("AWorkerThatConnectsAgainIsANewSession") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId first = coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  coordinator.server().close(first);
  REQUIRE_THAT(worker.next(), StartsWith("broken (unavailable)"));
  worker.connect(coordinator.address());
  const SessionId second = coordinator.admit();
  CHECK(second != first);
  CHECK(worker.next() == "welcome 2");
  worker.client().send(dropped());
  CHECK(coordinator.next() == heard(dropped()));
}

TEST_CASE("AWorkerThatFindsNobodyIsToldAndTriesAgainWhenItIsTold") {
  Worker worker;
  const std::string address = nobody();
  for (int i = 0; i < 3; ++i) {
    worker.connect(address);
    CHECK_THAT(worker.next(), StartsWith("broken (unavailable)") && Contains(address));
  }
  Coordinator coordinator({}, {}, address);
  worker.connect(address);
  CHECK(coordinator.next() == "hello v1");
}

TEST_CASE("ACoordinatorThatCameBackIsFound") {
  auto coordinator = std::make_unique<Coordinator>();
  const std::string address = coordinator->address();
  Worker worker;
  worker.connect(address);
  coordinator->admit();
  REQUIRE(worker.next() == "welcome 1");
  coordinator.reset();
  REQUIRE_THAT(worker.next(), StartsWith("broken (unavailable)"));
  coordinator = std::make_unique<Coordinator>(Security{}, ControlOptions{}, address);
  worker.connect(address);
  coordinator->admit();
  CHECK(worker.next() == "welcome 1");
}

TEST_CASE("ConnectingDropsTheConnectionBefore") {
  Coordinator first;
  Coordinator second;
  Worker worker;
  worker.connect(first.address());
  first.admit();
  REQUIRE(worker.next() == "welcome 1");
  worker.connect(second.address());
  second.admit();
  CHECK(worker.next() == "welcome 1");
  CHECK_THAT(first.next(), StartsWith("broken (unavailable)"));
}

TEST_CASE("NothingIsHeardAfterDisconnecting") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  worker.client().disconnect();
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
  worker.client().send(dropped());
  worker.client().beat(1);
  worker.connect(nobody());  // Waiting or dialling when it ends.
  worker.client().disconnect();
  worker.stop();
  CHECK(worker.heard().is_empty());
}

TEST_CASE("NothingIsHeardOfAClientThatWasStopped") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  worker.client().stop();
  worker.connect(coordinator.address());
  worker.client().send(dropped());
  worker.client().stop();
  CHECK(worker.heard().is_empty());
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
  coordinator.server().stop();
  coordinator.server().close(coordinator.session());
  CHECK(coordinator.heard().is_empty());
}

TEST_CASE("ReportsBeforeTheWelcomeAreDropped") {
  Coordinator coordinator;
  Worker worker;
  worker.client().send(dropped());
  worker.connect(coordinator.address());
  REQUIRE(coordinator.next() == "hello v1");
  worker.client().send(dropped());
  worker.client().beat(1);
  coordinator.server().welcome(coordinator.session(), {.worker = 1, .lease_us = 1});
  REQUIRE(worker.next() == "welcome 1");
  worker.client().beat(2);
  CHECK(coordinator.next() == "beat 2");
}

TEST_CASE("HandlersMayConnectAndDisconnect") {
  Coordinator coordinator;
  Heard heard;
  ControlClient* client = nullptr;
  const std::string address = coordinator.address();
  int breaks = 0;
  ControlClient made({}, {},
                     {.welcomed =
                          [&](const Welcome&) {
                            heard.add("welcome");
                            client->disconnect();
                          },
                      .broken =
                          [&](const Error&) {
                            heard.add("broken");
                            if (++breaks < 3)
                              return client->connect("127.0.0.1:1", {.version = "v1"});
                            client->connect(address, {.version = "v1"});
                          }});
  client = &made;
  made.connect("127.0.0.1:1", {.version = "v1"});
  for (int i = 0; i < 3; ++i) REQUIRE(heard.next() == "broken");
  coordinator.admit();
  CHECK(heard.next() == "welcome");
  CHECK_THAT(coordinator.next(), StartsWith("broken"));
}

TEST_CASE("ARequestToNobodyIsUnavailable") {
  const std::string address = nobody();
  const Result<ApiReply> reply = call_api(address, {}, {}, kPatience);
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::kUnavailable);
  CHECK_THAT(reply.error().message, Contains(address));
}

TEST_CASE("ARequestThatIsNotAnsweredInTimeIsUnavailable") {
  const Socket silent = Socket::listen();
  const Result<ApiReply> reply = call_api(silent.address(), {}, {}, milliseconds(50));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("ARequestThatIsTooLargeOrToNoAddressIsTheUsersError") {
  const Result<ApiReply> large =
      call_api(nobody(), {}, {.body = std::string(17 << 20, 'x')}, kPatience);
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().kind == ErrorKind::kUser);
  const Result<ApiReply> nowhere = call_api("nowhere", {}, {}, kPatience);
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().kind == ErrorKind::kUser);
}

TEST_CASE("AWorkerThatIsTurnedAwayIsToldWhyAndFindsTheNext") {
  Coordinator standby;
  Coordinator leader;
  const std::string both = standby.address() + "," + leader.address();
  Worker worker;
  worker.connect(both);
  REQUIRE(standby.next() == "hello v1");
  standby.server().turn_away(standby.session(), "b leads");
  REQUIRE_THAT(worker.next(), StartsWith("broken (unavailable)") && Contains("b leads"));
  worker.connect(both);
  leader.admit();
  CHECK(worker.next() == "welcome 1");
}

TEST_CASE("ACoordinatorThatSaysNothingIsGivenUp") {
  // It listens, and nobody accepts: as a process that is frozen.
  Socket frozen = Socket::listen();
  Coordinator leader;
  ControlOptions options;
  options.welcome_timeout_ms = 50;
  Worker worker({}, options);
  worker.connect(frozen.address());
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)") && Contains("within 50 ms"));
}

std::function<ApiReply(const ApiRequest&)> answering(int status, const std::string& body) {
  return [status, body](const ApiRequest&) { return ApiReply{.status = status, .body = body}; };
}

TEST_CASE("ACommandAsksTheNextCoordinatorWhereOneIsAwayOrDoesNotLead") {
  Coordinator standby;
  standby.set_api(answering(503, "stands by"));
  Coordinator leader;
  leader.set_api(answering(200, "jobs"));
  ApiCaller caller(nobody() + "," + standby.address() + "," + leader.address(), {});
  for (int i = 0; i < 2; ++i) {
    const Result<ApiReply> reply = caller.call({.method = "GET"}, kPatience);
    REQUIRE(reply.ok());
    CHECK(reply->body == "jobs");
  }
}

TEST_CASE("WhereNoCoordinatorLeadsACommandIsToldSo") {
  Coordinator standby;
  standby.set_api(answering(503, "stands by"));
  ApiCaller caller(nobody() + "," + standby.address(), {});
  const Result<ApiReply> reply = caller.call({.method = "GET"}, kPatience);
  REQUIRE(reply.ok());
  CHECK(reply->status == 503);
  ApiCaller lonely(nobody() + "," + nobody(), {});
  CHECK(lonely.call({.method = "GET"}, kPatience).error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("ARequestThatIsRefusedIsNotAskedElsewhere") {
  Coordinator leader;
  leader.set_api(answering(409, "in use"));
  Coordinator other;
  other.set_api(answering(200, "jobs"));
  ApiCaller caller(leader.address() + "," + other.address(), {});
  CHECK(caller.call({.method = "POST"}, kPatience).value().status == 409);
}

}  // namespace
}  // namespace weir
