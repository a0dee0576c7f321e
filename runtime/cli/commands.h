// The commands of the one binary, `weir`: each a file of its own, each returning the process's exit
// code.
#pragma once

#include "runtime/cli/job_file.h"
#include "runtime/messages/security.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;  // There is no coordinator that answers.
inline constexpr int kExitInterrupted = 130;

// The exit code that an error ends a command with: 2 for what the user must change, 1 for the rest.
int exit_code(const Error& error);

// Writes "weir: error: ..." to standard error.
void print_error(const Error& error);

// Writes a result to standard output, and answers the exit code: it is lost on a full disk.
int print_result(const std::string& text);

struct RunArguments {
  JobFile file;
  std::optional<uint32_t> parallelism;
  size_t batch_rows = 4096;
  std::string state;         // Folder of checkpoints; empty: nothing is kept.
  std::string savepoint;     // Folder for one that is taken when the job is stopped; empty: none.
  std::string from;          // Folder of the one that the job begins with; empty: none.
  bool fork = false;         // From there, with a lineage of its own.
  std::string memory;        // Over the script's setting; empty: that one.
  std::string http = "off";  // HOST:PORT of REST, metrics and health
  SecurityFiles security;    // Of what it serves there.
  bool json = false;
  bool quiet = false;  // No live line and no summary.
};
int run_command(const RunArguments& arguments);

struct ExplainArguments {
  JobFile file;
  std::optional<uint32_t> parallelism;
  std::string memory;           // Over the script's setting; empty: that one.
  std::string format = "text";  // text, json, yaml, dot
  bool json = false;            // Over `format`.
};
int explain_command(const ExplainArguments& arguments);

struct PlanArguments {
  JobFile file;
  std::string from;  // Folder of a savepoint
  bool fork = false;
  bool json = false;
};
// 1 where a run would not go on from the savepoint: state would be lost, or begin too late.
int plan_command(const PlanArguments& arguments);

struct ConfigArguments {
  bool json = false;
  std::string file;                // Of --config; empty: WEIR_CONFIG's.
  std::vector<std::string> words;  // A command and its options, to be looked at and not run.
};
int config_command(const ConfigArguments& arguments);

// Reads the command line, fills in what it leaves out, and runs the command that it names.
int weir_main(int argc, char** argv);

}  // namespace weir
