// A configuration file: YAML with values for options that neither the command line nor the
// environment gives.
//
//   memory: 2GiB                 # For every command that has the option
//   set: {checkpoint_interval: 500 milliseconds}
//   worker:                      # For this command; before what stands above
//     slots: 4
//
// Keys are the options as they are called, without the dashes in front. `var` and `set` hold names
// and values, as a map or as a list of NAME=VALUE. A map under the name of a command is its
// section. Immutable once read.
#pragma once

#include "engine/base/status.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

enum class KeyForm {
  kValue,     // One value.
  kPairs,     // Names and values.
  kSettings,  // Names and values of settings of a script.
};

// What can stand in a file: the keys of each command.
using CommandKeys = std::map<std::string, std::map<std::string, KeyForm>>;

struct ConfigValue {
  std::string text;
  std::string place;  // "weir.yaml:3"
};
using ConfigPairs = std::map<std::string, ConfigValue>;

class ConfigFile {
 public:
  // Has nothing.
  ConfigFile() = default;

  // kUser errors name file, line and key, and say what to do: what cannot be read, is no YAML or of
  // another shape, a key that is unknown or stands twice, a setting that does not exist or whose
  // value is not of its form. Values of options are checked by whoever takes them.
  static Result<ConfigFile> read(const std::string& path, const CommandKeys& known);
  static Result<ConfigFile> parse(const std::string& path, std::string_view yaml,
                                  const CommandKeys& known);

  // What it says for an option of a command.
  std::optional<ConfigValue> value(const std::string& command, const std::string& key) const;
  // Of `var` or `set`: those of the command's section over those for all.
  ConfigPairs pairs(const std::string& command, const std::string& key) const;

 private:
  friend class ConfigReader;
  struct Section {
    std::map<std::string, ConfigValue> values;
    std::map<std::string, ConfigPairs> pairs;
  };

  // By command; under "" what stands at the top.
  std::map<std::string, Section> sections_;
};

}  // namespace weir
