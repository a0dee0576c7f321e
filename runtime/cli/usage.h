// A command line that cannot be understood, told so that its writer knows what to type. Pure.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace weir {

// What is wrong, the nearest name where one is known, and where the help is. `app`: as the parse
// that failed left it.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error);

// Of a word that should be a command.
std::string no_command(const CLI::App& app, const std::string& word);

}  // namespace weir
