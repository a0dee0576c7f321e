// What the command lines of several commands have in common.
//
// CLI11's App is the catalog of all options: names, unit (its "type name"), default and sentence.
// Help, the environment, configuration files and `weir config` read it from there (settings.h), so
// an option that is added here is known everywhere.
#pragma once

#include "runtime/cli/connection_options.h"
#include "runtime/cli/job_file.h"
#include "runtime/messages/security.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// How an option is written and explained.
struct OptionWords {
  const char* names;  // "-q,--quiet"
  const char* unit;   // What its value is: "FILE", "SIZE". Of a flag: empty.
  const char* sentence;
};

// An option of one text. What `value` holds is the default that is shown.
CLI::Option* add_text(CLI::App& command, const OptionWords& words, std::string& value);
// Something that is so or not. `value` is false until it is said.
CLI::Option* add_switch(CLI::App& command, const OptionWords& words, bool& value);

// The whole numbers that an option takes.
struct NumberRange {
  uint64_t least;
  uint64_t greatest;
};
CLI::Validator whole_number(const NumberRange& range);

template <typename Number>
CLI::Option* add_number(CLI::App& command, const OptionWords& words, const NumberRange& range,
                        Number& value) {
  CLI::Option* option = command.add_option(words.names, value, words.sentence);
  return option->type_name(words.unit)->check(whole_number(range));
}

// "HOST:PORT"; of `or_off` also "off".
CLI::Validator address();
CLI::Validator address_or_off();
CLI::Validator addresses();  // One, or several separated by commas.
CLI::Validator size();       // "1GiB"
CLI::Validator one_of(std::vector<std::string> words);

// FILE, -c, --var, --set, --parallelism. `fallback`: what holds without --parallelism. The values
// outlive the command.
void add_job_options(CLI::App& command, JobFile& file, std::optional<uint32_t>& parallelism,
                     const std::string& fallback);

// --tls-* and --token-file of a process that others speak to.
void add_security_options(CLI::App& command, SecurityFiles& files);

// --coordinator, --token-file and --tls-*.
void add_connection_options(CLI::App& command, ConnectionOptions& connection);

}  // namespace weir
