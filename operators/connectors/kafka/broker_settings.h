// The settings of brokers and topic on which exactly-once output rests, and what is weak about
// them. Transactions are only as safe as what brokers acknowledge is durable.
#pragma once

#include "operators/connectors/kafka/client.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::kafka {

struct BrokerSettings {
  int brokers = 0;
  int replicas = 0;                           // Of the topic's partition that has the fewest.
  std::map<std::string, std::string> topic;   // Empty where it may not be read.
  std::map<std::string, std::string> broker;  // Of one of the brokers; empty as above.
};

// Asks for them. Blocks. What may not be read stays empty; kUnavailable where no broker answers.
Result<BrokerSettings> read_settings(Client& client);

// What makes the sink fail sooner or later: kUser.
Status check_settings(const BrokerSettings& settings);

// What may lose output that was acknowledged, one line each with what to do. A cluster of one
// broker is one line: nobody expects it to outlive its disk.
std::vector<std::string> weaknesses(const BrokerSettings& settings);

// How large a batch of records may be for the topic: absent where it may not be read.
std::optional<uint64_t> message_bytes_max(const BrokerSettings& settings);

}  // namespace weir::kafka
