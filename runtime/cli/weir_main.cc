#include "engine/base/fail_point.h"
#include "runtime/cli/client_commands.h"
#include "runtime/cli/command_line.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/log.h"
#include "runtime/cli/process_memory.h"
#include "runtime/cli/server_commands.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace weir {
namespace {

constexpr const char* kOneForEachCore = "the script's, else one for each core";

struct CommandLine {
  RunArguments run;
  ExplainArguments explain;
  PlanArguments plan;
  ConfigArguments config;
  ClientLine client;
  ServerLine server;
  bool verbose = false;
};

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App* run = app.add_subcommand("run", "run a job in this process");
  add_job_options(*run, line.run.file, line.run.parallelism, kOneForEachCore);
  run->add_option("--batch-rows", line.run.batch_rows, "records that a source reads at a time")
      ->check(CLI::Range(size_t{1}, size_t{65536}))
      ->capture_default_str();
  run->add_option("--state", line.run.state,
                  "folder to keep checkpoints in; a later run goes on from the newest");
  run->add_option("--savepoint", line.run.savepoint,
                  "folder for a savepoint that is taken when the job is stopped (Ctrl-C)");
  auto* from = run->add_option("--from", line.run.from, "folder of a savepoint to begin with");
  run->add_flag("--fork", line.run.fork, "with --from: a lineage of its own, for other output")
      ->needs(from);
  add_setting(*run, {"--memory", "WEIR_MEMORY", "memory for the job, such as 1GiB"},
              line.run.memory);
  run->add_option("--http", line.run.http, "HOST:PORT for REST, metrics and health, or off")
      ->capture_default_str();
  add_security_options(*run, line.run.security);
  run->add_flag("--json", line.run.json, "print the summary as JSON (on standard error)");
  run->add_flag("-q,--quiet", line.run.quiet, "print no progress and no summary");
}

void add_explain(CLI::App& app, CommandLine& line) {
  CLI::App* explain = app.add_subcommand("explain", "print what a job would do");
  add_job_options(*explain, line.explain.file, line.explain.parallelism, kOneForEachCore);
  add_setting(*explain, {"--memory", "WEIR_MEMORY", "memory for the job, to say what has how much"},
              line.explain.memory);
  explain->add_option("--format", line.explain.format, "text, json, yaml (a graph file) or dot")
      ->check(CLI::IsMember({"text", "json", "yaml", "dot"}))
      ->capture_default_str();
  explain->add_flag_callback(
      "--json", [&line] { line.explain.format = "json"; }, "the same as --format json");
}

void add_plan(CLI::App& app, CommandLine& line) {
  CLI::App* plan = app.add_subcommand("plan", "say what becomes of a savepoint's state in a job");
  std::optional<uint32_t>& parallelism = line.run.parallelism;  // State does not depend on it.
  add_job_options(*plan, line.plan.file, parallelism, kOneForEachCore);
  plan->add_option("--from", line.plan.from, "folder of the savepoint")->required();
  plan->add_flag("--json", line.plan.json, "print it as JSON");
}

void add_config(CLI::App& app, CommandLine& line) {
  CLI::App* config = app.add_subcommand("config", "print every setting and option");
  config->add_flag("--json", line.config.json, "print them as JSON");
}

int usage_error(const std::string& message) {
  std::fputs(fmt::format("weir: error: {}\n", message).c_str(), stderr);
  return kExitUsage;
}

const JobFile& job_file_of(const std::string& command, const CommandLine& line) {
  if (command == "submit") return line.client.submit.file;
  if (command == "plan") return line.plan.file;
  return command == "run" ? line.run.file : line.explain.file;
}

bool names_one_job(const JobFile& file) { return !file.path.empty() || !file.sql.empty(); }

}  // namespace

int exit_code(const Error& error) {
  return error.kind == ErrorKind::kUser ? kExitUsage : kExitFailed;
}

void print_error(const Error& error) {
  std::fputs(fmt::format("weir: error: {}\n", error.message).c_str(), stderr);
}

int weir_main(int argc, char** argv) {
  return_large_pieces();
  // For tests of crashes: where this process is to be killed.
  if (const char* place = std::getenv("WEIR_FAIL_AT")) fail_point::arm(place);
  CLI::App app("Weir, a stream processing engine: SQL over Kafka topics and files", "weir");
  app.set_version_flag("--version", std::string("weir ") + kEngineVersion);
  app.failure_message(CLI::FailureMessage::simple);
  CommandLine line;
  app.add_flag("-v,--verbose", line.verbose, "log more on standard error");
  app.require_subcommand(0, 1);
  add_run(app, line);
  add_explain(app, line);
  add_plan(app, line);
  add_config(app, line);
  add_client_commands(app, line.client);
  add_server_commands(app, line.server);
  CLI::App* help = app.add_subcommand("help", "print this text");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    return usage_error(fmt::format("{}; see weir help", error.what()));
  }
  log::start(line.verbose ? LogLevel::kDebug : LogLevel::kInfo);
  if (app.got_subcommand(help) || app.get_subcommands().empty()) {
    const auto help_text = app.get_formatter()->make_help(&app, "weir", CLI::AppFormatMode::Normal);
    std::fputs(help_text.c_str(), stdout);
    return app.got_subcommand(help) ? kExitDone : kExitUsage;
  }
  const std::string command = app.get_subcommands().front()->get_name();
  if (command == "config") return config_command(line.config);
  const bool takes_job =
      command == "run" || command == "explain" || command == "submit" || command == "plan";
  if (takes_job && !names_one_job(job_file_of(command, line))) {
    return usage_error("name a job file, or give SQL with -c 'SELECT ...'");
  }
  if (command == "plan") return plan_command(line.plan);
  if (command == "coordinator") return coordinator_command(line.server.coordinator);
  if (command == "worker") return worker_command(line.server.worker);
  if (is_client_command(command)) return run_client_command(command, line.client);
  return command == "run" ? run_command(line.run) : explain_command(line.explain);
}

}  // namespace weir
