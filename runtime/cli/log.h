// Logs of the runtime: one event a line on standard error, a stable name and then pairs.
#pragma once

#include "operators/connectors/log.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::log {

using Pairs = std::vector<std::pair<std::string_view, std::string>>;

// Sets up the logger. Call once, before threads start.
void start(LogLevel least);

void debug(std::string_view event, const Pairs& pairs);
void info(std::string_view event, const Pairs& pairs);
void warn(std::string_view event, const Pairs& pairs);
void error(std::string_view event, const Pairs& pairs);

// What connectors are handed.
LogFunction connector_log();

}  // namespace weir::log
