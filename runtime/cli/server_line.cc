// The command lines of coordinator and worker.
#include "runtime/cli/command_line.h"
#include "runtime/cli/server_commands.h"

#include <CLI/CLI.hpp>

#include <thread>

namespace weir {
void add_server_commands(CLI::App& app, ServerLine& line) {
  CLI::App* coordinator = app.add_subcommand("coordinator", "run the control process of a cluster");
  CoordinatorArguments& control = line.coordinator;
  add_setting(*coordinator,
              {"--listen", "WEIR_LISTEN", "HOST:PORT for workers and commands; port 0 picks one"},
              control.listen);
  add_setting(*coordinator,
              {"--http", "WEIR_HTTP", "HOST:PORT for REST, metrics and health, or off"},
              control.http);
  add_setting(*coordinator,
              {"--store", "WEIR_STORE", "folder that all processes of the cluster share"},
              control.store);
  add_setting(
      *coordinator,
      {"--election", "WEIR_ELECTION",
       "elect the leader of several coordinators: etcd://HOST:PORT[,HOST:PORT...][/PREFIX]"},
      control.election);
  add_security_options(*coordinator, control.security);

  CLI::App* worker = app.add_subcommand("worker", "run a worker of a cluster");
  WorkerArguments& work = line.worker;
  work.slots = std::max(1U, std::thread::hardware_concurrency());
  add_setting(*worker,
              {"--coordinator", "WEIR_COORDINATOR",
               "HOST:PORT of the coordinator; of several, all of them, separated by commas"},
              work.coordinator);
  add_setting(
      *worker,
      {"--listen", "WEIR_LISTEN", "HOST:PORT at which other workers reach it; port 0 picks one"},
      work.listen);
  add_setting(*worker, {"--http", "WEIR_HTTP", "HOST:PORT for metrics and health, or off"},
              work.http);
  worker->add_option("--slots", work.slots, "instances of jobs that it takes")
      ->check(CLI::Range(1U, 4096U))
      ->envname("WEIR_SLOTS")
      ->capture_default_str();
  add_setting(*worker, {"--memory", "WEIR_MEMORY", "memory for its jobs, such as 4GiB"},
              work.memory);
  add_setting(*worker, {"--dir", "WEIR_DIR", "folder for what may be lost"}, work.dir);
  add_security_options(*worker, work.security);
}

}  // namespace weir
