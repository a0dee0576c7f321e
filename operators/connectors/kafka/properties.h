// The properties of librdkafka that a job may set, as "kafka.<property>".
//
// A job is data, and some of librdkafka's properties are not: they load shared objects or run shell
// commands. Others would break what the connector promises (which records are read, and how often
// one is written). So properties are allowed by name, and everything else is refused with the
// reason or with the nearest allowed name.
#pragma once

#include "engine/base/status.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

using KafkaProperties = std::map<std::string, std::string>;  // Without the prefix.

enum class KafkaRole { kSource, kSink };

inline constexpr std::string_view kKafkaPropertyPrefix = "kafka.";

// kUser error for a property that `role` does not allow, or whose value is refused; values are not
// quoted in messages, since they may be secrets.
Status check_kafka_property(KafkaRole role, std::string_view name, std::string_view value);

// What must hold for the properties together: a SASL protocol needs a mechanism that is named.
Status check_kafka_properties(const KafkaProperties& properties);

// The nearest of `known` to `name` by spelling; empty where none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace weir
