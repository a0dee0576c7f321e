// How a connector says what happens to it: it is handed a function and never logs by itself.
//
// The function is called by the thread that calls the connector, for changes of state only (a
// broker went away, it is back), never per record or batch.
#pragma once

#include <functional>
#include <string_view>

namespace weir {

enum class LogLevel { kDebug, kInfo, kWarn };

// `event` is a stable name to search for ("kafka.unreachable"), `text` what happened, with the
// values.
using LogFunction =
    std::function<void(LogLevel level, std::string_view event, std::string_view text)>;

}  // namespace weir
