// What holds for the options of a command: the command line, then the environment (WEIR_TLS_CA for
// --tls-ca), then the configuration file, then the default.
//
// The one place that knows this order, for every command; `weir config` shows what it finds. Pure
// but for the environment, which is handed in. One thread.
#pragma once

#include "runtime/cli/config_file.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir {

enum class Origin { kDefault, kFile, kEnvironment, kFlag };
std::string_view origin_name(Origin origin);  // "environment"

// What holds for one option.
struct Held {
  const CLI::Option* option = nullptr;
  std::string key;  // "tls-ca"
  std::string
      value;  // Of a list, separated by spaces; without the values of variables. Empty: none.
  Origin origin = Origin::kDefault;
  std::string place;  // "--tls-ca", "WEIR_TLS_CA" or "weir.yaml:3"; of a default: empty.
};

using Environment = std::function<std::optional<std::string>(const std::string& variable)>;
std::optional<std::string> process_environment(const std::string& variable);

// The key of an option, in files and, written otherwise, in the environment: its long name. Empty
// for what only a command line can say.
std::string key_of(const CLI::Option& option);
std::string variable_of(std::string_view key);  // "WEIR_TLS_CA"

// Whether it takes names with values (--var, --set): the environment has no form for them.
bool takes_pairs(const std::string& key);

// What files can hold for the commands of this app.
CommandKeys keys_of(const CLI::App& app);

// The file that the command line names, else WEIR_CONFIG; empty where nobody does.
Result<ConfigFile> read_config(const std::string& flag, const Environment& environment,
                               const CommandKeys& known);

// Fills in what the parsed command line of `command` has not said. kUser errors name the variable
// or the place in the file. The pairs of a file (--var, --set) are left to the caller.
Result<std::vector<Held>> settle(CLI::App& command, const Environment& environment,
                                 const ConfigFile& file);

}  // namespace weir
