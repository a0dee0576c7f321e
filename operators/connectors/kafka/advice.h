// What somebody must set or grant before a broker's refusal goes away.
#pragma once

#include "operators/connectors/kafka/handles.h"

#include <string>

namespace weir::kafka {

// For a refusal of a transaction of the slot `id` that writes to `topic`. Empty: it may pass by
// itself.
std::string advice(rd_kafka_resp_err_t code, const std::string& id, const std::string& topic);

}  // namespace weir::kafka
