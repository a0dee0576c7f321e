#include "runtime/cli/command_line.h"

#include "engine/expr/nearest_name.h"
#include "engine/plan/options.h"
#include "runtime/messages/addresses.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace weir {
namespace {

template <typename T>
std::string trouble_of(const Result<T>& result) {
  return result.ok() ? "" : result.error().message;
}

CLI::Validator checked(std::function<std::string(std::string&)> check) {
  return CLI::Validator(std::move(check), "");
}

// "name=value"
CLI::Validator pair() {
  return checked([](const std::string& text) {
    const size_t equals = text.find('=');
    if (equals != std::string::npos && equals != 0) return std::string();
    return fmt::format("'{}' is not of the form NAME=VALUE", text);
  });
}

}  // namespace

CLI::Option* add_text(CLI::App& command, const OptionWords& words, std::string& value) {
  CLI::Option* option = command.add_option(words.names, value, words.sentence);
  if (!value.empty()) option->default_str(value);
  return option->type_name(words.unit);
}

CLI::Option* add_switch(CLI::App& command, const OptionWords& words, bool& value) {
  return command.add_flag(words.names, value, words.sentence);
}

CLI::Validator whole_number(const NumberRange& range) {
  return checked([range](const std::string& text) {
    uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    const bool is_number = error == std::errc() && last == end;
    if (is_number && number >= range.least && number <= range.greatest) return std::string();
    return fmt::format("'{}' is not a whole number from {} to {}", text, range.least,
                       range.greatest);
  });
}

CLI::Validator address() {
  return checked([](const std::string& text) { return trouble_of(parse_address(text)); });
}

CLI::Validator address_or_off() {
  return checked([](const std::string& text) {
    const std::string trouble = text == "off" ? "" : trouble_of(parse_address(text));
    return trouble.empty() ? trouble : trouble + ", or off";
  });
}

CLI::Validator addresses() {
  return checked([](const std::string& text) { return trouble_of(parse_addresses(text)); });
}

CLI::Validator size() {
  return checked([](const std::string& text) { return trouble_of(parse_size(text)); });
}

CLI::Validator one_of(std::vector<std::string> words) {
  return checked([words = std::move(words)](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("'{}' is none of {}{}", text, fmt::join(words, ", "),
                       did_you_mean(text, words));
  });
}

void add_job_options(CLI::App& command, JobFile& file, std::optional<uint32_t>& parallelism,
                     const std::string& fallback) {
  auto* path = command.add_option("FILE", file.path, "script (.sql) or graph file (.yaml, .json)");
  auto* sql = command.add_option("-c,--command", file.sql, "the script itself instead of a file");
  sql->type_name("SQL")->configurable(false);
  path->excludes(sql);
  command.add_option("--var", file.variables, "value of ${NAME} in the script; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(pair());
  command.add_option("--set", file.settings, "setting over that of the script; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(pair());
  add_number(command, {"--parallelism", "N", "instances of each step"}, {1, kParallelismMax},
             parallelism)
      ->default_str(fallback);
}

void add_connection_options(CLI::App& command, ConnectionOptions& connection) {
  add_text(command, {"--coordinator", "HOST:PORT", "the coordinator, or all of several: A,B"},
           connection.coordinator)
      ->check(addresses());
  add_text(command, {"--token-file", "FILE", "file with the token to present"},
           connection.token_file);
  add_text(command, {"--tls-ca", "FILE", "authorities to trust (PEM)"}, connection.tls_ca);
  add_text(command, {"--tls-cert", "FILE", "certificate to present (PEM)"}, connection.tls_cert);
  add_text(command, {"--tls-key", "FILE", "key of the certificate (PEM)"}, connection.tls_key);
}

void add_security_options(CLI::App& command, SecurityFiles& files) {
  add_text(command, {"--tls-cert", "FILE", "certificate of this process (PEM)"}, files.tls_cert);
  add_text(command, {"--tls-key", "FILE", "key of the certificate (PEM)"}, files.tls_key);
  add_text(command, {"--tls-ca", "FILE", "authorities of everybody else's (PEM)"}, files.tls_ca);
  add_text(command, {"--token-file", "FILE", "file with the token to ask for and to present"},
           files.token);
}

}  // namespace weir
