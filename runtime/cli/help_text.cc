#include "runtime/cli/help_text.h"

#include "runtime/cli/settings.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace weir {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string columns(const Lines& lines) {
  size_t widest = 0;
  for (const auto& [left, right] : lines) widest = std::max(widest, left.size());
  std::string text;
  for (const auto& [left, right] : lines)
    text += fmt::format("  {:<{}}  {}\n", left, widest, right);
  return text;
}

// "-q, --quiet", "    --memory SIZE"
std::string written(const CLI::Option& option) {
  std::string text = option.get_snames().empty() ? "    " : "-" + option.get_snames().front();
  if (!option.get_lnames().empty()) {
    text += option.get_snames().empty() ? "--" : ", --";
    text += option.get_lnames().front();
  }
  const bool has_value = option.get_expected_max() > 0;
  return has_value ? text + " " + option.get_type_name() : text;
}

std::string meaning(const CLI::Option& option) {
  const std::string fallback = option.get_default_str();
  if (fallback.empty()) return option.get_description();
  return fmt::format("{} (default: {})", option.get_description(), fallback);
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return !option->get_positional(); });
}

bool has_keys(const CLI::App& command) {
  const std::vector<const CLI::Option*> options = options_of(command);
  return std::any_of(options.begin(), options.end(),
                     [](const CLI::Option* option) { return !key_of(*option).empty(); });
}

}  // namespace

std::string help_of_all(const CLI::App& app) {
  std::string text = fmt::format("{}\n\nusage: weir COMMAND [OPTIONS]\n", app.get_description());
  std::vector<std::string> groups;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    const std::string& group = command->get_group();
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  for (const std::string& group : groups) {
    Lines lines;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
      if (command->get_group() != group) continue;
      lines.emplace_back(fmt::format("{:<11}", command->get_name()), command->get_description());
    }
    text += fmt::format("\n{}\n{}", group, columns(lines));
  }
  return text +
         "\nweir COMMAND --help, or weir help COMMAND, shows the options of a command; weir "
         "config\n"
         "shows what holds for each of them; weir --version the version.\n";
}

std::string usage_of(const CLI::App& command) {
  std::string text = "weir " + command.get_name();
  if (command.get_name() == "config" || command.get_name() == "help") {
    return text + (command.get_name() == "help" ? " [COMMAND]" : " [OPTIONS] [COMMAND [OPTIONS]]");
  }
  const bool has_sql = command.get_option_no_throw("--command") != nullptr;
  for (const CLI::Option* argument : arguments_of(command)) {
    const std::string& name = argument->get_name(true);
    text += has_sql ? fmt::format(" ({} | -c SQL)", name) : " " + name;
  }
  return text + " [OPTIONS]";
}

std::string help_of(const CLI::App& command) {
  std::string text = fmt::format("weir {}: {}\n\nusage: {}\n", command.get_name(),
                                 command.get_description(), usage_of(command));
  Lines arguments;
  for (const CLI::Option* argument : arguments_of(command)) {
    arguments.emplace_back(argument->get_name(true), argument->get_description());
  }
  if (!arguments.empty()) text += "\n" + columns(arguments);
  Lines options;
  for (const CLI::Option* option : options_of(command)) {
    if (option != command.get_help_ptr()) options.emplace_back(written(*option), meaning(*option));
  }
  if (command.get_help_ptr() != nullptr) {
    options.emplace_back("-h, --help", "print this text");
  }
  text += "\n" + columns(options);
  if (!command.get_footer().empty()) text += "\n" + command.get_footer() + "\n";
  if (!has_keys(command)) return text;
  return text +
         "\nAn option that is not given comes from the environment (WEIR_TOKEN_FILE for "
         "--token-file),\n"
         "then from the file of --config (token-file: ...).\n";
}

}  // namespace weir
