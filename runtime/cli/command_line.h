// What the command lines of several commands have in common.
#pragma once

#include "runtime/cli/job_file.h"
#include "runtime/messages/security.h"

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace weir {

// An option of one value: from its flag, else from the environment.
struct Setting {
  const char* flag;
  const char* variable;
  const char* sentence;
};
void add_setting(CLI::App& command, const Setting& setting, std::string& value);

// Where a client command finds its coordinator, and what it presents there.
struct ConnectionOptions {
  std::string coordinator = "localhost:7000";
  std::string token_file;  // Empty paths: it presents none.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
};

// FILE, -c, --var, --set, --parallelism. `fallback`: what holds without --parallelism. The values
// outlive the command.
void add_job_options(CLI::App& command, JobFile& file, std::optional<uint32_t>& parallelism,
                     const std::string& fallback);

// --tls-* and --token-file of a process that others speak to.
void add_security_options(CLI::App& command, SecurityFiles& files);

// --coordinator, --token-file and --tls-*: each from its flag, then from WEIR_... in the
// environment.
void add_connection_options(CLI::App& command, ConnectionOptions& connection);

}  // namespace weir
