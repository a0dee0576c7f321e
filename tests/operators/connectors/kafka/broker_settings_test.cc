#include "operators/connectors/kafka/broker_settings.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

BrokerSettings sound() {
  return {.brokers = 3,
          .replicas = 3,
          .topic = {{"min.insync.replicas", "2"}, {"unclean.leader.election.enable", "false"}},
          .broker = {{"offsets.retention.minutes", "10080"},
                     {"transaction.state.log.replication.factor", "3"},
                     {"transaction.state.log.min.isr", "2"},
                     {"offsets.topic.replication.factor", "3"},
                     {"transaction.max.timeout.ms", "900000"}}};
}

}  // namespace

TEST_CASE("SoundSettingsAreNotSpokenOf") {
  CHECK(weaknesses(sound()).empty());
  CHECK(check_settings(sound()).ok());
}

TEST_CASE("EveryWeakSettingIsNamedWithWhatToSet") {
  BrokerSettings weak = sound();
  weak.replicas = 1;
  weak.topic["min.insync.replicas"] = "1";
  weak.topic["unclean.leader.election.enable"] = "true";
  weak.broker["offsets.retention.minutes"] = "1440";
  weak.broker["transaction.state.log.replication.factor"] = "1";
  weak.broker["transaction.state.log.min.isr"] = "1";
  weak.broker["offsets.topic.replication.factor"] = "1";
  CHECK(weaknesses(weak) ==
        std::vector<std::string>{"offsets.retention.minutes=1440: set 4320 or more",
                                 "the topic's replication factor is 1: set 3 or more",
                                 "min.insync.replicas=1: set 2 or more",
                                 "unclean.leader.election.enable=true: set false",
                                 "transaction.state.log.replication.factor=1: set 3 or more",
                                 "transaction.state.log.min.isr=1: set 2 or more",
                                 "offsets.topic.replication.factor=1: set 3 or more"});
}

TEST_CASE("ClustersWhoseSettingsMayNotBeReadAreWarnedOf") {
  BrokerSettings hidden = sound();
  hidden.topic.clear();
  hidden.broker.clear();
  const std::vector<std::string> weak = weaknesses(hidden);
  REQUIRE(weak.size() == 2);
  CHECK_THAT(weak[0], Catch::Contains("DESCRIBE_CONFIGS"));
  CHECK_FALSE(message_bytes_max(hidden).has_value());
}

TEST_CASE("TransactionsThatAreTooShortAreRefused") {
  BrokerSettings settings = sound();
  settings.broker["transaction.max.timeout.ms"] = "59999";
  const Status refused = check_settings(settings);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUser);
  CHECK_THAT(refused.error().message, Catch::Contains("59999") && Catch::Contains("60000"));
}

TEST_CASE("ADevelopmentBrokerIsOneWarning") {
  TestTopic topic(2, {{"max.message.bytes", "5000"}});
  ClientOptions options;
  options.type = RD_KAFKA_PRODUCER;
  options.brokers = broker_address();
  options.topic = topic.name();
  options.connect_timeout_ms = 30'000;
  const auto client = Client::make(options).value();
  const BrokerSettings settings = read_settings(*client).value();
  CHECK(settings.brokers == 1);
  CHECK(settings.replicas == 1);
  CHECK(settings.topic.at("min.insync.replicas") == "1");
  CHECK(settings.broker.at("transaction.max.timeout.ms") == "900000");
  CHECK(message_bytes_max(settings) == 5000);
  const std::vector<std::string> weak = weaknesses(settings);
  REQUIRE(weak.size() == 1);
  CHECK_THAT(weak[0], Catch::StartsWith("a cluster of one broker"));
}

}  // namespace weir::kafka
