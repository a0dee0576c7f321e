#include "runtime/cli/log.h"

#include "engine/base/check.h"
#include "runtime/cli/terminal.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace weir::log {
namespace {

void write(spdlog::level::level_enum level, std::string_view event, const Pairs& pairs) {
  if (!spdlog::should_log(level)) return;
  std::string line(event);
  for (const auto& [name, value] : pairs) {
    const bool quote = value.find(' ') != std::string::npos || value.empty();
    line += quote ? fmt::format(" {}=\"{}\"", name, value) : fmt::format(" {}={}", name, value);
  }
  spdlog::log(level, "{}", line);
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
  }
  unreachable();
}

}  // namespace

void start(LogLevel least) {
  const auto color = on_terminal() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  spdlog::set_default_logger(spdlog::stderr_color_mt("weir", color));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(to_spdlog(least));
}

void debug(std::string_view event, const Pairs& pairs) {
  write(spdlog::level::debug, event, pairs);
}
void info(std::string_view event, const Pairs& pairs) { write(spdlog::level::info, event, pairs); }
void warn(std::string_view event, const Pairs& pairs) { write(spdlog::level::warn, event, pairs); }
void error(std::string_view event, const Pairs& pairs) { write(spdlog::level::err, event, pairs); }

LogFunction connector_log() {
  return [](LogLevel level, std::string_view event, std::string_view text) {
    write(to_spdlog(level), event, {{"text", std::string(text)}});
  };
}

}  // namespace weir::log
