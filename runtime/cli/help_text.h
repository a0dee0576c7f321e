// What `weir help` and `weir COMMAND --help` print. Pure.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir {

// The commands, in their groups.
std::string help_of_all(const CLI::App& app);

// "weir run (FILE | -c SQL) [OPTIONS]"
std::string usage_of(const CLI::App& command);

// How a command is called, and a line for each argument and option.
std::string help_of(const CLI::App& command);

}  // namespace weir
