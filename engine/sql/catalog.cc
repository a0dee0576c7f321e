#include "engine/sql/catalog.h"

#include "engine/expr/nearest_name.h"
#include "engine/sql/table_definition.h"

#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::string_view kPlainTypes[] = {
    "boolean", "int",  "bigint",    "double precision", "numeric", "text",
    "bytea",   "date", "timestamp", "timestamptz",      "interval"};

// What people write for a type that we have under another name.
std::string_view better_type(std::string_view name) {
  if (name == "varchar" || name == "bpchar" || name == "char" || name == "string") return "text";
  if (name == "int2" || name == "serial" || name == "tinyint") return "int";
  if (name == "bigserial" || name == "long" || name == "uint64") return "bigint";
  if (name == "float4" || name == "float" || name == "real") return "double precision";
  if (name == "decimal" || name == "money") return "numeric(12,2)";
  if (name == "datetime" || name == "timestamp_ltz" || name == "timetz" || name == "time")
    return "timestamptz";
  if (name == "bytes" || name == "binary" || name == "varbinary") return "bytea";
  if (name == "json" || name == "jsonb")
    return "text, or a composite type for what a job reads of it";
  return {};
}

}  // namespace

Result<std::string> relation_name(const ScriptText& script, const Node& range) {
  if (range.has("schemaname") || range.has("catalogname")) {
    return script.refuse(range.location(), fmt::format("tables have no schemas here: write {}",
                                                       range.text("relname")));
  }
  return range.text("relname");
}

std::optional<size_t> TableDefinition::find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return i;
  }
  return std::nullopt;
}

std::vector<std::string> TableDefinition::column_names() const {
  std::vector<std::string> names;
  for (const ColumnDefinition& column : columns) names.push_back(column.name);
  return names;
}

const TableDefinition* Catalog::table(const std::string& name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

const ViewDefinition* Catalog::view(const std::string& name) const {
  const auto found = views_.find(name);
  return found == views_.end() ? nullptr : &found->second;
}

std::vector<std::string> Catalog::relation_names() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  for (const auto& [name, view] : views_) names.push_back(name);
  return names;
}

Status Catalog::check_free(const ScriptText& script, const std::string& name,
                           size_t location) const {
  if (tables_.contains(name)) {
    return script.refuse(location, fmt::format("there is already a table \"{}\"", name));
  }
  if (views_.contains(name)) {
    return script.refuse(location, fmt::format("there is already a view \"{}\"", name));
  }
  return {};
}

Status Catalog::add_type(const ScriptText& script, const Statement& statement) {
  const Node name_part = statement.node.part("typevar");
  const std::string name = TRY(relation_name(script, name_part));
  const size_t location = name_part.location();
  const bool is_plain = type_named(name).ok();
  if (types_.contains(name) || is_plain) {
    return script.refuse(location, fmt::format("there is already a type \"{}\"", name));
  }
  auto description = std::make_shared<CompositeType>();
  description->name = name;
  for (const Node& column : statement.node.list("coldeflist")) {
    const std::string field = column.text("colname");
    for (const Field& other : description->fields) {
      if (other.name == field) {
        return script.refuse(column.location(), fmt::format("field \"{}\" is there twice", field));
      }
    }
    const Type type = TRY(type_of(script, column.part("typeName")));
    description->fields.push_back(
        {.name = field, .type = type, .nullable = true, .event_time = false});
  }
  if (description->fields.empty()) {
    return script.refuse(location, fmt::format("type \"{}\" has no fields", name));
  }
  types_.emplace(name, Type::composite(std::move(description)));
  return {};
}

Status Catalog::add_table(const ScriptText& script, const Statement& statement) {
  TableDefinition table = TRY(read_table(script, *this, statement));
  TRY(check_free(script, table.name, table.location));
  const std::string name = table.name;
  tables_.emplace(name, std::move(table));
  return {};
}

Status Catalog::add_view(const ScriptText& script, const Statement& statement) {
  const Node range = statement.node.part("view");
  ViewDefinition view;
  view.name = TRY(relation_name(script, range));
  view.location = range.location();
  view.query = statement.node.child("query");
  view.aliases = statement.node.names("aliases");
  if (range.text("relpersistence") != "p" || statement.node.flag("replace")) {
    return script.refuse(statement.location,
                         "write CREATE VIEW name AS SELECT ...: a script is "
                         "one job, its views last as long as it does");
  }
  if (!statement.node.list("options").empty() ||
      statement.node.text("withCheckOption") != "NO_CHECK_OPTION") {
    return script.refuse(statement.location, "a view takes no options");
  }
  TRY(check_free(script, view.name, view.location));
  const std::string name = view.name;
  views_.emplace(name, std::move(view));
  return {};
}

Result<Type> Catalog::type_of(const ScriptText& script, const Node& type_name) const {
  const size_t dimensions = type_name.list("arrayBounds").size();
  if (dimensions > 1) return script.refuse(type_name.location(), "arrays have one dimension here");
  const Type type = TRY(plain_type_of(script, type_name));
  if (dimensions == 0) return type;
  if (type.kind() != TypeKind::kComposite) return Type::array(type);
  return script.refuse(type_name.location(),
                       "arrays of a composite type are not available: take arrays of its fields");
}

Result<Type> Catalog::plain_type_of(const ScriptText& script, const Node& type_name) const {
  const size_t location = type_name.location();
  std::vector<std::string> names = type_name.names("names");
  if (names.size() == 2 && names[0] == "pg_catalog") names.erase(names.begin());
  if (names.size() != 1 || type_name.flag("setof") || type_name.flag("pct_type")) {
    return script.refuse(location, "a type is a single name here, such as bigint");
  }
  const std::string& name = names[0];
  if (const auto found = types_.find(name); found != types_.end()) return found->second;
  std::string text = name;
  std::string numbers;
  for (const Node& modifier : type_name.list("typmods")) {
    if (!numbers.empty()) numbers += ",";
    numbers += std::to_string(modifier.part("ival").number("ival"));
  }
  if (!numbers.empty() && name == "numeric") {
    text = numbers.find(',') == std::string::npos ? fmt::format("{}({},0)", name, numbers)
                                                  : fmt::format("{}({})", name, numbers);
  } else if (!numbers.empty() && type_named(name).ok() && name != "interval") {
    return script.refuse(location, fmt::format("{} takes no precision here, it always has "
                                               "microseconds: leave out ({})",
                                               name, numbers));
  }
  const Result<Type> type = type_named(text);
  if (type.ok()) return type;
  if (name == "numeric") return script.refuse(location, type.error().message);
  if (const std::string_view better = better_type(name); !better.empty()) {
    const std::string_view written = name == "float4" ? "real" : std::string_view(name);
    return script.refuse(location,
                         fmt::format("type \"{}\" is not available: use {}", written, better));
  }
  std::vector<std::string> known(std::begin(kPlainTypes), std::end(kPlainTypes));
  for (const auto& [composite, description] : types_) known.push_back(composite);
  const std::string hint = did_you_mean(name, known);
  return script.refuse(location, hint.empty()
                                     ? type.error().message
                                     : fmt::format("type \"{}\" does not exist{}", name, hint));
}

}  // namespace weir
