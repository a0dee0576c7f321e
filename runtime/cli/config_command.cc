#include "engine/plan/options.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/usage.h"
#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace weir {
namespace {

namespace json = boost::json;

// One line of what is shown, whatever it is an option of.
struct Row {
  std::string name;
  std::string scope;  // "command", "script", "source table"
  std::string connector;
  std::vector<std::string> commands;
  std::string unit;
  std::string fallback;
  std::string sentence;
  std::string value;
  std::string origin;
  std::string place;

  // The same for another command.
  bool is_like(const Row& other) const {
    const auto parts = [](const Row& row) {
      return std::tie(row.name, row.scope, row.unit, row.fallback, row.sentence, row.value,
                      row.origin, row.place);
    };
    return parts(*this) == parts(other);
  }
};

void add(std::vector<Row>& rows, Row row) {
  const auto like = std::find_if(rows.begin(), rows.end(),
                                 [&row](const Row& known) { return known.is_like(row); });
  if (like == rows.end()) {
    rows.push_back(std::move(row));
  } else {
    like->commands.insert(like->commands.end(), row.commands.begin(), row.commands.end());
  }
}

const char* form_text(OptionForm form) {
  switch (form) {
    case OptionForm::kText: return "text";
    case OptionForm::kInteger: return "number";
    case OptionForm::kBoolean: return "true|false";
    case OptionForm::kInterval: return "interval";
    case OptionForm::kIntervalOrNone: return "interval|none";
    case OptionForm::kSize: return "size";
    case OptionForm::kTimestamp: return "timestamp";
    case OptionForm::kChoice: return "choice";
    case OptionForm::kColumn: return "column";
    case OptionForm::kColumns: return "columns";
    case OptionForm::kTable: return "table";
  }
  unreachable();
}

const char* scope_text(OptionScope scope) {
  switch (scope) {
    case OptionScope::kTable: return "table";
    case OptionScope::kSource: return "source table";
    case OptionScope::kSink: return "sink table";
    case OptionScope::kScript: return "script";
  }
  unreachable();
}

Row row_of(const Option& option) {
  const bool is_choice = option.form == OptionForm::kChoice;
  return {.name = std::string(option.name),
          .scope = scope_text(option.scope),
          .connector = std::string(option.connector),
          .unit = is_choice ? std::string(option.choices) : form_text(option.form),
          .fallback = std::string(option.fallback),
          .sentence = std::string(option.sentence),
          .value = std::string(option.fallback),
          .origin = std::string(origin_name(Origin::kDefault))};
}

Row row_of(const std::string& command, const Held& held) {
  const bool is_switch = held.option->get_expected_max() == 0;
  return {.name = held.key,
          .scope = "command",
          .commands = {command},
          .unit = is_switch ? "true|false" : held.option->get_type_name(),
          .fallback = is_switch ? "false" : held.option->get_default_str(),
          .sentence = held.option->get_description(),
          .value = held.value.empty() && is_switch ? "false" : held.value,
          .origin = std::string(origin_name(held.origin)),
          .place = held.place};
}

// The setting of a script, by what a command is told with --set.
Row setting_row(const Option& option, const std::string& command, const CLI::Option& set,
                const ConfigFile& file) {
  Row row = row_of(option);
  row.commands = {command};
  const ConfigPairs pairs = file.pairs(command, "set");
  const auto written = pairs.find(row.name);
  if (written != pairs.end()) {
    row.value = written->second.text;
    row.origin = origin_name(Origin::kFile);
    row.place = written->second.place;
  }
  for (const std::string& pair : set.results()) {
    if (!pair.starts_with(row.name + "=")) continue;
    row.value = pair.substr(row.name.size() + 1);
    row.origin = origin_name(Origin::kFlag);
    row.place = "--set";
  }
  return row;
}

struct Rows {
  std::vector<Row> options;
  std::vector<Row> settings;
};

Result<Rows> rows_of(const std::vector<CLI::App*>& commands, const ConfigFile& file) {
  Rows rows;
  for (CLI::App* command : commands) {
    const std::string name = command->get_name();
    for (const Held& held : TRY(settle(*command, process_environment, file))) {
      add(rows.options, row_of(name, held));
      if (held.key != "set") continue;
      for (const Option& option : script_options()) {
        add(rows.settings, setting_row(option, name, *held.option, file));
      }
    }
  }
  return rows;
}

std::string value_text(const Row& row) {
  if (row.origin == origin_name(Origin::kDefault)) {
    return fmt::format("{} (default)", row.value.empty() ? "none" : row.value);
  }
  return fmt::format("{} ({}); default {}", row.value, row.place,
                     row.fallback.empty() ? "none" : row.fallback);
}

std::string options_text(const Rows& rows) {
  std::string text =
      "Options of commands: --NAME, else WEIR_NAME in the environment (WEIR_TLS_CA for --tls-ca),\n"
      "else NAME in the file of --config\n\n";
  for (const Row& row : rows.options) {
    text += fmt::format("{} {}\n    {}\n    {}\n    of {}\n", row.name, row.unit, value_text(row),
                        row.sentence, fmt::join(row.commands, ", "));
  }
  if (rows.settings.empty()) return text;
  text +=
      "\nSettings of a script: SET name = 'value', or over that --set name=value, or\n"
      "set: {name: value} in the file\n\n";
  for (const Row& row : rows.settings) {
    text +=
        fmt::format("{} {}\n    {}\n    {}\n", row.name, row.unit, value_text(row), row.sentence);
  }
  return text;
}

std::string table_options_text() {
  std::string text = "\nOptions of tables: WITH (name = 'value')\n\n";
  for (const Option& option : table_options()) {
    const Row row = row_of(option);
    const std::string of = row.connector.empty() ? "" : " of " + row.connector;
    text += fmt::format("{} {}\n    {}\n    {}\n    of a {}{}\n", row.name, row.unit,
                        value_text(row), row.sentence, row.scope, of);
  }
  return text;
}

json::object to_json(const Row& row) {
  json::object object{{"name", row.name}, {"scope", row.scope}};
  if (!row.connector.empty()) object["connector"] = row.connector;
  if (!row.commands.empty()) object["commands"] = json::value_from(row.commands);
  if (row.scope == "command" && !takes_pairs(row.name)) object["variable"] = variable_of(row.name);
  object["value"] = row.value;
  object["origin"] = row.origin;
  if (!row.place.empty()) object["place"] = row.place;
  object["default"] = row.fallback;
  object["unit"] = row.unit;
  object["meaning"] = row.sentence;
  return object;
}

std::string json_text(const Rows& rows, bool has_tables) {
  json::array all;
  for (const Row& row : rows.options) all.push_back(to_json(row));
  for (const Row& row : rows.settings) all.push_back(to_json(row));
  for (const Option& option : table_options()) {
    if (has_tables) all.push_back(to_json(row_of(option)));
  }
  return json::serialize(all) + "\n";
}

// Reads the words as a command line; what is missing in it is of no matter here. Absent: refused.
std::optional<std::vector<CLI::App*>> read_words(CLI::App& app, const ConfigArguments& arguments) {
  std::vector<std::string> words(arguments.words.rbegin(), arguments.words.rend());
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    const bool is_short =
        error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) &&
        app.remaining(true).empty();
    if (!is_short) {
      print_error(user_error(usage_text(app, error)));
      return std::nullopt;
    }
  }
  std::vector<CLI::App*> named = app.get_subcommands();
  return named.empty() ? app.get_subcommands([](CLI::App*) { return true; }) : named;
}

}  // namespace

int config_command(const ConfigArguments& arguments) {
  WeirLine line;
  CLI::App app;
  add_commands(app, line);
  const std::optional<std::vector<CLI::App*>> commands = read_words(app, arguments);
  if (!commands.has_value()) return kExitUsage;
  const std::string path = line.config_file.empty() ? arguments.file : line.config_file;
  const Result<ConfigFile> file = read_config(path, process_environment, keys_of(app));
  const Result<Rows> rows = file.ok() ? rows_of(*commands, *file) : Result<Rows>(file.error());
  if (!rows.ok()) {
    print_error(rows.error());
    return exit_code(rows.error());
  }
  const bool has_tables = arguments.words.empty();
  if (arguments.json) return print_result(json_text(*rows, has_tables));
  return print_result(options_text(*rows) + (has_tables ? table_options_text() : ""));
}

}  // namespace weir
