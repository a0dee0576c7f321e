#include "engine/plan/options.h"
#include "runtime/cli/client_commands.h"
#include "runtime/cli/command_line.h"
#include "runtime/cli/commands.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace weir {
namespace {

constexpr const char* kGroup = "Jobs of a cluster";

struct Named {
  const char* name;
  const char* sentence;
  bool has_json = true;
};
constexpr Named kCommands[] = {
    {"submit", "send a job to a cluster; prints its id"},
    {"list", "print the jobs of a cluster"},
    {"show", "print a job: rates, steps, tasks, checkpoints, restarts"},
    {"logs", "print every change of a job's state, with its reason"},
    {"why", "print what holds a job's event time and checkpoints back"},
    {"stop", "end a job with a savepoint; prints where it is"},
    {"savepoint", "take a savepoint while the job runs; prints where it is"},
    {"cancel", "end a job at once", false},
    {"rescale", "go on with another number of instances of each step", false},
};

void add_submit(CLI::App& command, SubmitArguments& submit) {
  add_job_options(command, submit.file, submit.parallelism, "the script's");
  add_text(command, {"--name", "NAME", "name of the job"}, submit.name)
      ->default_str("the script's, else that of the file");
  add_text(command, {"--from", "SAVEPOINT", "go on from this savepoint"}, submit.from);
  add_switch(command, {"--fork", "", "with --from: a new lineage, for output elsewhere"},
             submit.fork);
  add_switch(command, {"--wait", "", "wait until the job ends"}, submit.wait);
}

}  // namespace

void add_client_commands(CLI::App& app, ClientLine& line) {
  for (const Named& named : kCommands) {
    CLI::App* command = app.add_subcommand(named.name, named.sentence)->group(kGroup);
    const std::string name = named.name;
    if (name == "submit") {
      add_submit(*command, line.submit);
    } else if (name != "list") {
      command->add_option("JOB", line.job, "name or id of the job")->required();
    }
    if (name == "rescale") {
      add_number(*command, {"N", "", "instances of each step"}, {1, kParallelismMax},
                 line.parallelism)
          ->required();
    }
    if (name == "stop" || name == "savepoint") {
      add_text(*command, {"--to", "DIR", "folder of the savepoint"}, line.to)
          ->default_str("one in the store");
    }
    if (name == "stop" || name == "savepoint" || name == "cancel" || name == "rescale") {
      add_switch(*command, {"--no-wait", "", "only begin it"}, line.no_wait);
    }
    if (named.has_json) add_switch(*command, {"--json", "", "print JSON"}, line.json);
    add_connection_options(*command, line.connection);
  }
}

bool is_client_command(const std::string& command) {
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&command](const Named& named) { return named.name == command; });
}

Answer<int> dispatch(const std::string& command, const Client& client, const ClientLine& line) {
  const OrderArguments order{.job = line.job, .no_wait = line.no_wait};
  if (command == "submit") return submit_command(client, line.submit);
  if (command == "list") return list_command(client);
  if (command == "show") return show_command(client, line.job);
  if (command == "logs") return logs_command(client, line.job);
  if (command == "why") return why_command(client, line.job);
  if (command == "stop") return stop_command(client, {.order = order, .to = line.to});
  if (command == "savepoint") return savepoint_command(client, {.order = order, .to = line.to});
  if (command == "cancel") return cancel_command(client, order);
  CHECK(command == "rescale");
  return rescale_command(client, order, line.parallelism);
}

}  // namespace weir
