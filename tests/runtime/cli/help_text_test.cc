// Help is complete and fits a terminal.
#include "runtime/cli/help_text.h"

#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <sstream>
#include <string>

namespace weir {
namespace {

struct Commands {
  CLI::App app{"What it is"};
  WeirLine line;
  Commands() { add_commands(app, line); }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("TheHelpNamesEveryCommandInItsGroup") {
  Commands commands;
  const std::string help = help_of_all(commands.app);
  CHECK(has(help, "What it is\n\nusage: weir COMMAND [OPTIONS]\n"));
  CHECK(has(help, "Jobs of a cluster\n  submit "));
  for (const CLI::App* command : commands.app.get_subcommands(nullptr)) {
    CHECK(has(help, "\n  " + command->get_name() + " "));
  }
}

TEST_CASE("TheHelpOfACommandHasALineForEachOption") {
  Commands commands;
  for (const CLI::App* command : commands.app.get_subcommands(nullptr)) {
    const std::string help = help_of(*command);
    CAPTURE(help);
    for (const CLI::Option* option : command->get_options()) {
      if (option == command->get_help_ptr()) continue;
      CHECK_FALSE(option->get_description().empty());
      CHECK(has(help, "  " + option->get_description()));
    }
    std::istringstream lines(help);
    for (std::string text; std::getline(lines, text);) CHECK(text.size() <= 100);
  }
}

TEST_CASE("AnOptionIsShownWithItsUnitAndItsDefault") {
  Commands commands;
  const std::string help = help_of(*commands.app.get_subcommand("worker"));
  CHECK(has(help, "      --slots N  "));
  CHECK(has(help, "instances of jobs that it takes (default: one for each core)\n"));
  CHECK(has(help, "  -v, --verbose  "));
  CHECK(has(help, "  -h, --help  "));
  CHECK(has(help, "then from the file of --config"));
}

TEST_CASE("TheUsageNamesTheArguments") {
  Commands commands;
  const auto usage = [&commands](const char* command) {
    return usage_of(*commands.app.get_subcommand(command));
  };
  CHECK(usage("run") == "weir run (FILE | -c SQL) [OPTIONS]");
  CHECK(usage("rescale") == "weir rescale JOB N [OPTIONS]");
  CHECK(usage("list") == "weir list [OPTIONS]");
  CHECK(usage("config") == "weir config [OPTIONS] [COMMAND [OPTIONS]]");
  CHECK(usage("help") == "weir help [COMMAND]");
}

}  // namespace
}  // namespace weir
