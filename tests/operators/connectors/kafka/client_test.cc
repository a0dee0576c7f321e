// Waiting for brokers: what is retried, for how long, and what is said.
#include "operators/connectors/kafka/client.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

// Nothing listens on the discard port of the loopback address.
constexpr const char* kNobody = "127.0.0.1:9";

ClientOptions options(const std::string& brokers, int64_t timeout_ms = 300) {
  ClientOptions options;
  options.brokers = brokers;
  options.topic = "t";
  options.connect_timeout_ms = timeout_ms;
  return options;
}

}  // namespace

TEST_CASE("GivesUpOnBrokersThatDoNotAnswerAndSaysWhatWasTried") {
  std::string log;
  ClientOptions unreachable = options(kNobody, 3000);
  unreachable.log = [&log](LogLevel, std::string_view event, std::string_view text) {
    log.append(event).append(" ").append(text);
  };
  const auto client = Client::make(std::move(unreachable)).value();
  const auto partitions = client->partitions();
  REQUIRE_FALSE(partitions.ok());
  CHECK(partitions.error().kind == ErrorKind::kUnavailable);
  CHECK_THAT(partitions.error().message,
             Catch::StartsWith("cannot read kafka topic 't': brokers=127.0.0.1:9 attempts=") &&
                 Catch::Contains("tried_for=3000 ms") && Catch::Contains("Connection refused"));
  CHECK_THAT(log,
             Catch::Contains("kafka.connecting no answer yet, trying on: brokers=127.0.0.1:9"));
}

TEST_CASE("RetriesWhatMayPassAndCountsTheTime") {
  const auto client = Client::make(options(kNobody, 2000)).value();
  int attempts = 0;
  const Status status = client->retry("cannot test", [&attempts](int) {
    return ++attempts < 3 ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : RD_KAFKA_RESP_ERR_NO_ERROR;
  });
  CHECK(status.ok());
  CHECK(attempts == 3);

  attempts = 0;
  const Status spent = client->retry("cannot test", [&attempts](int timeout_ms) {
    CHECK(timeout_ms <= 2000);
    ++attempts;
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
  });
  CHECK_FALSE(spent.ok());
  CHECK(attempts == 1);  // The first one was given all the time there was.
}

TEST_CASE("DoesNotRetryWhatCannotPass") {
  const auto client = Client::make(options(kNobody)).value();
  int attempts = 0;
  const Status status = client->retry("cannot test", [&attempts](int) {
    ++attempts;
    return RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  });
  REQUIRE_FALSE(status.ok());
  CHECK(attempts == 1);
  CHECK(status.error().kind == ErrorKind::kUser);
  CHECK_THAT(status.error().message, Catch::Contains("kafka refuses topic 't'"));
}

TEST_CASE("RefusesValuesThatLibrdkafkaRefuses") {
  ClientOptions bad = options(kNobody);
  bad.properties["socket.timeout.ms"] = "soon";
  const auto client = Client::make(std::move(bad));
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().kind == ErrorKind::kUser);
  CHECK_THAT(client.error().message,
             Catch::StartsWith("kafka property socket.timeout.ms is refused: "));
}

TEST_CASE("CountsThePartitionsOfATopic") {
  const TestTopic topic(3);
  ClientOptions asking = options(broker_address(), 20'000);
  asking.topic = topic.name();
  CHECK(Client::make(std::move(asking)).value()->partitions().value() == 3);
}

TEST_CASE("SaysHowToCreateAMissingTopic") {
  ClientOptions asking = options(broker_address(), 20'000);
  asking.topic = random_name();
  const std::string name = asking.topic;
  const auto partitions = Client::make(std::move(asking)).value()->partitions();
  REQUIRE_FALSE(partitions.ok());
  CHECK(partitions.error().kind == ErrorKind::kUser);
  CHECK_THAT(
      partitions.error().message,
      Catch::StartsWith("kafka topic '" + name + "' does not exist: brokers=" + broker_address()) &&
          Catch::Contains("--create --topic " + name));
}

}  // namespace weir::kafka
