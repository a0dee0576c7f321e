#include "runtime/cli/usage.h"

#include "engine/expr/nearest_name.h"
#include "runtime/cli/help_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <vector>

namespace weir {
namespace {

const CLI::App* command_of(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? nullptr : parsed.front();
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// Of what stands where nothing is expected.
std::string unexpected(const CLI::App& app, const std::string& word) {
  const bool is_before_command = !app.remaining(false).empty();
  const CLI::App* command = is_before_command ? nullptr : command_of(app);
  const bool is_option = word.starts_with("-");
  const std::string name = word.substr(0, is_option ? word.find('=') : std::string::npos);
  if (command == nullptr && !is_option) {
    return no_command(app, word);
  }
  if (command == nullptr) {
    return fmt::format("there is no option {} in front of a command{}", name,
                       did_you_mean(name, options_of(app)));
  }
  if (is_option) {
    return fmt::format("weir {} has no option {}{}", command->get_name(), name,
                       did_you_mean(name, options_of(*command)));
  }
  return fmt::format("\"{}\" is one word too many for {}", word, usage_of(*command));
}

// CLI11 begins with the name of the option: "--slots: ...".
const CLI::Option* option_in(const CLI::App& command, const std::string& what) {
  const std::string name = what.substr(0, what.find(':'));
  for (const CLI::Option* option : command.get_options()) {
    if (option->check_name(name)) return option;
  }
  return nullptr;
}

std::string missing(const CLI::App& command, const std::string& what) {
  const std::string usage = usage_of(command);
  for (const CLI::Option* argument : command.get_options()) {
    if (!argument->get_required() || argument->count() > 0) continue;
    return fmt::format("weir {} wants {}, the {}: {}", command.get_name(), argument->get_name(true),
                       argument->get_description(), usage);
  }
  return fmt::format("{}: {}", what, usage);
}

std::string without_value(const CLI::App& command, const std::string& what) {
  const CLI::Option* option = option_in(command, what);
  if (option == nullptr || option->get_lnames().empty() || option->count() > 0) return what;
  const std::string& name = option->get_lnames().front();
  return fmt::format("--{0} wants a value: --{0} {1}, {2}", name, option->get_type_name(),
                     option->get_description());
}

std::string problem(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = command_of(app);
  const std::vector<std::string> left = app.remaining(true);
  const std::string what = error.what();
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::ExtrasError: return left.empty() ? what : unexpected(app, left.front());
    case CLI::ExitCodes::RequiredError:
      // What is not known may be what is missing, written otherwise.
      if (!left.empty()) return unexpected(app, left.front());
      return command == nullptr ? what : missing(*command, what);
    case CLI::ExitCodes::ExcludesError: return "give one of the two, not both: " + what;
    case CLI::ExitCodes::ArgumentMismatch:
      return command == nullptr ? what : without_value(*command, what);
    default: return what;
  }
}

}  // namespace

std::string no_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return fmt::format("there is no command \"{}\"{}", word, did_you_mean(word, names));
}

std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = command_of(app);
  const std::string help =
      command == nullptr ? "weir help" : fmt::format("weir {} --help", command->get_name());
  return fmt::format("{}; see {}", problem(app, error), help);
}

}  // namespace weir
