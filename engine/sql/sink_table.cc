#include "engine/sql/sink_table.h"

#include "engine/expr/nearest_name.h"
#include "engine/sql/source_table.h"

#include <fmt/format.h>

namespace weir {
namespace {

Status check_columns(const ScriptText& script, const TableDefinition& table) {
  for (const ColumnDefinition& column : table.columns) {
    if (!column.generated) continue;
    return script.refuse(
        column.location,
        fmt::format("table \"{}\" is written: column \"{}\" takes its value from the INSERT, "
                    "so leave out GENERATED and compute it there",
                    table.name, column.name));
  }
  if (!table.checks.empty()) {
    return script.refuse(
        table.checks[0].location,
        fmt::format("table \"{}\" is written, and CHECK judges what is read: put the "
                    "condition into the WHERE of the query",
                    table.name));
  }
  return {};
}

// The value of an option, and where it stands; the table's own place if it is not given.
OptionDefinition option_of(const TableDefinition& table, const std::string& name) {
  const auto found = table.options.find(name);
  if (found != table.options.end()) return found->second;
  return {.value = "", .location = table.location};
}

Delivery delivery_of(const TableDefinition& table) {
  const OptionDefinition option = option_of(table, "delivery");
  return option.value == "at_least_once" ? Delivery::kAtLeastOnce : Delivery::kExactlyOnce;
}

Result<Envelope> envelope_of(const ScriptText& script, const TableDefinition& table) {
  const OptionDefinition option = option_of(table, "envelope");
  if (option.value == "plain") return Envelope::kPlain;
  if (option.value == "op") return Envelope::kOp;
  if (option.value == "upsert" && table.primary_key.empty()) {
    return script.refuse(
        option.location,
        fmt::format("envelope = 'upsert' needs a key: give table \"{}\" a PRIMARY KEY",
                    table.name));
  }
  return table.primary_key.empty() ? Envelope::kPlain : Envelope::kUpsert;
}

// The columns named by the option `key`.
Status check_key(const ScriptText& script, const TableDefinition& table) {
  const OptionDefinition option = option_of(table, "key");
  std::string_view rest = option.value;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!table.find(name)) {
      return script.refuse(option.location,
                           fmt::format("column \"{}\" of key does not exist{}", name,
                                       did_you_mean(name, table.column_names())));
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return {};
}

// "(raw bytea, source text, ...)", ready to be pasted.
std::string columns_text(const Schema& schema) {
  std::string text;
  for (const Field& field : schema.fields) {
    if (!text.empty()) text += ", ";
    std::string type = to_text(field.type);
    if (type == "timestamp with time zone") type = "timestamptz";
    text += fmt::format("{} {}", field.name == "row" ? "\"row\"" : field.name, type);
  }
  return fmt::format("({})", text);
}

}  // namespace

Result<SinkSpec> sink_table(const ScriptText& script, const TableDefinition& table) {
  TRY(check_required_options(script, table, false));
  TRY(check_table_options(script, table, false));
  TRY(check_columns(script, table));
  TRY(check_key(script, table));
  SinkSpec spec;
  spec.table = table.name;
  spec.connector = table.connector;
  spec.primary_key = table.primary_key;
  for (const ColumnDefinition& column : table.columns) {
    spec.columns.push_back({.name = column.name,
                            .type = column.type,
                            .nullable = !column.not_null,
                            .event_time = false});
  }
  spec.delivery = delivery_of(table);
  spec.envelope = TRY(envelope_of(script, table));
  for (const auto& [name, option] : table.options) {
    if (name != "delivery" && name != "envelope") spec.options.emplace(name, option.value);
  }
  return spec;
}

Status check_side_table(const ScriptText& script, const TableDefinition& table,
                        const std::string& option, const Schema& schema) {
  bool same = table.columns.size() == schema.fields.size();
  for (size_t i = 0; same && i < schema.fields.size(); ++i) {
    same = table.columns[i].name == schema.fields[i].name &&
           table.columns[i].type == schema.fields[i].type;
  }
  if (same) return {};
  return script.refuse(
      table.location,
      fmt::format("table \"{}\" is the {} of another one, so its columns must be {}", table.name,
                  option == "late" ? "table of late rows" : "table of dead letters",
                  columns_text(schema)));
}

SinkSpec standard_output(const std::string& name, const Schema& schema) {
  SinkSpec spec;
  spec.table = name;
  spec.connector = "print";
  for (Field field : schema.fields) {
    field.event_time = false;
    spec.columns.push_back(std::move(field));
  }
  return spec;
}

}  // namespace weir
