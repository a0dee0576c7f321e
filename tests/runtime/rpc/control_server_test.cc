// Goal: orders and reports flow in order between a coordinator and its workers, commands are
// answered, and only who may gets in. Method: real gRPC over loopback in one process.
#include "runtime/rpc/control_server.h"

#include "tests/runtime/messages/certificates.h"
#include "tests/runtime/rpc/ends.h"
#include "tests/runtime/rpc/every_message.h"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace weir {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{60'000};

ToWorker drop_of(uint64_t generation) {
  return {.job = "j", .generation = Generation{generation}, .what = order::Drop{}};
}
FromWorker dropped_of(uint64_t generation) {
  return {.job = "j", .generation = Generation{generation}, .what = report::Dropped{}};
}

TEST_CASE("MessagesArriveInOrderInBothDirections") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId session = coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  constexpr uint64_t kCount = 500;
  for (uint64_t i = 0; i < kCount; ++i) {
    coordinator.server().send(session, drop_of(i));
    worker.client().send(dropped_of(i));
    worker.client().beat(i);
    coordinator.server().renew(session, i);
  }
  for (uint64_t i = 0; i < kCount; ++i) {
    REQUIRE(worker.next() == heard(drop_of(i)));
    REQUIRE(worker.next() == fmt::format("renewed {}", i));
    REQUIRE(coordinator.next() == heard(dropped_of(i)));
    REQUIRE(coordinator.next() == fmt::format("beat {}", i));
  }
}

TEST_CASE("EveryKindOfMessageIsCarried") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId session = coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  for (const ToWorker& order : every_order()) {
    coordinator.server().send(session, order);
    CHECK(worker.next() == heard(order));
  }
  for (const FromWorker& report : every_report()) {
    worker.client().send(report);
    CHECK(coordinator.next() == heard(report));
  }
}

TEST_CASE("HandlersMayAnswerAtOnce") {
  ControlServer* server = nullptr;
  std::promise<void> listening;
  std::shared_future<void> is_listening = listening.get_future().share();
  auto made = ControlServer::listen(
      "127.0.0.1:0", {},
      {.hello =
           [&](SessionId session, const Hello&) {
             is_listening.wait();
             server->welcome(session, {.worker = 1, .lease_us = 1});
             server->send(session, drop_of(1));
           },
       .message = [&](SessionId session, const FromWorker&) { server->refuse(session, "enough"); },
       .heartbeat = [&](SessionId session, uint64_t beat) { server->renew(session, beat); },
       .broken = [](SessionId, const Error&) {},
       .api = [](const ApiRequest&) { return ApiReply{}; }});
  REQUIRE(made.ok());
  server = made->get();
  listening.set_value();
  Worker worker;
  worker.connect(server->address());
  CHECK(worker.next() == "welcome 1");
  CHECK(worker.next() == heard(drop_of(1)));
  worker.client().beat(7);
  CHECK(worker.next() == "renewed 7");
  worker.client().send(dropped_of(1));
  CHECK(worker.next() == "refused: enough");
}

TEST_CASE("ManyWorkersHaveASessionEach") {
  Coordinator coordinator;
  std::vector<std::unique_ptr<Worker>> workers;
  std::set<uint64_t> sessions;
  for (int i = 0; i < 8; ++i) {
    workers.push_back(std::make_unique<Worker>());
    workers.back()->connect(coordinator.address());
    const SessionId session = coordinator.admit();
    CHECK(workers.back()->next() == fmt::format("welcome {}", session.value()));
    sessions.insert(session.value());
  }
  CHECK(sessions.size() == 8);
}

TEST_CASE("AWorkerThatIsRefusedHearsWhy") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  REQUIRE(coordinator.next() == "hello v1");
  coordinator.server().refuse(coordinator.session(), "the versions differ");
  CHECK(worker.next() == "refused: the versions differ");
  // Nobody hears of it again.
  coordinator.stop();
  worker.stop();
  CHECK(coordinator.heard().is_empty());
  CHECK(worker.heard().is_empty());
}

TEST_CASE("AWorkerThatGoesAwayBreaksItsSession") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId session = coordinator.admit();
  worker.stop();
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
  // What is said to it now is dropped.
  coordinator.server().send(session, drop_of(1));
  coordinator.server().renew(session, 1);
  coordinator.server().refuse(session, "late");
  coordinator.server().close(session);
  coordinator.stop();
  CHECK(coordinator.heard().is_empty());
}

TEST_CASE("ASessionThatIsClosedIsBrokenForItsWorkerAlone") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId session = coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  coordinator.server().close(session);
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)"));
  coordinator.stop();
  CHECK(coordinator.heard().is_empty());
}

TEST_CASE("ACoordinatorThatStopsBreaksTheConnectionsOfItsWorkers") {
  Coordinator coordinator;
  Worker worker;
  worker.connect(coordinator.address());
  coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  coordinator.stop();
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)"));
}

TEST_CASE("RequestsAreAnsweredAsTheyWereAsked") {
  Coordinator coordinator;
  coordinator.set_api([](const ApiRequest& request) {
    return ApiReply{.status = 404,
                    .body = fmt::format("{} {} {}", request.method, request.target, request.body),
                    .content_type = "text/" + request.content_type};
  });
  const std::string odd("\0\xff", 2);
  const Result<ApiReply> reply = call_api(
      coordinator.address(), {},
      {.method = "POST", .target = "/x?y=z", .body = odd, .content_type = "plain"}, kPatience);
  REQUIRE(reply.ok());
  CHECK(*reply ==
        ApiReply{.status = 404, .body = "POST /x?y=z " + odd, .content_type = "text/plain"});
}

TEST_CASE("ARequestThatBlocksBlocksNobodyElse") {
  Coordinator coordinator;
  std::promise<void> release;
  coordinator.set_api([&](const ApiRequest& request) {
    if (request.target == "/slow") release.get_future().wait();
    return ApiReply{.body = request.target};
  });
  std::future<Result<ApiReply>> slow = std::async(std::launch::async, [&] {
    return call_api(coordinator.address(), {}, {.target = "/slow"}, kPatience);
  });
  const Result<ApiReply> quick =
      call_api(coordinator.address(), {}, {.target = "/quick"}, kPatience);
  REQUIRE(quick.ok());
  CHECK(quick->body == "/quick");
  Worker worker;
  worker.connect(coordinator.address());
  coordinator.admit();
  CHECK(worker.next() == "welcome 1");
  release.set_value();
  const Result<ApiReply> reply = slow.get();
  REQUIRE(reply.ok());
  CHECK(reply->body == "/slow");
}

TEST_CASE("TooManyRequestsAreTurnedAway") {
  Coordinator coordinator({}, {.api_threads = 1, .api_waiting_max = 0});
  coordinator.set_api([](const ApiRequest&) { return ApiReply{}; });
  const Result<ApiReply> reply = call_api(coordinator.address(), {}, {}, kPatience);
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::kUnavailable);
  CHECK_THAT(reply.error().message, Contains("too many requests"));
}

TEST_CASE("AnAnswerThatIsTooLargeIsAnError") {
  Coordinator coordinator({}, {.message_bytes_max = 100});
  coordinator.set_api([](const ApiRequest&) { return ApiReply{.body = std::string(101, 'x')}; });
  const Result<ApiReply> reply = call_api(coordinator.address(), {}, {}, kPatience);
  REQUIRE(reply.ok());
  CHECK(reply->status == 500);
}

TEST_CASE("APortInUseIsRefused") {
  Coordinator coordinator;
  const auto second = ControlServer::listen(coordinator.address(), {}, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::kUser);
  CHECK_THAT(second.error().message, Contains(coordinator.address()));
}

TEST_CASE("AnAddressThatOthersReachNeedsSecurity") {
  const auto open = ControlServer::listen("0.0.0.0:0", {}, {});
  REQUIRE_FALSE(open.ok());
  CHECK_THAT(open.error().message, Contains("--token-file"));
  CHECK_FALSE(ControlServer::listen("nonsense", {}, {}).ok());
  const Coordinator coordinator({.token = "t"}, {}, "0.0.0.0:0");
  CHECK_THAT(coordinator.address(), StartsWith("0.0.0.0:") && !Catch::EndsWith(":0"));
}

TEST_CASE("OnlyWhoKnowsTheTokenGetsIn") {
  Coordinator coordinator({.token = "s3cret"});
  coordinator.set_api([](const ApiRequest&) { return ApiReply{.body = "in"}; });
  for (const std::string& token : {std::string(), std::string("guess")}) {
    Worker worker({.token = token});
    worker.connect(coordinator.address());
    CHECK_THAT(worker.next(), StartsWith("broken (user)") && Contains("the token is wrong") &&
                                  !Contains("s3cret") && !Contains("guess"));
    const Result<ApiReply> reply = call_api(coordinator.address(), {.token = token}, {}, kPatience);
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.error().kind == ErrorKind::kUser);
  }
  CHECK(coordinator.heard().is_empty());
  Worker worker({.token = "s3cret"});
  worker.connect(coordinator.address());
  coordinator.admit();
  CHECK(worker.next() == "welcome 1");
  const Result<ApiReply> reply =
      call_api(coordinator.address(), {.token = "s3cret"}, {}, kPatience);
  REQUIRE(reply.ok());
  CHECK(reply->body == "in");
}

TEST_CASE("CertificatesOfOneAuthorityGetIn") {
  const Authority authority("ours");
  Coordinator coordinator(authority.issue("coordinator"));
  Worker worker(authority.issue("worker"));
  worker.connect(coordinator.address());
  coordinator.admit();
  CHECK(worker.next() == "welcome 1");
}

std::string answer_to(const Security& coordinator, const Security& worker) {
  Coordinator server(coordinator);
  Worker client(worker);
  client.connect(server.address());
  std::string answer = client.next();
  server.stop();
  CHECK(server.heard().is_empty());
  return answer;
}

TEST_CASE("CertificatesThatWillNotDoAreRefusedWithTheReason") {
  const Authority ours("ours");
  const Authority theirs("theirs");
  const Security good = ours.issue("good");
  const Security expired = ours.issue("old", {.from = -7'200, .until = -3'600});
  // A worker that knows the coordinator's authority, but is of another one.
  Security stranger = theirs.issue("stranger");
  stranger.tls_ca = good.tls_ca;

  CHECK_THAT(answer_to(good, theirs.issue("stranger")),
             StartsWith("broken (user)") && Contains("certificate cannot be trusted"));
  CHECK_THAT(answer_to(good, stranger), Contains("it hangs up when it sees our certificate"));
  CHECK_THAT(answer_to(good, expired),
             StartsWith("broken (user)") && Contains("our certificate expired on 20"));
  CHECK_THAT(answer_to(expired, good),
             StartsWith("broken (user)") && Contains("its certificate has expired"));
  CHECK_THAT(answer_to(good, {}), StartsWith("broken (user)") && Contains("it wants TLS"));
  CHECK_THAT(answer_to({}, good), StartsWith("broken (user)") && Contains("does not speak TLS"));
  CHECK_THAT(answer_to(good, {.tls_ca = good.tls_ca}), Contains("does it want --tls-cert"));
}

}  // namespace
}  // namespace weir
