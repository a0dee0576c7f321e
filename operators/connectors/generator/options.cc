#include "operators/connectors/generator/options.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace weir {
namespace {

using OptionMap = std::map<std::string, std::string>;

constexpr std::string_view kDefaultStart = "2024-01-01 00:00:00Z";

struct Range {
  uint64_t min;
  uint64_t max;
};

// The value of a whole-number option; absent where the option is.
Result<std::optional<uint64_t>> number_option(const OptionMap& options, const char* name,
                                              Range range) {
  const auto found = options.find(name);
  if (found == options.end()) return std::optional<uint64_t>();
  const std::string& text = found->second;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || value < range.min || value > range.max) {
    return user_error(
        fmt::format("cannot use {} = '{}' for a generator: expected a whole number from {} to {}",
                    name, text, range.min, range.max));
  }
  return std::optional<uint64_t>(value);
}

Result<bool> flag_option(const OptionMap& options, const char* name, bool otherwise) {
  const auto found = options.find(name);
  if (found == options.end()) return otherwise;
  Result<bool> value = parse_boolean(found->second);
  if (value.ok()) return value;
  return user_error(fmt::format("cannot use {} = '{}' for a generator: expected 'true' or 'false'",
                                name, found->second));
}

Result<Dataset> dataset_option(const OptionMap& options) {
  const auto found = options.find("dataset");
  if (found == options.end()) {
    return user_error(
        "a generator needs a data set: add dataset = 'card_transactions' or dataset = 'nexmark'");
  }
  if (found->second == "card_transactions") return Dataset::kCardTransactions;
  if (found->second == "nexmark") return Dataset::kNexmark;
  return user_error(fmt::format(
      "cannot use dataset = '{}': there are 'card_transactions' and 'nexmark'", found->second));
}

Result<int64_t> start_option(const OptionMap& options, int64_t now_micros) {
  const auto found = options.find("start_time");
  if (found != options.end() && found->second == "now") return now_micros;
  const std::string_view text =
      found == options.end() ? kDefaultStart : std::string_view(found->second);
  Result<int64_t> micros = parse_timestamp(text, /*with_zone=*/true);
  if (micros.ok()) return micros;
  return user_error(fmt::format(
      "cannot use start_time = '{}' for a generator: expected 'now' or a time such as '{}'", text,
      kDefaultStart));
}

// Options that mean nothing for the data set are refused: whoever wrote one expects an effect.
// (Defaults are let through.)
Status check_belongs(const GeneratorOptions& options) {
  const GeneratorOptions defaults;
  const bool is_nexmark = options.dataset == Dataset::kNexmark;
  const char* foreign = nullptr;
  if (is_nexmark && options.truth) foreign = "dataset_truth";
  if (!is_nexmark && options.out_of_order_group != defaults.out_of_order_group) {
    foreign = "out_of_order_group";
  }
  if (!is_nexmark && options.doubled_bidder_offset != defaults.doubled_bidder_offset) {
    foreign = "doubled_bidder_offset";
  }
  if (foreign == nullptr) return {};
  return user_error(fmt::format("option {} belongs to dataset = '{}' only: remove it", foreign,
                                is_nexmark ? "card_transactions" : "nexmark"));
}

Status check_combination(const GeneratorOptions& options) {
  if (options.out_of_order_group % 953 == 0) {
    return user_error(
        fmt::format("cannot use out_of_order_group = '{}': multiples of 953 would repeat events",
                    options.out_of_order_group));
  }
  if (options.dataset == Dataset::kCardTransactions && options.event_rate < options.splits) {
    return user_error(fmt::format(
        "cannot use event_rate = '{}' with splits = '{}': card_transactions needs at least one "
        "event a second for each split, so raise event_rate or lower splits",
        options.event_rate, options.splits));
  }
  return {};
}

}  // namespace

Result<GeneratorOptions> generator_options(const OptionMap& options, int64_t now_micros) {
  GeneratorOptions out;
  out.dataset = TRY(dataset_option(options));
  out.rows = TRY(number_option(options, "rows", {0, 1'000'000'000'000'000}));
  out.rate = TRY(number_option(options, "rate", {1, 1'000'000'000}));
  const std::optional<uint64_t> event_rate =
      TRY(number_option(options, "event_rate", {1, 1'000'000'000}));
  const bool is_nexmark = out.dataset == Dataset::kNexmark;
  out.event_rate = event_rate.value_or(is_nexmark ? kNexmarkEventRate : kCardEventRate);
  const std::optional<uint64_t> seed =
      TRY(number_option(options, "seed", {0, 9'223'372'036'854'775'807}));
  out.seed = seed.value_or(1);
  const std::optional<uint64_t> splits = TRY(number_option(options, "splits", {1, 4096}));
  out.splits = static_cast<uint32_t>(splits.value_or(4));
  const std::optional<uint64_t> group =
      TRY(number_option(options, "out_of_order_group", {1, 1'000'000}));
  out.out_of_order_group = group.value_or(1);
  out.doubled_bidder_offset = TRY(flag_option(options, "doubled_bidder_offset", true));
  out.truth = TRY(flag_option(options, "dataset_truth", false));
  out.start_micros = TRY(start_option(options, now_micros));
  out.starts_now = options.contains("start_time") && options.at("start_time") == "now";
  TRY(check_belongs(out));
  TRY(check_combination(out));
  return out;
}

}  // namespace weir
