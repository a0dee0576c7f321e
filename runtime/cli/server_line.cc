// The command lines of coordinator and worker.
#include "runtime/cli/command_line.h"
#include "runtime/cli/server_commands.h"

#include <CLI/CLI.hpp>

#include <thread>

namespace weir {
namespace {

constexpr const char* kGroup = "The processes of a cluster";

void add_coordinator(CLI::App& app, CoordinatorArguments& told) {
  CLI::App* command = app.add_subcommand("coordinator", "run the control process of a cluster");
  command->group(kGroup);
  add_text(*command, {"--listen", "HOST:PORT", "for workers and commands; :0 picks a port"},
           told.listen)
      ->check(address());
  add_text(*command, {"--http", "HOST:PORT", "REST, metrics, health; :0 picks a port; or off"},
           told.http)
      ->check(address_or_off());
  add_text(*command, {"--store", "DIR", "folder that all processes of the cluster share"},
           told.store);
  add_text(*command,
           {"--election", "ETCD", "elect one of several: etcd://HOST:PORT[,HOST:PORT...][/PREFIX]"},
           told.election);
  add_security_options(*command, told.security);
}

void add_worker(CLI::App& app, WorkerArguments& told) {
  CLI::App* command = app.add_subcommand("worker", "run a worker of a cluster")->group(kGroup);
  told.slots = std::max(1U, std::thread::hardware_concurrency());
  add_text(*command, {"--coordinator", "HOST:PORT", "the coordinator, or all of several: A,B"},
           told.coordinator)
      ->check(addresses());
  add_text(*command, {"--listen", "HOST:PORT", "where workers reach it; :0 picks a port"},
           told.listen)
      ->check(address());
  add_text(*command, {"--http", "HOST:PORT", "metrics and health; :0 picks a port; or off"},
           told.http)
      ->check(address_or_off());
  add_number(*command, {"--slots", "N", "instances of jobs that it takes"}, {1, 4096}, told.slots)
      ->default_str("one for each core");
  add_text(*command, {"--memory", "SIZE", "memory for its jobs, such as 4GiB"}, told.memory)
      ->check(size())
      ->default_str("half of all");
  add_text(*command, {"--dir", "DIR", "folder for rows that leave memory"}, told.dir)
      ->default_str("$TMPDIR, or /var/tmp");
  add_security_options(*command, told.security);
}

}  // namespace

void add_server_commands(CLI::App& app, ServerLine& line) {
  add_coordinator(app, line.coordinator);
  add_worker(app, line.worker);
}

}  // namespace weir
