// Goal: whatever a coordinator does, its worker hears an order or why the connection is over.
// Method: a coordinator of bare gRPC calls, a script for each stream, against the real client.
#include "runtime/rpc/control_connection.h"

#include "runtime/rpc/message_codec.h"
#include "tests/runtime/rpc/ends.h"
#include "tests/runtime/rpc/every_message.h"

#include <catch2/catch.hpp>
#include <grpcpp/server_builder.h>

#include <functional>
#include <future>
#include <memory>
#include <string>

namespace weir {
namespace {

using Catch::Contains;
using Catch::StartsWith;

using Stream = grpc::ServerReaderWriter<proto::CoordinatorMessage, proto::WorkerMessage>;

proto::CoordinatorMessage welcome() {
  proto::CoordinatorMessage message;
  message.set_welcome(encode_welcome({.worker = 5, .lease_us = 1}));
  return message;
}
proto::CoordinatorMessage order(const std::string& bytes) {
  proto::CoordinatorMessage message;
  message.set_order(bytes);
  return message;
}

class BareCoordinator final : public proto::Control::Service {
 public:
  explicit BareCoordinator(std::function<grpc::Status(Stream&)> script)
      : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~BareCoordinator() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

  grpc::Status Work(grpc::ServerContext*, Stream* stream) override {
    proto::WorkerMessage hello;
    if (!stream->Read(&hello)) return grpc::Status::OK;
    return script_(*stream);
  }

 private:
  std::function<grpc::Status(Stream&)> script_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Until the worker is gone.
grpc::Status stay(Stream& stream) {
  proto::WorkerMessage message;
  while (stream.Read(&message)) continue;
  return grpc::Status::OK;
}

std::string answer_after(std::initializer_list<proto::CoordinatorMessage> messages) {
  const std::vector<proto::CoordinatorMessage> script(messages);
  const BareCoordinator coordinator([script](Stream& stream) {
    for (const proto::CoordinatorMessage& message : script) stream.Write(message);
    return stay(stream);
  });
  Worker worker;
  worker.connect(coordinator.address());
  std::string heard = worker.next();
  if (heard == "welcome 5") heard = worker.next();
  worker.stop();
  return heard;
}

TEST_CASE("AnOrderBeforeTheWelcomeBreaksTheConnection") {
  CHECK_THAT(answer_after({order(encode_to_worker(every_order().front()))}),
             StartsWith("broken (bad_data)"));
}

TEST_CASE("ASecondWelcomeBreaksTheConnection") {
  CHECK_THAT(answer_after({welcome(), welcome()}), StartsWith("broken (bad_data)"));
}

TEST_CASE("AnOrderThatIsNoneBreaksTheConnection") {
  CHECK_THAT(answer_after({welcome(), order("no order")}),
             StartsWith("broken (bad_data)") && Contains("an order to a worker"));
}

TEST_CASE("AMessageOfNoKindBreaksTheConnection") {
  CHECK_THAT(answer_after({welcome(), {}}), StartsWith("broken (bad_data)"));
}

TEST_CASE("AWelcomeThatIsNoneBreaksTheConnection") {
  proto::CoordinatorMessage message;
  message.set_welcome("none");
  CHECK_THAT(answer_after({message}), StartsWith("broken (bad_data)"));
}

TEST_CASE("ACoordinatorThatSaysGoodbyeIsTriedAgain") {
  const BareCoordinator coordinator([](Stream&) { return grpc::Status::OK; });
  Worker worker;
  worker.connect(coordinator.address());
  CHECK_THAT(worker.next(), StartsWith("broken (unavailable)") && Contains("closed"));
}

TEST_CASE("ACoordinatorThatDoesNotReadBreaksWhenTheQueueIsFull") {
  std::promise<void> over;
  const BareCoordinator coordinator([&](Stream& stream) {
    stream.Write(welcome());
    over.get_future().wait();
    return grpc::Status::OK;
  });
  Worker worker({}, {.queue_bytes_max = 1 << 20});
  worker.connect(coordinator.address());
  REQUIRE(worker.next() == "welcome 5");
  const FromWorker report{.job = std::string(60'000, 'j'), .what = report::Dropped{}};
  while (worker.heard().is_empty()) worker.client().send(report);
  CHECK_THAT(worker.next(),
             StartsWith("broken (unavailable)") && Contains("does not read what it is sent"));
  over.set_value();
}

TEST_CASE("AReportThatIsTooLargeIsNotSent") {
  const BareCoordinator coordinator([](Stream& stream) {
    stream.Write(welcome());
    return stay(stream);
  });
  Worker worker({}, {.message_bytes_max = 1'000});
  worker.connect(coordinator.address());
  REQUIRE(worker.next() == "welcome 5");
  worker.client().send({.job = std::string(2'000, 'j'), .what = report::Dropped{}});
  CHECK_THAT(worker.next(), StartsWith("broken (user)") && Contains("at most 1000 will do"));
}

}  // namespace
}  // namespace weir
