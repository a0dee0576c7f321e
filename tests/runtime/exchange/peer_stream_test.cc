// Goal: whatever comes in on the port of an exchange, the life it is meant for fails and says what
// it was, or nobody notices; no row of it is passed on. Method: a stream that says what it wants in
// the name of a peer.
#include "runtime/exchange/exchange.h"
#include "runtime/exchange/frame_codec.h"
#include "tests/runtime/exchange/elements.h"
#include "tests/runtime/exchange/raw_stream.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr ChannelKey kKey{.edge = 1, .from = 0, .to = 1};
constexpr size_t kLimit = 64 << 10;

// A worker that receives one channel of a peer with this address, which is lower than any other:
// the peer is to dial.
struct Worker {
  static constexpr const char* kPeer = "!peer:1";

  Worker() { open(1); }

  void open(uint64_t generation) {
    ExchangeLife life{.job = "job", .generation = Generation(generation)};
    life.inbound.push_back(
        {.key = kKey, .channel = channel, .schema = numbers_schema(), .peer = kPeer});
    life.failed = [this](Error error) { failed.set_value(std::move(error)); };
    job = exchange->open(std::move(life));
  }
  Hello hello() const {
    return {.job = "job",
            .generation = Generation(1),
            .from = kPeer,
            .to = exchange->address(),
            .credit_bytes = 1000,
            .outbound = 1,
            .inbound = 0};
  }
  // A stream of the peer that was welcomed.
  std::unique_ptr<RawStream> greeted() const {
    auto stream = std::make_unique<RawStream>(exchange->address(), "");
    stream->send(encode(hello()));
    std::string message = stream->receive().value();
    std::string_view rest = message;
    REQUIRE(std::get<Welcome>(read_frame(rest, kLimit).value()).credit_bytes == 10'000);
    return stream;
  }
  Error error() { return failed.get_future().get(); }

  std::unique_ptr<Exchange> exchange =
      Exchange::listen("127.0.0.1:0",
                       {.frame_bytes = 4 << 10, .frame_bytes_max = kLimit, .credit_bytes = 10'000})
          .value();
  std::shared_ptr<Channel> channel = std::make_shared<Channel>(8);
  std::promise<Error> failed;
  std::unique_ptr<JobExchange> job;
};

std::string frame_of(const ChannelKey& key, const RecordBatch& batch) {
  FrameWriter writer(key);
  writer.add(batch);
  return writer.take(Compression::kNone);
}

// What the worker says after a peer sent this, once it was welcomed.
std::string failure_after(const std::string& message) {
  Worker worker;
  const auto stream = worker.greeted();
  stream->send(message);
  const Error error = worker.error();
  REQUIRE(error.kind == ErrorKind::kCorrupt);
  REQUIRE_FALSE(worker.channel->pop().has_value());
  const grpc::Status status = stream->status();
  REQUIRE(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  REQUIRE(status.error_message() == error.message);
  return error.message;
}

// With what a stream ends that begins like this.
grpc::Status refusal_of(const Worker& worker, const std::string& message) {
  RawStream stream(worker.exchange->address(), "");
  stream.send(message);
  return stream.status();
}

TEST_CASE("AnHonestPeerIsHeard") {
  Worker worker;
  const auto stream = worker.greeted();
  std::promise<void> came;
  worker.channel->on_data([&] { came.set_value(); });
  stream->send(frame_of(kKey, numbers(0, 3)));
  came.get_future().wait();
  REQUIRE(short_form(worker.channel->pop()) == "0-2");
}

TEST_CASE("GarbageFailsTheLifeAndIsNamed") {
  REQUIRE_THAT(failure_after("garbage that is long enough"), Catch::Contains("it starts with"));
  REQUIRE_THAT(failure_after("x"), Catch::Contains("end early"));
  REQUIRE_THAT(failure_after(""), Catch::Contains("an empty message"));
}

TEST_CASE("AFrameThatWasChangedFailsTheLife") {
  std::string frame = frame_of(kKey, numbers(0, 3));
  frame.back() = static_cast<char>(frame.back() ^ 1);
  REQUIRE_THAT(failure_after(frame), Catch::Contains("checksum"));
}

TEST_CASE("AFrameThatWasCutFailsTheLife") {
  const std::string frame = frame_of(kKey, numbers(0, 3));
  REQUIRE_THAT(failure_after(frame.substr(0, frame.size() - 1)), Catch::Contains("end early"));
}

TEST_CASE("AFrameAboveTheLimitFailsTheLife") {
  REQUIRE_THAT(failure_after(frame_of(kKey, numbers(0, 8200))),
               Catch::Contains("frame_bytes_max=65536"));
}

TEST_CASE("AMessageAboveTheLimitFailsTheLife") {
  Worker worker;
  const auto stream = worker.greeted();
  stream->send(std::string(3 * kLimit, 'x'));
  REQUIRE(worker.error().kind == ErrorKind::kUnavailable);
  REQUIRE_FALSE(stream->status().ok());
}

TEST_CASE("AnUnknownChannelFailsTheLife") {
  REQUIRE_THAT(failure_after(frame_of({.edge = 9, .from = 0, .to = 1}, numbers(0, 3))),
               Catch::Contains("unknown channel: edge=9 from=0 to=1"));
  REQUIRE_THAT(failure_after(encode(Credits{.grants = {{.key = kKey, .bytes = 1}}})),
               Catch::Contains("unknown channel: edge=1 from=0 to=1"));
}

TEST_CASE("ABatchUnderAnotherSchemaFailsTheLife") {
  REQUIRE_THAT(failure_after(frame_of(kKey, texts({"a"}))),
               Catch::Contains("another schema") && Catch::Contains("edge=1 from=0 to=1"));
}

TEST_CASE("BatchesWithoutCreditFailTheLife") {
  Worker worker;
  const auto stream = worker.greeted();
  for (int i = 0; i < 20; ++i) stream->send(frame_of(kKey, numbers(0, 1000)));
  REQUIRE_THAT(worker.error().message, Catch::Contains("without credit"));
}

TEST_CASE("AGreetingOutOfTurnFailsTheLife") {
  REQUIRE_THAT(failure_after(encode(Welcome{})), Catch::Contains("greeting out of turn"));
  REQUIRE_THAT(failure_after(encode(Worker().hello())), Catch::Contains("greeting out of turn"));
}

TEST_CASE("AStreamThatDoesNotGreetIsRefusedAndNobodyNotices") {
  Worker worker;
  for (const std::string& message :
       {std::string("garbage that is long enough"), encode(Welcome{}), std::string(),
        encode(worker.hello()) + encode(worker.hello())}) {
    REQUIRE(refusal_of(worker, message).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
  worker.greeted();
}

TEST_CASE("AGreetingForSomebodyElseIsRefused") {
  Worker worker;
  Hello other = worker.hello();
  other.to = "elsewhere:1";
  REQUIRE_THAT(refusal_of(worker, encode(other)).error_message(),
               Catch::Contains("for another worker: to=elsewhere:1"));
  other = worker.hello();
  other.from = "unknown:1";
  REQUIRE_THAT(refusal_of(worker, encode(other)).error_message(),
               Catch::Contains("no channels between unknown:1"));
}

TEST_CASE("ASecondStreamOfAPeerIsRefused") {
  Worker worker;
  const auto stream = worker.greeted();
  const grpc::Status status = refusal_of(worker, encode(worker.hello()));
  REQUIRE_THAT(status.error_message(), Catch::Contains("there is a stream already"));
  std::promise<void> came;
  worker.channel->on_data([&] { came.set_value(); });
  stream->send(frame_of(kKey, numbers(0, 3)));
  came.get_future().wait();
}

TEST_CASE("AnOlderGenerationIsTold") {
  Worker worker;
  worker.exchange->refuse_below("job", Generation(3));
  const grpc::Status status = refusal_of(worker, encode(worker.hello()));
  REQUIRE(status.error_code() == grpc::StatusCode::ABORTED);
  REQUIRE_THAT(status.error_message(), Catch::Contains("generation=1 newer=3"));
  REQUIRE(worker.error().kind == ErrorKind::kFenced);
}

TEST_CASE("AnotherMethodIsRefused") {
  Worker worker;
  RawStream stream(worker.exchange->address(), "", "/weir.Exchange/Other");
  REQUIRE(stream.status().error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("BytesThatAreNotHttpAreIgnored") {
  Worker worker;
  const std::string address = worker.exchange->address();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(5000, 7)}) {
    const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(connect(socket_fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    REQUIRE(send(socket_fd, garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
    // It hangs up.
    char buffer[4096];
    while (recv(socket_fd, buffer, sizeof buffer, 0) > 0) {
    }
    close(socket_fd);
  }
  worker.greeted();
}

}  // namespace
}  // namespace weir
