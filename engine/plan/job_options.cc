#include "engine/plan/job_options.h"

#include <charconv>

namespace weir {
namespace {

uint32_t to_number(std::string_view digits) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  CHECK(error == std::errc());  // check_option has accepted the form and the range.
  return number;
}

}  // namespace

Status set_job_option(JobOptions& options, std::string_view name, std::string_view value) {
  const Option* option = TRY(find_script_option(name));
  TRY(check_option(*option, value));
  if (name == "job_name") {
    options.job_name = value;
  } else if (name == "parallelism") {
    options.parallelism = to_number(value);
  } else if (name == "checkpoint_interval") {
    options.checkpoint_interval = TRY(parse_micros(value));
  } else if (name == "state_ttl") {
    options.state_ttl = TRY(parse_micros_or_none(value));
    if (options.state_ttl.value_or(1) <= 0) {
      return user_error("state_ttl must be longer than zero: give 'none' to keep state for ever");
    }
  } else if (name == "result_mode") {
    options.result_mode = value == "final" ? ResultMode::kFinal : ResultMode::kChanges;
  } else if (name == "memory") {
    options.memory = TRY(parse_size(value));
  } else if (name == "max_alignment") {
    options.max_alignment = TRY(parse_micros(value));
  } else {
    CHECK(name == "restart_attempts");
    options.restart_attempts = to_number(value);
  }
  return {};
}

}  // namespace weir
