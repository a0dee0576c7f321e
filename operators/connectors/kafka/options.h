// What the WITH clause of a Kafka table says: from names and texts to checked values.
//
// The maps hold the connector's own options: those that every table may have (format, event_time,
// on_error, ...) are taken out before. Every error is kUser and says what to write instead.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/kafka/properties.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir {

enum class KafkaStart { kEarliest, kLatest, kTime };

struct KafkaSourceOptions {
  std::string brokers;  // host:port, separated by commas
  std::string topic;
  KafkaStart start = KafkaStart::kEarliest;
  int64_t start_time = 0;  // With kTime: microseconds since 1970.
  bool stop_latest =
      false;  // Bounded, at the stable end offset that a partition had when it was first opened.
  std::string group;                    // Progress is published under this name; empty: not at all.
  int64_t connect_timeout_ms = 30'000;  // How long to try when brokers do not answer at the start.
  uint64_t buffer_bytes =
      64 << 20;  // Of fetched records that wait to be read, over all partitions, at most.
  KafkaProperties properties;
};

struct KafkaSinkOptions {
  std::string brokers;
  std::string topic;
  std::vector<std::string>
      key;                   // The columns that make the record's key; empty: records have none.
  bool exactly_once = true;  // make_ledgered_kafka_sink(); else make_kafka_sink().
  int64_t connect_timeout_ms = 30'000;
  uint64_t buffer_bytes =
      64 << 20;  // At least once: of records that wait to be acknowledged, at most.
  KafkaProperties properties;
};

// brokers, topic, start ('earliest', 'latest', a timestamp), stop ('never', 'latest'), group,
// connect_timeout, buffer_bytes, "kafka.<property>".
Result<KafkaSourceOptions> kafka_source_options(const std::map<std::string, std::string>& options);

// brokers, topic, key ('a, b'), delivery ('exactly_once', 'at_least_once'), connect_timeout,
// buffer_bytes, "kafka.<property>".
Result<KafkaSinkOptions> kafka_sink_options(const std::map<std::string, std::string>& options);

}  // namespace weir
