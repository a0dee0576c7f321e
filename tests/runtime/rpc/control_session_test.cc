// Goal: a worker that misbehaves, or whose network does, breaks its own session, with the reason,
// and nothing else. Method: a worker of bare gRPC calls and bytes against the real server.
#include "runtime/rpc/control_session.h"

#include "runtime/rpc/credentials.h"
#include "runtime/rpc/message_codec.h"
#include "tests/runtime/rpc/ends.h"
#include "tests/runtime/rpc/every_message.h"
#include "tests/runtime/rpc/wire.h"

#include <catch2/catch.hpp>

#include <memory>
#include <proto/weir/control.grpc.pb.h>
#include <string>

namespace weir {
namespace {

using Catch::Contains;
using Catch::StartsWith;

// What a worker of this engine would not do.
class BareWorker {
 public:
  explicit BareWorker(const std::string& address)
      : stub_(proto::Control::NewStub(control_channel(address, {}, {}))),
        stream_(stub_->Work(&call_)) {}

  void hello() {
    proto::WorkerMessage message;
    message.set_hello(encode_hello({.version = "bare"}));
    write(message);
  }
  void write(const proto::WorkerMessage& message) { stream_->Write(message); }
  bool read(proto::CoordinatorMessage& message) { return stream_->Read(&message); }
  void hang_up() { call_.TryCancel(); }
  grpc::Status end() {
    proto::CoordinatorMessage message;
    while (stream_->Read(&message)) continue;
    return stream_->Finish();
  }

 private:
  grpc::ClientContext call_;
  std::unique_ptr<proto::Control::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<proto::WorkerMessage, proto::CoordinatorMessage>>
      stream_;
};

// Others are served as before.
void check_alive(Coordinator& coordinator) {
  Worker worker;
  worker.connect(coordinator.address());
  coordinator.admit();
  CHECK_THAT(worker.next(), StartsWith("welcome"));
}

proto::WorkerMessage report(const std::string& bytes) {
  proto::WorkerMessage message;
  message.set_report(bytes);
  return message;
}

TEST_CASE("WhoSpeaksBeforeHelloIsHeardByNobody") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.write(report(encode_from_worker(every_report().front())));
  CHECK_THAT(worker.end().error_message(), Contains("it was not welcomed yet"));
  CHECK(coordinator.heard().is_empty());
  check_alive(coordinator);
}

TEST_CASE("WhoDoesNotWaitForTheWelcomeIsBroken") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.hello();
  REQUIRE(coordinator.next() == "hello bare");
  proto::WorkerMessage beat;
  beat.set_beat(1);
  worker.write(beat);
  CHECK_THAT(coordinator.next(), StartsWith("broken (bad_data)") && Contains("not welcomed"));
  // An answer that comes too late is dropped.
  coordinator.server().welcome(coordinator.session(), {.lease_us = 1});
  check_alive(coordinator);
}

TEST_CASE("ASecondHelloBreaksTheSession") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.hello();
  coordinator.admit();
  worker.hello();
  CHECK_THAT(coordinator.next(), StartsWith("broken (bad_data)") && Contains("said hello before"));
}

TEST_CASE("AReportThatIsNoneBreaksTheSession") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.hello();
  coordinator.admit();
  worker.write(report("no report"));
  CHECK_THAT(coordinator.next(), StartsWith("broken (bad_data)") && Contains("worker's report"));
  CHECK_THAT(worker.end().error_message(), Contains("worker's report"));
}

TEST_CASE("AMessageOfNoKindBreaksTheSession") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.hello();
  coordinator.admit();
  worker.write({});
  CHECK_THAT(coordinator.next(), StartsWith("broken (bad_data)") && Contains("no known kind"));
}

TEST_CASE("AnOversizedMessageBreaksTheSession") {
  Coordinator coordinator({}, {.message_bytes_max = 100'000});
  BareWorker worker(coordinator.address());
  worker.hello();
  coordinator.admit();
  worker.write(report(std::string(200'000, 'x')));
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
  check_alive(coordinator);
}

TEST_CASE("AnOrderThatIsTooLargeIsNotSent") {
  Coordinator coordinator({}, {.message_bytes_max = 100});
  Worker worker;
  worker.connect(coordinator.address());
  const SessionId session = coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  coordinator.server().send(session, every_order().front());
  CHECK_THAT(coordinator.next(), StartsWith("broken (user)") && Contains("at most 100 will do"));
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)") && Contains("too large"));
}

TEST_CASE("AWorkerThatDoesNotReadIsBrokenWhenItsQueueIsFull") {
  Coordinator coordinator({}, {.queue_bytes_max = 1 << 20});
  BareWorker worker(coordinator.address());
  worker.hello();
  const SessionId session = coordinator.admit();
  ToWorker order{.job = std::string(60'000, 'j'), .what = order::Drop{}};
  while (coordinator.heard().is_empty()) coordinator.server().send(session, order);
  CHECK_THAT(coordinator.next(),
             StartsWith("broken (unavailable)") && Contains("does not read what it is sent"));
  check_alive(coordinator);
}

TEST_CASE("WhoNeverSaysHelloIsLetGo") {
  Coordinator coordinator({}, {.hello_timeout_ms = 1});
  BareWorker worker(coordinator.address());
  CHECK_THAT(worker.end().error_message(), Contains("no hello came in time"));
  CHECK(coordinator.heard().is_empty());
}

TEST_CASE("AWorkerThatHangsUpBreaksItsSession") {
  Coordinator coordinator;
  BareWorker worker(coordinator.address());
  worker.hello();
  coordinator.admit();
  worker.hang_up();
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
}

TEST_CASE("AConnectionThatIsHalfOpenBreaksAtBothEnds") {
  const ControlOptions options{.keepalive_time_ms = 100, .keepalive_timeout_ms = 100};
  Coordinator coordinator({}, options);
  Wire wire(coordinator.address());
  Worker worker({}, options);
  worker.connect(wire.address());
  coordinator.admit();
  REQUIRE(worker.next() == "welcome 1");
  wire.cut();
  CHECK_THAT(coordinator.next(), StartsWith("broken (unavailable)"));
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)"));
}

TEST_CASE("GarbageOnThePortDisturbsNobody") {
  Coordinator coordinator;
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string(100'000, '\xff'),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string(5'000, '\x7f')}) {
    const Socket socket = Socket::dial(coordinator.address());
    socket.send(bytes);
  }
  check_alive(coordinator);
}

}  // namespace
}  // namespace weir
