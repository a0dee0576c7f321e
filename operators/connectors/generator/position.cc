#include "operators/connectors/generator/position.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;  // By option

std::string start_time_of(const GeneratorOptions& options) {
  std::string text;
  append_timestamp(text, options.start_micros, /*with_zone=*/true, TimeStyle::kRfc3339);
  return text;
}

// The data set first: which options follow depends on it.
Values values_of(const GeneratorOptions& options) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  const bool is_nexmark = options.dataset == Dataset::kNexmark;
  Values values = {{"dataset", is_nexmark ? "nexmark" : "card_transactions"},
                   {"event_rate", std::to_string(options.event_rate)},
                   {"seed", std::to_string(options.seed)},
                   {"splits", std::to_string(options.splits)},
                   {"start_time", start_time_of(options)}};
  if (is_nexmark) {
    // Each split has its part of all numbers.
    values.emplace_back("rows", options.rows.has_value() ? std::to_string(*options.rows) : "none");
    values.emplace_back("out_of_order_group", std::to_string(options.out_of_order_group));
    values.emplace_back("doubled_bidder_offset", flag(options.doubled_bidder_offset));
  } else {
    values.emplace_back("dataset_truth", flag(options.truth));
  }
  return values;
}

Error malformed(const SplitPosition& from) {
  return corrupt(fmt::format(
      "cannot read generated rows from position '{}': not a row number and options", from));
}

// Of ";option=value" for each.
Result<Values> read_values(const SplitPosition& from, std::string_view text) {
  Values values;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';', 1), text.size());
    const std::string_view one = text.substr(1, end - 1);
    const size_t equals = one.find('=');
    if (text.front() != ';' || equals == std::string_view::npos) return malformed(from);
    values.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    text.remove_prefix(end);
  }
  return values;
}

Status check_same(const SplitPosition& from, const Values& stored, const Values& wanted) {
  for (size_t i = 0; i < stored.size(); ++i) {
    const auto& [option, was] = stored[i];
    if (i >= wanted.size() || option != wanted[i].first) return malformed(from);
    const std::string& is = wanted[i].second;
    if (was == is) continue;
    return user_error(fmt::format(
        "cannot go on with a generator that makes other rows: {0} was '{1}' and is '{2}'; set {0} "
        "as it was, or begin afresh with another state folder, or without the savepoint",
        option, was, is));
  }
  return {};
}

}  // namespace

std::string what_rows_depend_on(const GeneratorOptions& options) {
  std::string text;
  for (const auto& [option, value] : values_of(options)) {
    text += fmt::format(";{}={}", option, value);
  }
  return text;
}

Result<GeneratorPosition> read_position(const SplitPosition& from,
                                        const GeneratorOptions& options) {
  GeneratorPosition position{.options = options};
  const char* const last = from.data() + from.size();
  const auto [end, error] = std::from_chars(from.data(), last, position.next);
  if (error != std::errc()) return malformed(from);
  const Values stored =
      TRY(read_values(from, std::string_view(end, static_cast<size_t>(last - end))));
  for (const auto& [option, value] : stored) {
    if (option != "start_time" || !options.starts_now) continue;
    position.options.start_micros = TRY(parse_timestamp(value, /*with_zone=*/true));
  }
  TRY(check_same(from, stored, values_of(position.options)));
  return position;
}

}  // namespace weir
