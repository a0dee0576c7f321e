#include "engine/plan/options.h"
#include "runtime/cli/commands.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace weir {
namespace {

const char* form_text(OptionForm form) {
  switch (form) {
    case OptionForm::kText: return "text";
    case OptionForm::kInteger: return "integer";
    case OptionForm::kBoolean: return "true or false";
    case OptionForm::kInterval: return "interval";
    case OptionForm::kIntervalOrNone: return "interval or none";
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

std::string values_of(const Option& option) {
  return option.form == OptionForm::kChoice ? std::string(option.choices)
                                            : std::string(form_text(option.form));
}

boost::json::object option_json(const Option& option) {
  boost::json::object object;
  object["name"] = std::string(option.name);
  object["scope"] = scope_text(option.scope);
  object["connector"] = std::string(option.connector);
  object["values"] = values_of(option);
  object["default"] = std::string(option.fallback);
  object["meaning"] = std::string(option.sentence);
  return object;
}

void print_option(const Option& option) {
  std::string where = scope_text(option.scope);
  if (!option.connector.empty()) where += fmt::format(" of {}", option.connector);
  fmt::print("{}\n    {}; {}; default {}\n    {}\n", option.name, where, values_of(option),
             option.fallback.empty() ? "none" : option.fallback, option.sentence);
}

}  // namespace

int config_command(const ConfigArguments& arguments) {
  if (arguments.json) {
    boost::json::array all;
    for (const Option& option : script_options()) all.push_back(option_json(option));
    for (const Option& option : table_options()) all.push_back(option_json(option));
    fmt::print("{}\n", boost::json::serialize(all));
    return kExitDone;
  }
  fmt::print("Settings of a script (SET name = 'value', or --set name=value)\n\n");
  for (const Option& option : script_options()) print_option(option);
  fmt::print("\nOptions of tables (WITH (name = 'value'))\n\n");
  for (const Option& option : table_options()) print_option(option);
  return kExitDone;
}

}  // namespace weir
