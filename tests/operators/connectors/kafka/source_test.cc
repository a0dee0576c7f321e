// Finding the partitions of a real topic, and reading all of them.
#include "operators/connectors/kafka/source.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

TEST_CASE("APartitionIsASplit") {
  const TestTopic topic(4);
  TestReading reading(topic.source_options());
  const auto splits = reading.source().discover().value();
  REQUIRE(splits.size() == 4);
  for (int32_t i = 0; i < 4; ++i) {
    const Split& split = splits[static_cast<size_t>(i)];
    CHECK(split.name == std::to_string(i));
    CHECK(split.source == topic.name());
    CHECK(split.number == i);
  }
}

TEST_CASE("ReadsEveryPartitionOnceAndInOrder") {
  TestTopic topic(4);
  for (int32_t i = 0; i < 4; ++i) topic.write(i, numbered(std::to_string(i) + "-", 5000));
  KafkaSourceOptions options = topic.source_options();
  options.stop_latest = true;
  options.buffer_bytes = 1 << 20;  // Small, so that every queue fills and is emptied many times.
  TestReading reading(options);
  CHECK(reading.source().is_bounded());
  CHECK_FALSE(reading.source().rediscover_every().has_value());
  std::vector<std::unique_ptr<SplitReader>> readers;
  for (const Split& split : reading.source().discover().value())
    readers.push_back(reading.open(split.number));
  for (int32_t i = 3; i >= 0; --i) {
    CHECK(reading.read_to_end(*readers[static_cast<size_t>(i)]) ==
          numbered(std::to_string(i) + "-", 5000));
  }
}

TEST_CASE("ANewPartitionIsReadFromItsBeginningAndDisturbsNobody") {
  TestTopic topic(1);
  KafkaSourceOptions options = topic.source_options();
  options.start = KafkaStart::kLatest;
  TestReading reading(options);
  REQUIRE(reading.source().discover().value().size() == 1);
  CHECK(reading.source().rediscover_every().has_value());
  const auto first = reading.open(0);
  topic.write(0, numbered("a", 2000));
  CHECK(reading.read_some(*first, 700).size() == 700);

  topic.grow(2);
  topic.write(1, {"missed", "otherwise"});
  REQUIRE(reading.source().discover().value().size() == 2);
  const auto second = reading.open(1, nullptr, /*is_new=*/true);
  CHECK(reading.read_some(*second, 2) == std::vector<std::string>{"missed", "otherwise"});
  auto rest = reading.read_some(*first, 1300);
  CHECK(rest.front() == "a700");
  CHECK(rest.back() == "a1999");
}

TEST_CASE("AMissingTopicIsRefused") {
  KafkaSourceOptions options;
  options.brokers = broker_address();
  options.topic = random_name();
  TestReading reading(options);
  const auto splits = reading.source().discover();
  REQUIRE_FALSE(splits.ok());
  CHECK(splits.error().kind == ErrorKind::kUser);
  CHECK_THAT(splits.error().message,
             Catch::Contains("topic '" + options.topic + "' does not exist"));
}

TEST_CASE("BrokersThatDoNotAnswerAreUnavailable") {
  KafkaSourceOptions options;
  options.brokers = "127.0.0.1:9";
  options.topic = "t";
  options.connect_timeout_ms = 500;
  TestReading reading(options);
  const auto splits = reading.source().discover();
  REQUIRE_FALSE(splits.ok());
  CHECK(splits.error().kind == ErrorKind::kUnavailable);
  CHECK_THAT(splits.error().message, Catch::Contains("brokers=127.0.0.1:9"));
}

TEST_CASE("AFormatThatDoesNotFitIsRefusedBeforeConnecting") {
  RowShape shape = raw_shape();
  auto schema = std::make_shared<Schema>(*shape.schema);
  schema->fields.push_back({.name = "second", .type = TypeKind::kText});
  shape.schema = schema;
  shape.needed = all_needed(*schema);
  const auto source =
      make_kafka_source({.brokers = "127.0.0.1:9", .topic = "t"}, {.format = "raw"}, shape);
  REQUIRE_FALSE(source.ok());
  CHECK(source.error().kind == ErrorKind::kUser);
}

}  // namespace weir::kafka
