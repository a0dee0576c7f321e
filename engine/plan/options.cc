#include "engine/plan/options.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace weir {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const size_t bar = std::min(words.find('|'), words.size());
    out.push_back(words.substr(0, bar));
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return out;
}

bool is_one_of(std::string_view word, std::string_view words) {
  const std::vector<std::string_view> all = split_words(words);
  return std::find(all.begin(), all.end(), word) != all.end();
}

std::vector<std::string> names_of(std::string_view words) {
  const std::vector<std::string_view> all = split_words(words);
  return {all.begin(), all.end()};
}

// "earliest, latest or never"
std::string listed(std::string_view words) {
  const std::vector<std::string_view> all = split_words(words);
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += i + 1 == all.size() ? " or " : ", ";
    out += fmt::format("'{}'", all[i]);
  }
  return out;
}

Error wrong_form(const Option& option, std::string_view value, std::string_view form) {
  return user_error(
      fmt::format("option \"{}\" takes {}: '{}' is not one", option.name, form, value));
}

Status check_integer(const Option& option, std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    return wrong_form(option, value, "a whole number, such as '4'");
  }
  const std::vector<std::string_view> range = split_words(option.choices);
  if (range.size() != 2) return {};
  int64_t least = 0;
  int64_t greatest = 0;
  std::from_chars(range[0].data(), range[0].data() + range[0].size(), least);
  std::from_chars(range[1].data(), range[1].data() + range[1].size(), greatest);
  if (number >= least && number <= greatest) return {};
  return user_error(fmt::format("option \"{}\" is out of range: {} is not between {} and {}",
                                option.name, number, least, greatest));
}

Status check_interval(const Option& option, std::string_view value, bool or_none) {
  if (or_none && value == "none") return {};
  const Result<int64_t> micros = parse_micros(value);
  if (micros.ok()) return {};
  const std::string_view form = or_none ? "an interval in quotes, such as '5 seconds', or 'none'"
                                        : "an interval in quotes, such as '5 seconds'";
  return user_error(
      fmt::format("option \"{}\" takes {}: {}", option.name, form, micros.error().message));
}

Status check_columns(const Option& option, std::string_view value) {
  const auto is_blank = [](std::string_view part) {
    return part.find_first_not_of(' ') == std::string_view::npos;
  };
  while (true) {
    const size_t comma = std::min(value.find(','), value.size());
    if (is_blank(value.substr(0, comma))) {
      return user_error(fmt::format(
          "option \"{}\" takes column names separated by commas, such as 'card, account'",
          option.name));
    }
    if (comma == value.size()) return {};
    value.remove_prefix(comma + 1);
  }
}

Status check_name(const Option& option, std::string_view value, std::string_view form) {
  if (!value.empty()) return {};
  return user_error(fmt::format("option \"{}\" takes {}: it is empty", option.name, form));
}

Status check_choice(const Option& option, std::string_view value) {
  if (is_one_of(value, option.choices)) return {};
  return user_error(fmt::format("option \"{}\" takes {}: '{}' is not one of them{}", option.name,
                                listed(option.choices), value,
                                did_you_mean(value, names_of(option.choices))));
}

Status check_timestamp(const Option& option, std::string_view value) {
  if (is_one_of(value, option.choices)) return {};
  if (parse_timestamp(value, true).ok()) return {};
  std::string form = "a time stamp, such as '2024-01-01 00:00:00Z'";
  if (!option.choices.empty()) form = listed(option.choices) + " or " + form;
  return wrong_form(option, value, form);
}

bool has_connector(const Option& option, std::string_view connector) {
  return option.connector.empty() || is_one_of(connector, option.connector);
}

constexpr std::string_view kKafkaPrefix = "kafka.";

}  // namespace

Result<const Option*> find_table_option(std::string_view connector, std::string_view name) {
  const Option* elsewhere = nullptr;
  std::vector<std::string> known;
  for (const Option& option : table_options()) {
    if (!has_connector(option, connector)) {
      if (option.name == name) elsewhere = &option;
      continue;
    }
    if (option.name == name) return &option;
    const bool is_prefix = option.name.starts_with(kKafkaPrefix);
    if (is_prefix && name.starts_with(kKafkaPrefix) && name.size() > kKafkaPrefix.size()) {
      return &option;
    }
    if (!is_prefix) known.emplace_back(option.name);
  }
  if (name.starts_with(kKafkaPrefix) && connector != "kafka") {
    return user_error(fmt::format(
        "option \"{}\" is for tables of connector 'kafka'; this one is '{}'", name, connector));
  }
  if (elsewhere != nullptr) {
    return user_error(fmt::format("option \"{}\" is for tables of connector {}; this one is '{}'",
                                  name, listed(elsewhere->connector), connector));
  }
  return user_error(fmt::format("option \"{}\" does not exist for connector '{}'{}", name,
                                connector, did_you_mean(name, known)));
}

Result<const Option*> find_script_option(std::string_view name) {
  std::vector<std::string> known;
  for (const Option& option : script_options()) {
    if (option.name == name) return &option;
    known.emplace_back(option.name);
  }
  return user_error(
      fmt::format("setting \"{}\" does not exist{}", name, did_you_mean(name, known)));
}

Status check_option(const Option& option, std::string_view value) {
  switch (option.form) {
    case OptionForm::kText: return check_name(option, value, "a text");
    case OptionForm::kInteger: return check_integer(option, value);
    case OptionForm::kBoolean:
      if (value == "true" || value == "false") return {};
      return user_error(
          fmt::format("option \"{}\" takes 'true' or 'false', not '{}'", option.name, value));
    case OptionForm::kInterval: return check_interval(option, value, false);
    case OptionForm::kIntervalOrNone: return check_interval(option, value, true);
    case OptionForm::kSize: {
      const Result<uint64_t> size = parse_size(value);
      if (size.ok()) return {};
      return user_error(fmt::format("option \"{}\": {}", option.name, size.error().message));
    }
    case OptionForm::kTimestamp: return check_timestamp(option, value);
    case OptionForm::kChoice: return check_choice(option, value);
    case OptionForm::kColumn: return check_name(option, value, "the name of a column of the table");
    case OptionForm::kColumns: return check_columns(option, value);
    case OptionForm::kTable: return check_name(option, value, "the name of a table of the script");
  }
  unreachable();
}

Result<int64_t> parse_signed_micros(std::string_view interval) {
  const Result<Interval> parsed = parse_interval(interval);
  if (!parsed.ok()) return user_error(fmt::format("'{}' is not an interval", interval));
  if (parsed->months != 0) {
    return user_error(
        fmt::format("'{}' has no fixed length: write days, hours, minutes or seconds", interval));
  }
  int64_t micros = 0;
  if (__builtin_mul_overflow(int64_t{parsed->days}, kMicrosPerDay, &micros) ||
      __builtin_add_overflow(micros, parsed->micros, &micros)) {
    return user_error(fmt::format("interval '{}' is too long", interval));
  }
  return micros;
}

Result<int64_t> parse_micros(std::string_view interval) {
  const int64_t micros = TRY(parse_signed_micros(interval));
  if (micros < 0) return user_error(fmt::format("interval '{}' is negative", interval));
  return micros;
}

Result<std::optional<int64_t>> parse_micros_or_none(std::string_view interval) {
  if (interval == "none") return std::optional<int64_t>();
  return std::optional<int64_t>(TRY(parse_micros(interval)));
}

std::string micros_text(int64_t micros) {
  struct Unit {
    std::string_view name;
    int64_t micros;
  };
  constexpr Unit kUnits[] = {{"day", kMicrosPerDay}, {"hour", 3'600'000'000},
                             {"minute", 60'000'000}, {"second", 1'000'000},
                             {"millisecond", 1'000}, {"microsecond", 1}};
  if (micros == 0) return "0 seconds";
  for (const Unit& unit : kUnits) {
    if (micros % unit.micros != 0) continue;
    const int64_t count = micros / unit.micros;
    return fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
  }
  unreachable();
}

Result<uint64_t> parse_size(std::string_view size) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  constexpr Unit kUnits[] = {{"", 1},
                             {"b", 1},
                             {"kb", 1000},
                             {"kib", uint64_t{1} << 10},
                             {"mb", 1000'000},
                             {"mib", uint64_t{1} << 20},
                             {"gb", 1000'000'000},
                             {"gib", uint64_t{1} << 30}};
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
  std::string unit;
  for (const char* c = end; c != size.data() + size.size(); ++c) {
    if (*c == ' ' && unit.empty()) continue;
    unit += static_cast<char>(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
  }
  for (const Unit& known : kUnits) {
    if (error != std::errc() || known.name != unit) continue;
    uint64_t bytes = 0;
    if (!__builtin_mul_overflow(number, known.bytes, &bytes)) return bytes;
  }
  return user_error(fmt::format(
      "'{}' is not a size: write a whole number of bytes, or one with B, KB, KiB, MB, MiB, GB or "
      "GiB, in quotes, such as '64MiB'",
      size));
}

}  // namespace weir
