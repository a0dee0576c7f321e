#include "operators/connectors/kafka/options.h"

#include "engine/data/calendar.h"
#include "engine/data/text_form.h"

#include <fmt/format.h>

namespace weir {

namespace {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr uint64_t kBufferBytesMin = 1 << 20;
constexpr uint64_t kBufferBytesMax = uint64_t{1} << 40;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

Status unknown_option(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string nearest = nearest_name(name, known);
  return user_error(fmt::format("connector 'kafka' has no option \"{}\"{}", name,
                                nearest.empty() ? fmt::format("; it has {}", fmt::join(known, ", "))
                                                : fmt::format("; did you mean \"{}\"?", nearest)));
}

// What sources and sinks have in common.
template <typename Options>
struct Shared {
  Options& options;
  KafkaRole role;

  // True: `name` was one of them.
  Result<bool> take(const std::string& name, const std::string& value) {
    if (name == "connector") return true;
    if (name.starts_with(kKafkaPropertyPrefix)) {
      const std::string property = name.substr(kKafkaPropertyPrefix.size());
      TRY(check_kafka_property(role, property, value));
      options.properties[property] = value;
      return true;
    }
    if (name == "brokers") {
      options.brokers = trimmed(value);
    } else if (name == "topic") {
      options.topic = trimmed(value);
    } else if (name == "connect_timeout") {
      options.connect_timeout_ms = TRY(timeout_ms(value));
    } else if (name == "buffer_bytes") {
      options.buffer_bytes = TRY(buffer_bytes(value));
    } else {
      return false;
    }
    return true;
  }

  Status finish() {
    if (options.brokers.empty()) {
      return user_error("connector 'kafka' needs the option brokers, such as 'localhost:9092'");
    }
    if (options.topic.empty()) return user_error("connector 'kafka' needs the option topic");
    return check_kafka_properties(options.properties);
  }

  static Result<int64_t> timeout_ms(const std::string& value) {
    const Result<Interval> interval = parse_interval(value);
    const std::optional<int64_t> micros =
        interval.ok() ? interval_to_micros(*interval) : std::nullopt;
    if (!micros || *micros < kMicrosPerMilli || *micros > kMicrosPerDay) {
      return user_error(
          fmt::format("connect_timeout = '{}' is not an interval between 1 millisecond and 1 day, "
                      "such as '30 seconds'",
                      value));
    }
    return *micros / kMicrosPerMilli;
  }

  static Result<uint64_t> buffer_bytes(const std::string& value) {
    const Result<int64_t> bytes = parse_bigint(value);
    if (!bytes.ok() || *bytes < static_cast<int64_t>(kBufferBytesMin) ||
        *bytes > static_cast<int64_t>(kBufferBytesMax)) {
      return user_error(
          fmt::format("buffer_bytes = '{}' is not a number of bytes between {} and {}", value,
                      kBufferBytesMin, kBufferBytesMax));
    }
    return static_cast<uint64_t>(*bytes);
  }
};

Status take_start(const std::string& value, KafkaSourceOptions& options) {
  if (value == "earliest") {
    options.start = KafkaStart::kEarliest;
  } else if (value == "latest") {
    options.start = KafkaStart::kLatest;
  } else {
    const Result<int64_t> time = parse_timestamp(value, /*with_zone=*/true);
    if (!time.ok()) {
      return user_error(fmt::format(
          "start = '{}' is not 'earliest', 'latest' or a timestamp such as '2024-01-01 00:00:00Z'",
          value));
    }
    options.start = KafkaStart::kTime;
    options.start_time = *time;
  }
  return {};
}

Status take_stop(const std::string& value, KafkaSourceOptions& options) {
  if (value != "never" && value != "latest") {
    return user_error(fmt::format("stop = '{}' is not 'never' or 'latest'", value));
  }
  options.stop_latest = value == "latest";
  return {};
}

Status take_key(const std::string& value, KafkaSinkOptions& options) {
  std::string_view rest = value;
  while (true) {
    const size_t comma = rest.find(',');
    const std::string_view column = trimmed(rest.substr(0, comma));
    if (column.empty()) {
      return user_error(
          fmt::format("key = '{}' is not a list of columns such as 'card, day'", value));
    }
    options.key.emplace_back(column);
    if (comma == std::string_view::npos) return {};
    rest.remove_prefix(comma + 1);
  }
}

Status take_delivery(const std::string& value, KafkaSinkOptions& options) {
  if (value != "exactly_once" && value != "at_least_once") {
    return user_error(
        fmt::format("delivery = '{}' is not 'exactly_once' or 'at_least_once'", value));
  }
  options.exactly_once = value == "exactly_once";
  return {};
}

}  // namespace

Result<KafkaSourceOptions> kafka_source_options(const std::map<std::string, std::string>& options) {
  KafkaSourceOptions parsed;
  Shared<KafkaSourceOptions> shared{parsed, KafkaRole::kSource};
  for (const auto& [name, value] : options) {
    const bool taken = TRY(shared.take(name, value));
    if (taken) continue;
    if (name == "start") {
      TRY(take_start(value, parsed));
    } else if (name == "stop") {
      TRY(take_stop(value, parsed));
    } else if (name == "group") {
      parsed.group = value;
    } else {
      TRY(unknown_option(
          name, {"brokers", "topic", "start", "stop", "group", "connect_timeout", "buffer_bytes"}));
    }
  }
  TRY(shared.finish());
  return parsed;
}

Result<KafkaSinkOptions> kafka_sink_options(const std::map<std::string, std::string>& options) {
  KafkaSinkOptions parsed;
  Shared<KafkaSinkOptions> shared{parsed, KafkaRole::kSink};
  for (const auto& [name, value] : options) {
    const bool taken = TRY(shared.take(name, value));
    if (taken) continue;
    if (name == "key") {
      TRY(take_key(value, parsed));
    } else if (name == "delivery") {
      TRY(take_delivery(value, parsed));
    } else {
      TRY(unknown_option(
          name, {"brokers", "topic", "key", "delivery", "connect_timeout", "buffer_bytes"}));
    }
  }
  TRY(shared.finish());
  return parsed;
}

}  // namespace weir
