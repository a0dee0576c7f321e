// The whole command line of `weir`: every command, and what it was told.
#pragma once

#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/server_commands.h"
#include "runtime/cli/settings.h"

#include <string>

namespace weir {

struct WeirLine {
  RunArguments run;
  ExplainArguments explain;
  PlanArguments plan;
  ConfigArguments config;
  ClientLine client;
  ServerLine server;
  std::string help_of;      // Of `weir help COMMAND`
  std::string config_file;  // Of --config
  bool verbose = false;
};

// Adds all commands; `line` receives what the command line says, and outlives `app`.
void add_commands(CLI::App& app, WeirLine& line);

// What a file says in pairs (--var, --set), behind what the line says itself.
void take_pairs(const std::string& command, const ConfigFile& file, WeirLine& line);

// What only makes sense together, or is missing: kUser error. Of a line that is filled in.
Status check_line(const std::string& command, const WeirLine& line);

}  // namespace weir
