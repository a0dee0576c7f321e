// Goal: a transaction is seen whole or not at all, and only the newest instance of a slot acts.
// Method: two instances of one slot on a real broker.
#include "operators/connectors/kafka/transaction.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

ClientOptions options_for(const std::string& topic) {
  ClientOptions options;
  options.type = RD_KAFKA_PRODUCER;
  options.brokers = broker_address();
  options.topic = topic;
  options.connect_timeout_ms = 30'000;
  return options;
}

std::unique_ptr<Transaction> fenced(const TestTopic& topic, const std::string& id) {
  auto transaction = Transaction::make(options_for(topic.name()), id, 30'000).value();
  const Status outcome = transaction->fence();
  INFO((outcome.ok() ? "" : outcome.error().message));
  REQUIRE(outcome.ok());
  return transaction;
}

std::vector<Message> one(std::string_view value) {
  return {{.partition = 0, .key = {}, .value = value}};
}

Result<std::optional<StoredMarker>> marker(Transaction& transaction, const TestTopic& topic,
                                           const std::string& id) {
  return transaction.marker(*MarkerReader::make(options_for(topic.name()), id).value());
}

StoredMarker marker_of(uint64_t epoch) {
  return {.marker = {.id = {Generation(1), Epoch(epoch)}, .chunk = 1, .chunks = 1},
          .offset = static_cast<int64_t>(epoch)};
}

}  // namespace

TEST_CASE("OutputAndMarkerAppearTogether") {
  TestTopic topic(1);
  const std::string id = random_name();
  const auto transaction = fenced(topic, id);
  CHECK_FALSE(marker(*transaction, topic, id)->has_value());
  REQUIRE(transaction->begin().ok());
  REQUIRE(transaction->send(one("a")).ok());
  REQUIRE(transaction->send_marker(marker_of(4)).ok());
  REQUIRE(transaction->commit().ok());
  CHECK(topic.committed(0) == Records{{"-", "a"}});
  CHECK(marker(*fenced(topic, id), topic, id)->value().marker == marker_of(4).marker);
}

TEST_CASE("WhatIsOpenIsAbortedInGoodOrder") {
  TestTopic topic(1);
  {
    const auto transaction = fenced(topic, random_name());
    REQUIRE(transaction->begin().ok());
    REQUIRE(transaction->send(one("a")).ok());
  }
  CHECK(topic.contents(0) == Records{{"-", "a"}});
  CHECK(topic.committed(0).empty());  // And so does not wait for the time-out.
}

// Before version 4 brokers apply a committed marker only after they have answered: what they would
// tell meanwhile is the one before.
TEST_CASE("AMarkerThatMayStillChangeIsNotTold") {
  TestTopic topic(1);
  const std::string id = random_name();
  const auto transaction = fenced(topic, id);
  REQUIRE(transaction->begin().ok());
  REQUIRE(transaction->send_marker(marker_of(1)).ok());
  const auto told = marker(*transaction, topic, id);
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().kind == ErrorKind::kUnavailable);
  REQUIRE(transaction->commit().ok());
  CHECK(marker(*transaction, topic, id)->value().marker == marker_of(1).marker);
}

TEST_CASE("AnOlderInstanceIsShutOut") {
  TestTopic topic(1);
  const std::string id = random_name();
  const auto older = fenced(topic, id);
  REQUIRE(older->begin().ok());
  REQUIRE(older->send(one("a")).ok());
  REQUIRE(older->send_marker(marker_of(1)).ok());
  const auto newer = fenced(topic, id);
  CHECK_FALSE(marker(*newer, topic, id)->has_value());
  const Status refused = older->commit();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
  CHECK_FALSE(marker(*newer, topic, id)->has_value());
  CHECK(topic.committed(0).empty());
}

TEST_CASE("APartitionThatIsGoneIsRefused") {
  TestTopic topic(1);
  const auto transaction = fenced(topic, random_name());
  REQUIRE(transaction->partitions().value() == 1);
  REQUIRE(transaction->begin().ok());
  const Status refused = transaction->send({{.partition = 3, .key = {}, .value = "a"}});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUser);
  CHECK_THAT(refused.error().message, Catch::Contains("give the topic its partitions back"));
}

}  // namespace weir::kafka
