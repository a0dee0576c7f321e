// The two processes of a cluster: each runs until it is told to end (SIGINT, SIGTERM) or cannot go
// on, and returns the process's exit code.
#pragma once

#include "runtime/messages/security.h"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace weir {

// The version of the engine: processes of one cluster have the same.
inline constexpr const char* kEngineVersion = "0.1.0";

struct CoordinatorArguments {
  std::string listen = "localhost:7000";
  std::string http = "localhost:7001";  // "off": none
  std::string store;
  std::string election;  // Empty: it leads without being elected.
  SecurityFiles security;
};
int coordinator_command(const CoordinatorArguments& arguments);

struct WorkerArguments {
  std::string coordinator = "localhost:7000";
  std::string listen = "localhost:7010";
  std::string http = "localhost:7011";  // "off": none
  uint32_t slots = 1;
  std::string memory;  // Size; empty: not said.
  std::string dir;     // For what may be lost; empty: a temporary folder.
  SecurityFiles security;
};
int worker_command(const WorkerArguments& arguments);

struct ServerLine {
  CoordinatorArguments coordinator;
  WorkerArguments worker;
};

// Adds the commands to the command line; `line` receives what it says and outlives `app`.
void add_server_commands(CLI::App& app, ServerLine& line);

}  // namespace weir
