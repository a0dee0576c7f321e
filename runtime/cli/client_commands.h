// The commands that ask a cluster: each a file of its own, over a Client. Each answers the
// process's exit code, or a refusal that is still to be told.
#pragma once

#include "runtime/cli/client.h"
#include "runtime/cli/connection_options.h"
#include "runtime/cli/job_file.h"

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace weir {

struct SubmitArguments {
  JobFile file;
  std::string name;
  std::optional<uint32_t> parallelism;
  std::string from;
  bool fork = false;
  bool wait = false;  // Until the job ends.
};
Answer<int> submit_command(const Client& client, const SubmitArguments& arguments);

Answer<int> list_command(const Client& client);
Answer<int> show_command(const Client& client, const std::string& job);
Answer<int> logs_command(const Client& client, const std::string& job);
Answer<int> why_command(const Client& client, const std::string& job);

// What begins something, and waits for its end unless told otherwise.
struct OrderArguments {
  std::string job;
  bool no_wait = false;
};
struct SavepointArguments {
  OrderArguments order;
  std::string to;
};
Answer<int> stop_command(const Client& client, const SavepointArguments& arguments);
Answer<int> savepoint_command(const Client& client, const SavepointArguments& arguments);
Answer<int> cancel_command(const Client& client, const OrderArguments& arguments);
Answer<int> rescale_command(const Client& client, const OrderArguments& arguments,
                            uint32_t parallelism);

// All that a command line may say to one of these.
struct ClientLine {
  ConnectionOptions connection;
  bool json = false;
  std::string job;
  std::string to;
  bool no_wait = false;
  uint32_t parallelism = 1;  // Of rescale
  SubmitArguments submit;
};

// Adds the commands to the command line; `line` receives what it says and outlives `app`.
void add_client_commands(CLI::App& app, ClientLine& line);

bool is_client_command(const std::string& command);

// Connects, runs the command, tells an error, and answers the exit code.
int run_client_command(const std::string& command, const ClientLine& line);

// The same over a given client: where the command's name becomes a call.
Answer<int> dispatch(const std::string& command, const Client& client, const ClientLine& line);

}  // namespace weir
