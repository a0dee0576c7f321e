#include "operators/connectors/kafka/options.h"

#include <catch2/catch.hpp>

namespace weir {

namespace {

using Options = std::map<std::string, std::string>;

Options with(const Options& more,
             Options options = {{"brokers", "localhost:9092"}, {"topic", "t"}}) {
  for (const auto& [name, value] : more) options[name] = value;
  return options;
}

std::string source_refusal(const Options& more) {
  const auto parsed = kafka_source_options(with(more));
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().kind == ErrorKind::kUser);
  return parsed.error().message;
}

std::string sink_refusal(const Options& more) {
  const auto parsed = kafka_sink_options(with(more));
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().kind == ErrorKind::kUser);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("SourceOptionsHaveTheirDefaults") {
  const KafkaSourceOptions options = kafka_source_options(with({})).value();
  CHECK(options.brokers == "localhost:9092");
  CHECK(options.topic == "t");
  CHECK(options.start == KafkaStart::kEarliest);
  CHECK_FALSE(options.stop_latest);
  CHECK(options.group.empty());
  CHECK(options.connect_timeout_ms == 30'000);
}

TEST_CASE("EverySourceOptionIsRead") {
  const KafkaSourceOptions options =
      kafka_source_options(with({{"start", "2024-01-01 00:00:01Z"},
                                 {"stop", "latest"},
                                 {"group", "fraud"},
                                 {"connect_timeout", "500 milliseconds"},
                                 {"buffer_bytes", "2097152"},
                                 {"kafka.security.protocol", "ssl"}}))
          .value();
  CHECK(options.start == KafkaStart::kTime);
  CHECK(options.start_time == 1'704'067'201'000'000);
  CHECK(options.stop_latest);
  CHECK(options.group == "fraud");
  CHECK(options.connect_timeout_ms == 500);
  CHECK(options.buffer_bytes == 2'097'152);
  CHECK(options.properties == KafkaProperties{{"security.protocol", "ssl"}});
}

TEST_CASE("MissingBrokersAndTopicsAreNamed") {
  CHECK(kafka_source_options({{"topic", "t"}}).error().message ==
        "connector 'kafka' needs the option brokers, such as 'localhost:9092'");
  CHECK(kafka_source_options({{"brokers", "b"}, {"topic", " "}}).error().message ==
        "connector 'kafka' needs the option topic");
}

TEST_CASE("BadValuesAreShownWithTheRightForm") {
  CHECK(source_refusal({{"start", "yesterday"}}) ==
        "start = 'yesterday' is not 'earliest', 'latest' or a timestamp such as '2024-01-01 "
        "00:00:00Z'");
  CHECK(source_refusal({{"stop", "end"}}) == "stop = 'end' is not 'never' or 'latest'");
  CHECK_THAT(source_refusal({{"connect_timeout", "soon"}}), Catch::Contains("'30 seconds'"));
  CHECK_THAT(source_refusal({{"connect_timeout", "-1 second"}}), Catch::Contains("'-1 second'"));
  CHECK_THAT(source_refusal({{"buffer_bytes", "12"}}), Catch::Contains("1048576"));
}

TEST_CASE("UnknownOptionsGetTheNearestOne") {
  CHECK(source_refusal({{"toppic", "x"}}) ==
        "connector 'kafka' has no option \"toppic\"; did you mean \"topic\"?");
  CHECK(source_refusal({{"key", "id"}}).starts_with("connector 'kafka' has no option \"key\""));
  CHECK(
      sink_refusal({{"start", "latest"}}).starts_with("connector 'kafka' has no option \"start\""));
}

TEST_CASE("RefusedPropertiesRefuseTheTable") {
  CHECK_THAT(source_refusal({{"kafka.plugin.library.paths", "evil.so"}}),
             Catch::Contains("loads shared objects"));
  CHECK_THAT(source_refusal({{"kafka.security.protocol", "sasl_ssl"}}),
             Catch::Contains("kafka.sasl.mechanism"));
}

TEST_CASE("SinksWriteExactlyOnceUnlessToldOtherwise") {
  CHECK(kafka_sink_options(with({}))->exactly_once);
  CHECK(kafka_sink_options(with({{"delivery", "exactly_once"}}))->exactly_once);
  CHECK_FALSE(kafka_sink_options(with({{"delivery", "at_least_once"}}))->exactly_once);
  CHECK_THAT(sink_refusal({{"delivery", "maybe"}}), Catch::Contains("delivery = 'maybe'"));
}

TEST_CASE("KeyColumnsAreAList") {
  const auto options =
      kafka_sink_options(with({{"delivery", "at_least_once"}, {"key", "card, day"}}));
  CHECK(options.value().key == std::vector<std::string>{"card", "day"});
  CHECK(sink_refusal({{"delivery", "at_least_once"}, {"key", "card,"}}) ==
        "key = 'card,' is not a list of columns such as 'card, day'");
}

}  // namespace weir
