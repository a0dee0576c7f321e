#include "runtime/cli/weir_line.h"

#include "engine/plan/options.h"
#include "runtime/cli/command_line.h"
#include "runtime/cli/help_text.h"

#include <CLI/CLI.hpp>

namespace weir {
namespace {

constexpr const char* kOneForEachCore = "the script's, else one for each core";
constexpr const char* kJobs = "A job in this process";
constexpr const char* kAbout = "About weir";

void add_run(CLI::App& app, WeirLine& line) {
  CLI::App* run = app.add_subcommand("run", "run a job in this process")->group(kJobs);
  RunArguments& told = line.run;
  add_job_options(*run, told.file, told.parallelism, kOneForEachCore);
  add_number(*run, {"--batch-rows", "N", "records that a source reads at a time"}, {1, 65536},
             told.batch_rows)
      ->capture_default_str();
  add_text(*run, {"--state", "DIR", "keep checkpoints here; a later run goes on from the newest"},
           told.state);
  add_text(*run, {"--savepoint", "DIR", "write a savepoint here when it is stopped (Ctrl-C)"},
           told.savepoint);
  add_text(*run, {"--from", "SAVEPOINT", "begin with this savepoint"}, told.from);
  add_switch(*run, {"--fork", "", "with --from: a lineage of its own, for output elsewhere"},
             told.fork);
  add_text(*run, {"--memory", "SIZE", "memory for the job, such as 1GiB"}, told.memory)
      ->check(size())
      ->default_str("the script's, else half of all");
  add_text(*run, {"--http", "HOST:PORT", "serve REST, metrics and health here, or off"}, told.http)
      ->check(address_or_off());
  add_security_options(*run, told.security);
  add_switch(*run, {"--json", "", "print the summary as JSON (on standard error)"}, told.json);
  add_switch(*run, {"-q,--quiet", "", "print no progress and no summary"}, told.quiet);
}

void add_explain(CLI::App& app, WeirLine& line) {
  CLI::App* explain = app.add_subcommand("explain", "print what a job would do")->group(kJobs);
  ExplainArguments& told = line.explain;
  add_job_options(*explain, told.file, told.parallelism, kOneForEachCore);
  add_text(*explain, {"--memory", "SIZE", "memory for the job, to say what has how much"},
           told.memory)
      ->check(size())
      ->default_str("the script's");
  CLI::Option* format = add_text(
      *explain, {"--format", "FORM", "text, json, yaml (a graph file) or dot"}, told.format);
  format->check(one_of({"text", "json", "yaml", "dot"}));
  // Another word for a value of --format: it has no key of its own.
  add_switch(*explain, {"--json", "", "the same as --format json"}, told.json)
      ->configurable(false)
      ->excludes(format);
}

void add_plan(CLI::App& app, WeirLine& line) {
  CLI::App* plan = app.add_subcommand("plan", "say what becomes of a savepoint's state in a job");
  plan->group(kJobs);
  std::optional<uint32_t>& parallelism = line.run.parallelism;  // State does not depend on it.
  add_job_options(*plan, line.plan.file, parallelism, kOneForEachCore);
  add_text(*plan, {"--from", "SAVEPOINT", "folder of the savepoint"}, line.plan.from);
  add_switch(*plan, {"--fork", "", "for a lineage of its own: output may be other"},
             line.plan.fork);
  add_switch(*plan, {"--json", "", "print JSON"}, line.plan.json);
}

void add_config(CLI::App& app, WeirLine& line) {
  CLI::App* config = app.add_subcommand(
      "config", "print every setting: its value and where that comes from, its default");
  config->group(kAbout);
  add_switch(*config, {"--json", "", "print JSON"}, line.config.json);
  config->prefix_command();
  config->footer(
      "With a command and its options it prints what would hold for that command line, such as\n"
      "weir config --config weir.yaml worker --slots 4.");
}

// What every command has.
void add_common(CLI::App& command, WeirLine& line) {
  command.add_option("--config", line.config_file, "YAML file with options that are not given")
      ->type_name("FILE")
      ->configurable(false);
  add_switch(command, {"-v,--verbose", "", "log more on standard error"}, line.verbose);
  command.set_help_flag("-h,--help")->configurable(false);
}

// Absent for commands without one. `Line`: a WeirLine, which may be const.
template <typename Line>
auto* job_file_of(const std::string& command, Line& line) {
  if (command == "run") return &line.run.file;
  if (command == "explain") return &line.explain.file;
  if (command == "plan") return &line.plan.file;
  return command == "submit" ? &line.client.submit.file : nullptr;
}

}  // namespace

void add_commands(CLI::App& app, WeirLine& line) {
  add_run(app, line);
  add_explain(app, line);
  add_plan(app, line);
  add_server_commands(app, line.server);
  add_client_commands(app, line.client);
  add_config(app, line);
  for (CLI::App* command : app.get_subcommands(nullptr)) add_common(*command, line);
  CLI::App* help = app.add_subcommand("help", "print this text, or the help of a command");
  help->group(kAbout)->add_option("COMMAND", line.help_of, "the command to explain");
  app.add_flag("-v,--verbose", line.verbose, "log more on standard error");
}

void take_pairs(const std::string& command, const ConfigFile& file, WeirLine& line) {
  JobFile* job = job_file_of(command, line);
  if (job == nullptr) return;
  for (const auto& [name, value] : file.pairs(command, "var")) {
    job->configured_variables.emplace(name, value.text);
  }
  for (const auto& [name, value] : file.pairs(command, "set")) {
    job->configured_settings.emplace(name, value.text);
  }
}

Status check_line(const std::string& command, const WeirLine& line) {
  const JobFile* job = job_file_of(command, line);
  if (job != nullptr && job->path.empty() && job->sql.empty()) {
    return user_error(
        fmt::format("name a job file, or give SQL: weir {0} job.sql, or "
                    "weir {0} -c 'SELECT ...'",
                    command));
  }
  if (command == "plan" && line.plan.from.empty()) {
    return user_error("name the savepoint whose state is to be judged with --from SAVEPOINT");
  }
  const bool forks =
      (command == "run" && line.run.fork && line.run.from.empty()) ||
      (command == "submit" && line.client.submit.fork && line.client.submit.from.empty());
  if (!forks) return {};
  return user_error("--fork begins a new lineage with a savepoint: name it with --from SAVEPOINT");
}

}  // namespace weir
