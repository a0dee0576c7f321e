#include "runtime/cli/command_line.h"

#include "engine/plan/options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace weir {
// CLI11's own envname() would read the variable for the commands that are not run, too, and so
// overwrite what the flag of the one that is run has set: all of them share the value.
void add_setting(CLI::App& command, const Setting& setting, std::string& value) {
  const char* given = std::getenv(setting.variable);
  if (given != nullptr && *given != '\0') value = given;
  command.add_option(
      setting.flag, value,
      fmt::format("{} (or {} in the environment)", setting.sentence, setting.variable));
}

void add_job_options(CLI::App& command, JobFile& file, std::optional<uint32_t>& parallelism,
                     const std::string& fallback) {
  auto* path = command.add_option("FILE", file.path, "script (.sql) or graph file (.yaml, .json)");
  auto* sql = command.add_option("-c,--command", file.sql, "SQL text instead of a file");
  path->excludes(sql);
  command.add_option("--var", file.variables, "value of ${NAME} in the script, as NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--set", file.settings, "setting over those of the script, as name=value")
      ->allow_extra_args(false);
  command
      .add_option("--parallelism", parallelism,
                  fmt::format("instances of each step (default: {})", fallback))
      ->check(CLI::Range(1U, kParallelismMax));
}

void add_connection_options(CLI::App& command, ConnectionOptions& connection) {
  add_setting(command, {"--coordinator", "WEIR_COORDINATOR", "HOST:PORT of the coordinator"},
              connection.coordinator);
  command.get_option("--coordinator")->capture_default_str();
  add_setting(command, {"--token-file", "WEIR_TOKEN_FILE", "file with the token to present"},
              connection.token_file);
  add_setting(command, {"--tls-ca", "WEIR_TLS_CA", "authorities of its certificate (PEM)"},
              connection.tls_ca);
  add_setting(command, {"--tls-cert", "WEIR_TLS_CERT", "certificate to present (PEM)"},
              connection.tls_cert);
  add_setting(command, {"--tls-key", "WEIR_TLS_KEY", "key of the certificate (PEM)"},
              connection.tls_key);
}

void add_security_options(CLI::App& command, SecurityFiles& files) {
  add_setting(command, {"--tls-cert", "WEIR_TLS_CERT", "certificate of this process (PEM)"},
              files.tls_cert);
  add_setting(command, {"--tls-key", "WEIR_TLS_KEY", "key of the certificate (PEM)"},
              files.tls_key);
  add_setting(command, {"--tls-ca", "WEIR_TLS_CA", "authorities of everybody else's (PEM)"},
              files.tls_ca);
  add_setting(command,
              {"--token-file", "WEIR_TOKEN_FILE", "file with the token to ask for and to present"},
              files.token);
}

}  // namespace weir
