#include "operators/connectors/file/file_options.h"

#include "engine/data/calendar.h"
#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace weir {
namespace {

using OptionMap = std::map<std::string, std::string>;

Result<std::string> path_option(const OptionMap& options) {
  const auto found = options.find("path");
  if (found != options.end() && !found->second.empty()) return found->second;
  return user_error("connector 'file' needs the option path, such as path = 'data/in.json'");
}

Error refused(std::string_view name, std::string_view value, std::string_view expected) {
  return user_error(fmt::format("{} = '{}' is not understood: expected {}", name, value, expected));
}

// "1048576", "64 MiB", "10MB".
Result<uint64_t> bytes_option(std::string_view name, std::string_view text) {
  constexpr std::string_view kExpected = "a size above zero, such as '64 MiB'";
  constexpr std::array<std::pair<std::string_view, uint64_t>, 8> kUnits = {{
      {"KiB", uint64_t{1} << 10},
      {"MiB", uint64_t{1} << 20},
      {"GiB", uint64_t{1} << 30},
      {"kB", 1'000},
      {"KB", 1'000},
      {"MB", 1'000'000},
      {"GB", 1'000'000'000},
      {"B", 1},
  }};
  std::string_view digits = text;
  uint64_t unit_bytes = 1;
  for (const auto& [unit, bytes] : kUnits) {
    if (!digits.ends_with(unit)) continue;
    digits.remove_suffix(unit.size());
    unit_bytes = bytes;
    break;
  }
  const Result<int64_t> count = parse_bigint(digits);
  if (!count.ok() || *count <= 0) return refused(name, text, kExpected);
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<uint64_t>(*count), unit_bytes, &bytes)) {
    return refused(name, text, kExpected);
  }
  return bytes;
}

Result<int64_t> interval_option(std::string_view name, std::string_view text) {
  constexpr std::string_view kExpected = "an interval above zero, such as '1 minute'";
  const Result<Interval> interval = parse_interval(text);
  if (!interval.ok()) return refused(name, text, kExpected);
  const std::optional<int64_t> micros = interval_to_micros(*interval);
  if (!micros || *micros <= 0) return refused(name, text, kExpected);
  return *micros;
}

}  // namespace

Result<FileSourceOptions> file_source_options(const OptionMap& options) {
  FileSourceOptions result;
  result.path = TRY(path_option(options));
  if (const auto stop = options.find("stop"); stop != options.end()) {
    if (stop->second != "end" && stop->second != "never") {
      return refused("stop", stop->second, "'end' or 'never'");
    }
    result.keep_watching = stop->second == "never";
  }
  if (const auto split = options.find("split"); split != options.end()) {
    if (split->second != "file" && split->second != "sequence" && split->second != "range") {
      return refused("split", split->second, "'file', 'sequence' or 'range'");
    }
    if (split->second == "sequence") result.splits = FileSplits::kSequence;
    if (split->second == "range") result.splits = FileSplits::kRange;
    if (split->second == "range" && result.keep_watching) {
      return user_error("split = 'range' reads what is there: leave out stop = 'never'");
    }
    const auto format = options.find("format");
    if (split->second == "range" && format != options.end() && format->second == "csv") {
      return user_error(
          "split = 'range' cuts at line ends, which a quoted field of format 'csv' may hold: leave "
          "it out, or write json");
    }
  }
  return result;
}

Result<FileSinkOptions> file_sink_options(const OptionMap& options) {
  FileSinkOptions result;
  result.path = TRY(path_option(options));
  if (const auto bytes = options.find("roll_bytes"); bytes != options.end()) {
    result.roll_bytes = TRY(bytes_option("roll_bytes", bytes->second));
  }
  if (const auto interval = options.find("roll_interval"); interval != options.end()) {
    result.roll_interval = TRY(interval_option("roll_interval", interval->second));
  }
  return result;
}

}  // namespace weir
