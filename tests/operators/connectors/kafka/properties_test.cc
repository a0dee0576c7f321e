#include "operators/connectors/kafka/properties.h"

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>

#include <memory>

namespace weir {

namespace {

std::string refusal(KafkaRole role, std::string_view name, std::string_view value = "1") {
  const Status status = check_kafka_property(role, name, value);
  return status.ok() ? "" : status.error().message;
}

}  // namespace

TEST_CASE("SecurityPropertiesAreAllowed") {
  for (const char* name : {"security.protocol", "sasl.username", "sasl.password", "ssl.ca.location",
                           "ssl.key.pem", "ssl.endpoint.identification.algorithm", "client.id"}) {
    CHECK(refusal(KafkaRole::kSource, name).empty());
    CHECK(refusal(KafkaRole::kSink, name).empty());
  }
}

TEST_CASE("PropertiesThatRunCodeAreRefusedWithTheReason") {
  for (const char* name : {"plugin.library.paths", "ssl.engine.location", "ssl.engine.id",
                           "ssl.providers", "interceptors"}) {
    CHECK_THAT(refusal(KafkaRole::kSource, name), Catch::Contains("loads shared objects"));
  }
  for (const char* name :
       {"sasl.kerberos.kinit.cmd", "sasl.kerberos.principal", "sasl.kerberos.keytab"}) {
    CHECK_THAT(refusal(KafkaRole::kSink, name), Catch::Contains("shell command"));
  }
}

TEST_CASE("MechanismsThatRunCommandsAreRefused") {
  CHECK(refusal(KafkaRole::kSource, "sasl.mechanism", "SCRAM-SHA-512").empty());
  CHECK(refusal(KafkaRole::kSource, "sasl.mechanism", "GSSAPI") ==
        "kafka.sasl.mechanism is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER");
  // librdkafka's own default is GSSAPI.
  CHECK_FALSE(check_kafka_properties({{"security.protocol", "sasl_ssl"}}).ok());
  CHECK_FALSE(check_kafka_properties({{"security.protocol", "SASL_PLAINTEXT"}}).ok());
  CHECK(check_kafka_properties({{"security.protocol", "sasl_ssl"}, {"sasl.mechanism", "PLAIN"}})
            .ok());
  CHECK(check_kafka_properties({{"security.protocol", "ssl"}}).ok());
}

TEST_CASE("PropertiesThatWouldBreakPromisesAreRefusedWithTheReason") {
  CHECK(refusal(KafkaRole::kSource, "isolation.level") ==
        "option \"kafka.isolation.level\" is refused: only committed records are read");
  CHECK(refusal(KafkaRole::kSink, "acks") ==
        "option \"kafka.acks\" is refused: it would weaken what the sink promises");
  CHECK(refusal(KafkaRole::kSource, "group.id") ==
        "option \"kafka.group.id\" is refused: the option group names it");
}

TEST_CASE("UnknownPropertiesGetTheNearestAllowedName") {
  CHECK(refusal(KafkaRole::kSource, "fetch.max.byte") ==
        "option \"kafka.fetch.max.byte\" is not one that a source may set; did you mean "
        "\"kafka.fetch.max.bytes\"?");
  CHECK(refusal(KafkaRole::kSource, "xyzzy.plugh.frobnicate.zork") ==
        "option \"kafka.xyzzy.plugh.frobnicate.zork\" is not one that a source may set");
}

TEST_CASE("EachRoleHasPropertiesOfItsOwn") {
  CHECK(refusal(KafkaRole::kSource, "fetch.max.bytes").empty());
  CHECK_FALSE(refusal(KafkaRole::kSink, "fetch.max.bytes").empty());
  CHECK(refusal(KafkaRole::kSink, "linger.ms").empty());
  CHECK_FALSE(refusal(KafkaRole::kSource, "linger.ms").empty());
}

// Every property that librdkafka knows and that can be set from text: none is allowed by accident.
TEST_CASE("EveryAllowedPropertyIsKnownAndHarmless") {
  const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(
      rd_kafka_conf_new(), rd_kafka_conf_destroy);
  size_t count = 0;
  const char** dump = rd_kafka_conf_dump(conf.get(), &count);
  size_t allowed = 0;
  for (size_t i = 0; i < count; i += 2) {
    const std::string name = dump[i];
    if (!refusal(KafkaRole::kSource, name, "PLAIN").empty()) continue;
    ++allowed;
    INFO(name);
    CHECK(name.find("cmd") == std::string::npos);
    CHECK(name.find("plugin") == std::string::npos);
    CHECK(name.find("engine") == std::string::npos);
    CHECK(name.find("providers") == std::string::npos);
    CHECK(name.find("kerberos") == std::string::npos);
    CHECK(name.find("_cb") == std::string::npos);
  }
  rd_kafka_conf_dump_free(dump, count);
  CHECK(allowed > 10);
}

TEST_CASE("NearestNameIsNearOrNothing") {
  CHECK(nearest_name("brokrs", {"brokers", "topic"}) == "brokers");
  CHECK(nearest_name("zzzzzz", {"brokers", "topic"}).empty());
}

}  // namespace weir
