#include "engine/base/fail_point.h"
#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/help_text.h"
#include "runtime/cli/log.h"
#include "runtime/cli/process_memory.h"
#include "runtime/cli/usage.h"
#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace weir {
namespace {

int usage_error(const std::string& message) {
  print_error(user_error(message));
  return kExitUsage;
}

int help(const CLI::App& app, const std::string& command) {
  if (command.empty()) return print_result(help_of_all(app));
  for (const CLI::App* each : app.get_subcommands(nullptr)) {
    if (each->get_name() == command) return print_result(help_of(*each));
  }
  return usage_error(no_command(app, command) + "; see weir help");
}

// Where the command line leaves something out, the environment and the configuration file fill it
// in.
Status fill_in(const CLI::App& app, CLI::App& command, WeirLine& line) {
  const ConfigFile file = TRY(read_config(line.config_file, process_environment, keys_of(app)));
  TRY(settle(command, process_environment, file));
  take_pairs(command.get_name(), file, line);
  return check_line(command.get_name(), line);
}

int run_named(const std::string& command, const WeirLine& line) {
  if (command == "run") return run_command(line.run);
  if (command == "explain") return explain_command(line.explain);
  if (command == "plan") return plan_command(line.plan);
  if (command == "coordinator") return coordinator_command(line.server.coordinator);
  if (command == "worker") return worker_command(line.server.worker);
  return run_client_command(command, line.client);
}

}  // namespace

int exit_code(const Error& error) {
  return error.kind == ErrorKind::kUser ? kExitUsage : kExitFailed;
}

void print_error(const Error& error) {
  std::fputs(fmt::format("weir: error: {}\n", error.message).c_str(), stderr);
}

int print_result(const std::string& text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return kExitDone;
  print_error(unavailable(fmt::format("cannot write to standard output: {}", strerror(errno))));
  return kExitFailed;
}

int weir_main(int argc, char** argv) {
  return_large_pieces();
  // For tests of crashes: where this process is to be killed.
  if (const char* place = std::getenv("WEIR_FAIL_AT")) fail_point::arm(place);
  CLI::App app("Weir, a stream processing engine: SQL over Kafka topics and files", "weir");
  app.set_version_flag("--version", std::string("weir ") + kEngineVersion);
  WeirLine line;
  app.require_subcommand(0, 1);
  add_commands(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.get_subcommands().empty() ? help(app, "")
                                         : print_result(help_of(*app.get_subcommands()[0]));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --version
    return usage_error(usage_text(app, error));
  }
  if (app.get_subcommands().empty()) {
    std::fputs(help_of_all(app).c_str(), stderr);
    return kExitUsage;
  }
  CLI::App& command = *app.get_subcommands().front();
  const std::string name = command.get_name();
  if (name == "help") return help(app, line.help_of);
  const Status filled = fill_in(app, command, line);
  if (!filled.ok()) return usage_error(filled.error().message);
  log::start(line.verbose ? LogLevel::kDebug : LogLevel::kInfo);
  if (name != "config") return run_named(name, line);
  line.config.file = line.config_file;
  line.config.words = command.remaining();
  return config_command(line.config);
}

}  // namespace weir
