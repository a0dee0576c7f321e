#include "operators/connectors/kafka/broker_settings.h"

#include "operators/connectors/kafka/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::kafka {

namespace {

constexpr int kAskMs = 10'000;
constexpr int64_t kRetentionMinutesMin = 3 * 24 * 60;  // Markers are renewed once a day.
constexpr int64_t kReplicasWanted = 3;

using Settings = std::map<std::string, std::string>;

std::optional<int64_t> number_in(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  if (found == settings.end()) return std::nullopt;
  int64_t number = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Settings entries_of(const rd_kafka_ConfigResource_t* resource) {
  Settings settings;
  if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) return settings;
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
  }
  return settings;
}

struct Resource {
  rd_kafka_ResourceType_t type;
  std::string name;
};

using ResourcePtr =
    std::unique_ptr<rd_kafka_ConfigResource_t, Freed<rd_kafka_ConfigResource_destroy>>;

// Empty where it may not be read.
Settings describe(Client& client, const Resource& resource) {
  const QueuePtr queue(rd_kafka_queue_new(client.handle()));
  const ResourcePtr asked(rd_kafka_ConfigResource_new(resource.type, resource.name.c_str()));
  const AdminOptionsPtr options(
      rd_kafka_AdminOptions_new(client.handle(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  char reason[256] = {};
  CHECK(rd_kafka_AdminOptions_set_request_timeout(options.get(), kAskMs, reason, sizeof reason) ==
        RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_ConfigResource_t* one = asked.get();
  rd_kafka_DescribeConfigs(client.handle(), &one, 1, options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), 2 * kAskMs));
  if (event == nullptr) return {};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  size_t count = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  return count == 1 ? entries_of(resources[0]) : Settings{};
}

void warn_if_under(int64_t wanted, const Settings& settings, const std::string& name,
                   std::vector<std::string>& weak) {
  const std::optional<int64_t> value = number_in(settings, name);
  if (!value.has_value() || *value >= wanted) return;
  weak.push_back(fmt::format("{}={}: set {} or more", name, *value, wanted));
}

}  // namespace

Result<BrokerSettings> read_settings(Client& client) {
  BrokerSettings settings;
  int32_t broker = 0;
  TRY(client.retry("cannot read", [&](int timeout_ms) {
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t outcome =
        rd_kafka_metadata(client.handle(), 0, client.topic(), &raw, timeout_ms);
    const MetadataPtr metadata(raw);
    if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) return outcome;
    if (metadata->topic_cnt != 1) return RD_KAFKA_RESP_ERR__BAD_MSG;
    const rd_kafka_metadata_topic_t& topic = metadata->topics[0];
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) return topic.err;
    settings.brokers = metadata->broker_cnt;
    if (metadata->broker_cnt > 0) broker = metadata->brokers[0].id;
    for (int i = 0; i < topic.partition_cnt; ++i) {
      const int replicas = topic.partitions[i].replica_cnt;
      settings.replicas = i == 0 ? replicas : std::min(settings.replicas, replicas);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }));
  settings.topic = describe(client, {RD_KAFKA_RESOURCE_TOPIC, client.topic_name()});
  settings.broker = describe(client, {RD_KAFKA_RESOURCE_BROKER, fmt::to_string(broker)});
  return settings;
}

Status check_settings(const BrokerSettings& settings) {
  const auto timeout = number_in(settings.broker, "transaction.max.timeout.ms");
  if (!timeout.has_value() || *timeout >= kTransactionTimeoutMs) return {};
  return user_error(
      fmt::format("kafka allows transactions of {} ms, and exactly-once output asks for {}: raise "
                  "the brokers' transaction.max.timeout.ms, or write delivery = 'at_least_once'",
                  *timeout, kTransactionTimeoutMs));
}

std::vector<std::string> weaknesses(const BrokerSettings& settings) {
  std::vector<std::string> weak;
  warn_if_under(kRetentionMinutesMin, settings.broker, "offsets.retention.minutes", weak);
  if (settings.brokers == 1) {
    weak.push_back("a cluster of one broker: what it has acknowledged is gone with its disk");
    return weak;
  }
  if (settings.replicas < kReplicasWanted) {
    weak.push_back(fmt::format("the topic's replication factor is {}: set {} or more",
                               settings.replicas, kReplicasWanted));
  }
  warn_if_under(2, settings.topic, "min.insync.replicas", weak);
  const auto unclean = settings.topic.find("unclean.leader.election.enable");
  if (unclean != settings.topic.end() && unclean->second == "true") {
    weak.push_back("unclean.leader.election.enable=true: set false");
  }
  warn_if_under(kReplicasWanted, settings.broker, "transaction.state.log.replication.factor", weak);
  warn_if_under(2, settings.broker, "transaction.state.log.min.isr", weak);
  warn_if_under(kReplicasWanted, settings.broker, "offsets.topic.replication.factor", weak);
  if (settings.topic.empty()) {
    weak.push_back("the topic's settings cannot be read: grant the user DESCRIBE_CONFIGS on it");
  }
  if (settings.broker.empty()) {
    weak.push_back(
        "the brokers' settings cannot be read: grant the user DESCRIBE_CONFIGS on the cluster");
  }
  return weak;
}

std::optional<uint64_t> message_bytes_max(const BrokerSettings& settings) {
  const auto bytes = number_in(settings.topic, "max.message.bytes");
  if (!bytes.has_value() || *bytes < 0) return std::nullopt;
  return static_cast<uint64_t>(*bytes);
}

}  // namespace weir::kafka
