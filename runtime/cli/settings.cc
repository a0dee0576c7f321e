#include "runtime/cli/settings.h"

#include "engine/base/check.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace weir {
namespace {

constexpr std::string_view kTrue[] = {"true", "yes", "on", "1"};
constexpr std::string_view kFalse[] = {"false", "no", "off", "0"};

bool is_switch(const CLI::Option& option) { return option.get_expected_min() == 0; }

bool is_among(std::string_view text, const std::string_view (&words)[4]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

// CLI11's own words for this: "--slots: 'x' is ..."; the place says more.
std::string without_name(std::string text) {
  const size_t colon = text.starts_with("-") ? text.find(": ") : std::string::npos;
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

// As if the command line had said it.
Status give(CLI::Option& option, const Held& held) {
  const auto refuse = [&held](const std::string& why) {
    const bool names_key = held.origin == Origin::kFile;
    return user_error(
        fmt::format("{}: {}{}", held.place, names_key ? held.key + ": " : std::string(), why));
  };
  if (is_switch(option)) {
    if (is_among(held.value, kFalse)) return {};
    if (!is_among(held.value, kTrue)) {
      return refuse(fmt::format("'{}' is neither true nor false", held.value));
    }
  }
  try {
    option.add_result(is_switch(option) ? "true" : held.value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    return refuse(without_name(error.what()));
  }
  return {};
}

// Values of variables may be secrets, and are shown nowhere.
std::string shown_pair(const std::string& key, const std::string& name, const std::string& value) {
  return key == "var" ? name + "=(hidden)" : name + "=" + value;
}

std::string shown_results(const std::string& key, const std::vector<std::string>& results) {
  std::string text;
  for (const std::string& result : results) {
    const size_t equals = result.find('=');
    const bool is_pair = takes_pairs(key) && equals != std::string::npos;
    text += text.empty() ? "" : " ";
    text += is_pair ? shown_pair(key, result.substr(0, equals), result.substr(equals + 1)) : result;
  }
  return text;
}

// Whether the command line says it as a setting: --set memory=1GiB is --memory 1GiB, and so before
// WEIR_MEMORY.
bool is_set(const CLI::App& command, const std::string& key) {
  const CLI::Option* set = command.get_option_no_throw("--set");
  if (set == nullptr) return false;
  const std::vector<std::string>& pairs = set->results();
  return std::any_of(pairs.begin(), pairs.end(), [&key](const std::string& pair) {
    return pair.starts_with(key) && pair.substr(key.size()).starts_with("=");
  });
}

// What holds where the command line says nothing.
Held beside_flags(const std::string& command, const CLI::Option& option, const std::string& key,
                  const Environment& environment, const ConfigFile& file) {
  Held held{.option = &option, .key = key, .value = option.get_default_str()};
  if (takes_pairs(key)) {
    for (const auto& [name, value] : file.pairs(command, key)) {
      held.value += held.value.empty() ? "" : " ";
      held.value += shown_pair(key, name, value.text);
      held.place += fmt::format("{}{}", held.place.empty() ? "" : " ", value.place);
      held.origin = Origin::kFile;
    }
    return held;
  }
  const std::string variable = variable_of(key);
  const std::optional<std::string> said = environment(variable);
  if (said.has_value() && !said->empty()) {
    held.value = *said;
    held.origin = Origin::kEnvironment;
    held.place = variable;
    return held;
  }
  const std::optional<ConfigValue> written = file.value(command, key);
  if (written.has_value()) {
    held.value = written->text;
    held.origin = Origin::kFile;
    held.place = written->place;
  }
  return held;
}

}  // namespace

std::string_view origin_name(Origin origin) {
  switch (origin) {
    case Origin::kDefault: return "default";
    case Origin::kFile: return "file";
    case Origin::kEnvironment: return "environment";
    case Origin::kFlag: return "flag";
  }
  unreachable();
}

std::optional<std::string> process_environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string key_of(const CLI::Option& option) {
  const bool is_open = option.get_configurable() && !option.get_lnames().empty();
  return is_open ? option.get_lnames().front() : std::string();
}

std::string variable_of(std::string_view key) {
  std::string variable = "WEIR_";
  for (const char c : key) {
    const bool is_lower = c >= 'a' && c <= 'z';
    if (c == '-') {
      variable += '_';
    } else {
      variable += is_lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return variable;
}

bool takes_pairs(const std::string& key) { return key == "var" || key == "set"; }

CommandKeys keys_of(const CLI::App& app) {
  CommandKeys keys;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    for (const CLI::Option* option : command->get_options()) {
      const std::string key = key_of(*option);
      if (key.empty()) continue;
      KeyForm form = KeyForm::kValue;
      if (takes_pairs(key)) form = key == "set" ? KeyForm::kSettings : KeyForm::kPairs;
      keys[command->get_name()][key] = form;
    }
  }
  return keys;
}

Result<ConfigFile> read_config(const std::string& flag, const Environment& environment,
                               const CommandKeys& known) {
  const std::string path = flag.empty() ? environment("WEIR_CONFIG").value_or("") : flag;
  return path.empty() ? ConfigFile() : ConfigFile::read(path, known);
}

Result<std::vector<Held>> settle(CLI::App& command, const Environment& environment,
                                 const ConfigFile& file) {
  std::vector<Held> all;
  for (CLI::Option* option : command.get_options([](const CLI::Option*) { return true; })) {
    const std::string key = key_of(*option);
    if (key.empty()) continue;
    Held held = beside_flags(command.get_name(), *option, key, environment, file);
    if (option->count() > 0) {
      const bool adds = takes_pairs(key) && held.origin == Origin::kFile;
      held.value = (adds ? held.value + " " : "") + shown_results(key, option->results());
      held.place = (adds ? held.place + " " : "") + "--" + key;
      held.origin = Origin::kFlag;
    } else if (is_set(command, key)) {
      held = {.option = option, .key = key, .value = option->get_default_str()};
    } else if (held.origin != Origin::kDefault && !takes_pairs(key)) {
      TRY(give(*option, held));
    }
    all.push_back(std::move(held));
  }
  return all;
}

}  // namespace weir
