#include "operators/connectors/kafka/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr auto kAllowed = std::to_array<std::string_view>({
    "broker.address.family",
    "broker.address.ttl",
    "client.id",
    "client.rack",
    "connections.max.idle.ms",
    "enable.ssl.certificate.verification",
    "message.max.bytes",
    "receive.message.max.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "retry.backoff.ms",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
});

constexpr auto kAllowedInSources = std::to_array<std::string_view>({
    "check.crcs",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "max.partition.fetch.bytes",
});

constexpr auto kAllowedInSinks = std::to_array<std::string_view>({
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "delivery.timeout.ms",
    "linger.ms",
    "message.timeout.ms",
    "queue.buffering.max.ms",
    "request.timeout.ms",
});

struct Refused {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kLoadsCode = "it loads shared objects into the process";
constexpr std::string_view kRunsCommand = "it becomes part of a shell command";
constexpr std::string_view kDecidesRecords = "it would change which records are read";
constexpr std::string_view kDecidesDelivery = "it would weaken what the sink promises";
constexpr std::string_view kBounded = "memory is bounded by the option buffer_bytes";

constexpr auto kRefused = std::to_array<Refused>({
    {"acks", kDecidesDelivery},
    {"auto.commit.enable", kDecidesRecords},
    {"auto.offset.reset", "the option start says where reading begins"},
    {"bootstrap.servers", "the option brokers names them"},
    {"enable.auto.commit", kDecidesRecords},
    {"enable.auto.offset.store", kDecidesRecords},
    {"enable.idempotence", kDecidesDelivery},
    {"group.id", "the option group names it"},
    {"interceptors", kLoadsCode},
    {"isolation.level", "only committed records are read"},
    {"max.in.flight", kDecidesDelivery},
    {"max.in.flight.requests.per.connection", kDecidesDelivery},
    {"message.send.max.retries", kDecidesDelivery},
    {"metadata.broker.list", "the option brokers names them"},
    {"partitioner", "keys keep their partition by the hash that Kafka's own client uses"},
    {"plugin.library.paths", kLoadsCode},
    {"queue.buffering.max.kbytes", kBounded},
    {"queue.buffering.max.messages", kBounded},
    {"queued.max.messages.kbytes", kBounded},
    {"queued.min.messages", kBounded},
    {"request.required.acks", kDecidesDelivery},
    {"retries", kDecidesDelivery},
    {"sasl.kerberos.keytab", kRunsCommand},
    {"sasl.kerberos.kinit.cmd", kRunsCommand},
    {"sasl.kerberos.principal", kRunsCommand},
    {"sasl.kerberos.service.name", "the mechanism GSSAPI runs a shell command to get its tickets"},
    {"ssl.engine.id", kLoadsCode},
    {"ssl.engine.location", kLoadsCode},
    {"ssl.providers", kLoadsCode},
    {"transactional.id", "the sink names its transactions, and fences by their names"},
});

constexpr auto kMechanisms =
    std::to_array<std::string_view>({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"});

std::vector<std::string_view> allowed_in(KafkaRole role) {
  std::vector<std::string_view> names(kAllowed.begin(), kAllowed.end());
  switch (role) {
    case KafkaRole::kSource:
      names.insert(names.end(), kAllowedInSources.begin(), kAllowedInSources.end());
      return names;
    case KafkaRole::kSink:
      names.insert(names.end(), kAllowedInSinks.begin(), kAllowedInSinks.end());
      return names;
  }
  unreachable();
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

Status check_mechanism(std::string_view value) {
  for (std::string_view known : kMechanisms) {
    if (value == known) return {};
  }
  return user_error(
      fmt::format("kafka.sasl.mechanism is not one of {}", fmt::join(kMechanisms, ", ")));
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known) {
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  std::string_view nearest;
  for (std::string_view candidate : known) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

Status check_kafka_property(KafkaRole role, std::string_view name, std::string_view value) {
  for (const Refused& refused : kRefused) {
    if (refused.name == name) {
      return user_error(fmt::format("option \"kafka.{}\" is refused: {}", name, refused.reason));
    }
  }
  const std::vector<std::string_view> allowed = allowed_in(role);
  if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
    const std::string nearest = nearest_name(name, allowed);
    return user_error(
        fmt::format("option \"kafka.{}\" is not one that a {} may set{}", name,
                    role == KafkaRole::kSource ? "source" : "sink",
                    nearest.empty() ? "" : fmt::format("; did you mean \"kafka.{}\"?", nearest)));
  }
  if (name == "sasl.mechanism" || name == "sasl.mechanisms") return check_mechanism(value);
  return {};
}

Status check_kafka_properties(const KafkaProperties& properties) {
  const auto protocol = properties.find("security.protocol");
  if (protocol == properties.end()) return {};
  if (!protocol->second.starts_with("sasl_") && !protocol->second.starts_with("SASL_")) return {};
  if (properties.contains("sasl.mechanism") || properties.contains("sasl.mechanisms")) return {};
  return user_error(
      fmt::format("\"kafka.security.protocol\" = '{}' needs \"kafka.sasl.mechanism\": one of {}",
                  protocol->second, fmt::join(kMechanisms, ", ")));
}

}  // namespace weir
