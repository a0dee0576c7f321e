#include "engine/sql/source_table.h"

#include "engine/expr/build.h"
#include "engine/expr/nearest_name.h"
#include "engine/sql/expression_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Options that become fields of the spec or edges of the graph; all others are the connector's.
constexpr std::string_view kOwnOptions[] = {
    "event_time", "watermark_delay", "idle_timeout", "when_quiet",
    "max_future", "on_error",        "dead_letters", "late"};

class SourceReader {
 public:
  SourceReader(const ScriptText& script, const Catalog& catalog, const TableDefinition& table)
      : script_(script), catalog_(catalog), table_(table) {}

  Result<SourceTable> read() {
    SourceSpec& spec = result_.spec;
    spec.table = table_.name;
    spec.connector = table_.connector;
    TRY(check_table_options(script_, table_, true));
    TRY(check_required_options(script_, table_, true));
    TRY(check_no_key());
    TRY(read_columns());
    TRY(read_checks());
    TRY(read_event_time());
    TRY(read_times());
    TRY(read_policy());
    for (const auto& [name, option] : table_.options) {
      const bool own =
          std::find(std::begin(kOwnOptions), std::end(kOwnOptions), name) != std::end(kOwnOptions);
      if (!own) spec.options.emplace(name, option.value);
    }
    return std::move(result_);
  }

 private:
  // The option's value, or what holds where it is not given; empty for neither.
  std::string option(std::string_view name) const {
    const auto found = table_.options.find(std::string(name));
    if (found != table_.options.end()) return found->second.value;
    const Result<const Option*> known = find_table_option(table_.connector, name);
    return known.ok() ? std::string((*known)->fallback) : "";
  }
  bool has_option(const std::string& name) const { return table_.options.contains(name); }
  Error refuse_option(const std::string& name, std::string message) const {
    const auto found = table_.options.find(name);
    return script_.refuse(found == table_.options.end() ? table_.location : found->second.location,
                          std::move(message));
  }

  Status check_no_key() const {
    if (table_.primary_key.empty()) return {};
    return script_.refuse(table_.primary_key_location,
                          fmt::format("table \"{}\" is read, and a source cannot promise unique "
                                      "keys: leave out PRIMARY KEY, or "
                                      "write NOT NULL behind its columns",
                                      table_.name));
  }

  Status read_columns() {
    SourceSpec& spec = result_.spec;
    std::vector<ScopeColumn> payload;
    for (const ColumnDefinition& column : table_.columns) {
      if (column.not_null) spec.not_null.push_back(column.name);
      if (column.generated) continue;
      payload.push_back({.table = table_.name,
                         .name = column.name,
                         .expr = make_column(spec.payload.size(), column.type)});
      spec.payload.push_back(
          {.name = column.name, .type = column.type, .nullable = true, .event_time = false});
    }
    const Scope scope(payload);
    size_t next = 0;
    for (const ColumnDefinition& column : table_.columns) {
      ExprPtr expr;
      if (column.generated) {
        expr = TRY(generated(column, scope));
      } else {
        expr = payload[next++].expr;
      }
      spec.columns.push_back({.name = column.name, .expr = std::move(expr)});
    }
    return {};
  }

  Result<ExprPtr> generated(const ColumnDefinition& column, const Scope& scope) {
    ExpressionBinder binder(script_, catalog_, scope, "a generated column",
                            [this](const Node& node) { return metadata(node); });
    const ExprPtr value = TRY(binder.bind(column.generated));
    const Result<ExprPtr> cast = make_cast(value, column.type, CastKind::kAssignment);
    if (cast.ok()) return cast;
    return script_.refuse(column.generated.location(),
                          fmt::format("column \"{}\" has type {}, but its expression has type {}",
                                      column.name, to_text(column.type), to_text(value->type)));
  }

  // record_partition() and its kin: further inputs behind the payload. A null pointer for every
  // other node.
  Result<ExprPtr> metadata(const Node& node) {
    if (!node.is("FuncCall")) return ExprPtr();
    MetadataSpec wanted{.function = called_name(node), .header = ""};
    if (!wanted.function.starts_with("record_")) return ExprPtr();
    static constexpr std::string_view kNames[] = {"record_partition", "record_offset",
                                                  "record_time",      "record_key",
                                                  "record_header",    "record_source"};
    if (std::find(std::begin(kNames), std::end(kNames), wanted.function) == std::end(kNames)) {
      const std::vector<std::string> known(std::begin(kNames), std::end(kNames));
      return script_.refuse(node.location(),
                            fmt::format("function {}() does not exist{}", wanted.function,
                                        did_you_mean(wanted.function, known)));
    }
    const std::vector<Node> args = node.list("args");
    const bool has_name = args.size() == 1 && args[0].is("A_Const") && args[0].has("sval");
    if (wanted.function == "record_header") {
      if (!has_name)
        return script_.refuse(node.location(),
                              "write record_header('name'), with the name in quotes");
      wanted.header = args[0].part("sval").text("sval");
    } else if (!args.empty()) {
      return script_.refuse(node.location(),
                            fmt::format("{}() takes no arguments", wanted.function));
    }
    SourceSpec& spec = result_.spec;
    const auto found = std::find(spec.metadata.begin(), spec.metadata.end(), wanted);
    const size_t index = static_cast<size_t>(found - spec.metadata.begin());
    if (found == spec.metadata.end()) spec.metadata.push_back(wanted);
    const SchemaPtr record = record_schema(spec);
    const size_t column = spec.payload.size() + index;
    return make_column(column, record->fields[column].type);
  }

  Status read_checks() {
    SourceSpec& spec = result_.spec;
    std::vector<ScopeColumn> columns;
    for (size_t i = 0; i < table_.columns.size(); ++i) {
      columns.push_back({.table = table_.name,
                         .name = table_.columns[i].name,
                         .expr = make_column(i, table_.columns[i].type)});
    }
    const Scope scope(std::move(columns));
    for (const CheckDefinition& check : table_.checks) {
      ExpressionBinder binder(script_, catalog_, scope, "CHECK");
      ExprPtr condition = TRY(binder.bind_condition(check.condition));
      spec.constraints.push_back({.name = check.name, .condition = std::move(condition)});
    }
    return {};
  }

  Status read_event_time() {
    SourceSpec& spec = result_.spec;
    spec.event_time = option("event_time");
    if (spec.event_time.empty()) {
      for (const std::string name :
           {"watermark_delay", "idle_timeout", "when_quiet", "max_future", "late"}) {
        if (has_option(name) && option(name) != "none") {
          return refuse_option(
              name,
              fmt::format("option \"{}\" needs an event time: add event_time = 'column'", name));
        }
      }
      return {};
    }
    const std::optional<size_t> column = table_.find(spec.event_time);
    if (!column) {
      return refuse_option(
          "event_time", fmt::format("column \"{}\" of event_time does not exist{}", spec.event_time,
                                    did_you_mean(spec.event_time, table_.column_names())));
    }
    const Type& type = table_.columns[*column].type;
    if (!type.is_time()) {
      return refuse_option(
          "event_time",
          fmt::format("column \"{}\" has type {}: event time is timestamptz or timestamp",
                      spec.event_time, to_text(type)));
    }
    return {};
  }

  Status read_times() {
    SourceSpec& spec = result_.spec;
    if (spec.event_time.empty()) return {};
    const Result<int64_t> delay = parse_micros(option("watermark_delay"));
    if (!delay.ok()) return refuse_option("watermark_delay", delay.error().message);
    spec.watermark_delay = *delay;
    const Result<std::optional<int64_t>> idle = parse_micros_or_none(option("idle_timeout"));
    if (!idle.ok()) return refuse_option("idle_timeout", idle.error().message);
    spec.idle_timeout = *idle;
    const Result<std::optional<int64_t>> future = parse_micros_or_none(option("max_future"));
    if (!future.ok()) return refuse_option("max_future", future.error().message);
    spec.max_future = *future;
    spec.when_quiet = option("when_quiet") == "advance" ? WhenQuiet::kAdvance : WhenQuiet::kHold;
    if (spec.idle_timeout.value_or(1) <= 0) {
      return refuse_option("idle_timeout", "idle_timeout must be above 0, or 'none'");
    }
    if (spec.when_quiet == WhenQuiet::kAdvance && !spec.idle_timeout.has_value()) {
      return refuse_option("when_quiet",
                           "when_quiet = 'advance' needs to know when a split is quiet: add "
                           "idle_timeout = '30 seconds'");
    }
    return {};
  }

  Status read_policy() {
    const std::string on_error = option("on_error");
    const std::string dead_letters = option("dead_letters");
    OnError policy = OnError::kFail;
    if (on_error == "skip") policy = OnError::kSkip;
    if (on_error == "dead_letter") policy = OnError::kDeadLetter;
    if (policy == OnError::kDeadLetter && dead_letters.empty()) {
      return refuse_option(
          "on_error",
          "on_error = 'dead_letter' needs a table to write to: add dead_letters = 'table'");
    }
    if (policy != OnError::kDeadLetter && !dead_letters.empty()) {
      return refuse_option("dead_letters",
                           "dead_letters is used with on_error = 'dead_letter' only: add it");
    }
    result_.spec.on_error = policy;
    result_.policy.on_error = policy;
    result_.policy.dead_letters = dead_letters;
    const std::string late = option("late");
    result_.policy.late = late == "drop" ? "" : late;
    for (const auto& [name, table] :
         {std::pair<std::string, std::string>("dead_letters", dead_letters),
          std::pair<std::string, std::string>("late", result_.policy.late)}) {
      if (table.empty() || catalog_.table(table) != nullptr) continue;
      return refuse_option(name, fmt::format("table \"{}\" of {} does not exist{}", table, name,
                                             did_you_mean(table, catalog_.relation_names())));
    }
    return {};
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const TableDefinition& table_;
  SourceTable result_;
};

}  // namespace

Result<SourceTable> source_table(const ScriptText& script, const Catalog& catalog,
                                 const TableDefinition& table) {
  return SourceReader(script, catalog, table).read();
}

Status check_table_options(const ScriptText& script, const TableDefinition& table, bool is_source) {
  for (const auto& [name, given] : table.options) {
    const Result<const Option*> option = find_table_option(table.connector, name);
    if (!option.ok()) return script.refuse(given.location, option.error().message);
    const OptionScope scope = (*option)->scope;
    if (is_source && scope == OptionScope::kSink) {
      return script.refuse(
          given.location,
          fmt::format("option \"{}\" is for tables that are written; \"{}\" is read", name,
                      table.name));
    }
    if (!is_source && scope == OptionScope::kSource) {
      return script.refuse(
          given.location,
          fmt::format("option \"{}\" is for tables that are read; \"{}\" is written", name,
                      table.name));
    }
    const Status checked = check_option(**option, given.value);
    if (!checked.ok()) return script.refuse(given.location, checked.error().message);
  }
  return {};
}

Status check_required_options(const ScriptText& script, const TableDefinition& table,
                              bool is_source) {
  std::vector<std::string> needed;
  if (table.connector == "kafka") needed = {"brokers", "topic"};
  if (table.connector == "file") needed = {"path"};
  if (table.connector == "generator") needed = {"dataset"};
  if (is_source && (table.connector == "print" || table.connector == "blackhole")) {
    return script.refuse(table.location,
                         fmt::format("table \"{}\" is read, but connector '{}' can only be written",
                                     table.name, table.connector));
  }
  if (!is_source && table.connector == "generator") {
    return script.refuse(
        table.location,
        fmt::format("table \"{}\" is written, but connector 'generator' can only be read",
                    table.name));
  }
  for (const std::string& name : needed) {
    if (table.options.contains(name)) continue;
    return script.refuse(table.location,
                         fmt::format("table \"{}\" of connector '{}' needs the option {} = '...'",
                                     table.name, table.connector, name));
  }
  return {};
}

}  // namespace weir
