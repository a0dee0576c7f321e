#include "engine/sql/table_definition.h"

#include "engine/expr/nearest_name.h"
#include "engine/plan/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weir {
namespace {

// Names of the columns that an expression mentions, for the name of its constraint.
void collect_columns(const Node& node, std::set<std::string>& columns) {
  if (node.is("ColumnRef")) {
    const std::vector<std::string> names = node.names("fields");
    if (!names.empty()) columns.insert(names.back());
    return;
  }
  for (const Node& child : node.children()) collect_columns(child, columns);
}

class TableReader {
 public:
  TableReader(const ScriptText& script, const Catalog& catalog)
      : script_(script), catalog_(catalog) {}

  Result<TableDefinition> read(const Statement& statement) {
    TRY(check_form(statement));
    const Node range = statement.node.part("relation");
    table_.name = TRY(relation_name(script_, range));
    table_.location = range.location();
    for (const Node& element : statement.node.list("tableElts")) {
      if (element.is("ColumnDef")) {
        TRY(add_column(element));
      } else if (element.is("Constraint")) {
        TRY(add_constraint(element, nullptr));
      } else {
        return script_.refuse(element.location(), "LIKE is not available: write the columns out");
      }
    }
    if (table_.columns.empty()) {
      return script_.refuse(table_.location,
                            fmt::format("table \"{}\" has no columns", table_.name));
    }
    TRY(check_key());
    for (const Node& option : statement.node.list("options")) TRY(add_option(option));
    TRY(read_connector());
    return std::move(table_);
  }

 private:
  Status check_form(const Statement& statement) const {
    const Node& node = statement.node;
    if (node.part("relation").text("relpersistence") != "p") {
      return script_.refuse(statement.location,
                            "tables are not kept here: write CREATE TABLE, "
                            "without TEMPORARY or UNLOGGED");
    }
    if (node.flag("if_not_exists")) {
      return script_.refuse(
          statement.location,
          "nothing exists before the script: write CREATE TABLE, without IF NOT EXISTS");
    }
    if (!node.list("inhRelations").empty() || node.has("partspec") || node.has("ofTypename")) {
      return script_.refuse(
          statement.location,
          "a table is its columns and its options: INHERITS, OF and PARTITION are not available");
    }
    return {};
  }

  Status add_column(const Node& node) {
    ColumnDefinition column;
    column.name = node.text("colname");
    column.location = node.location();
    if (table_.find(column.name)) {
      return script_.refuse(column.location,
                            fmt::format("column \"{}\" is there twice", column.name));
    }
    if (node.has("collClause")) {
      return script_.refuse(column.location,
                            "collations are not available: text compares by its bytes");
    }
    column.type = TRY(catalog_.type_of(script_, node.part("typeName")));
    table_.columns.push_back(column);
    for (const Node& constraint : node.list("constraints")) {
      TRY(add_constraint(constraint, &table_.columns.back()));
    }
    return {};
  }

  // `column`: the one it stands behind; null for a constraint of the table.
  Status add_constraint(const Node& node, ColumnDefinition* column) {
    const std::string kind = node.text("contype");
    const size_t location = node.location();
    if (kind == "CONSTR_NULL") return {};
    if (kind == "CONSTR_NOTNULL" && column != nullptr) {
      column->not_null = true;
      return {};
    }
    if (kind == "CONSTR_GENERATED" && column != nullptr) {
      column->generated = node.child("raw_expr");
      return {};
    }
    if (kind == "CONSTR_CHECK") return add_check(node);
    if (kind == "CONSTR_PRIMARY") {
      if (!table_.primary_key.empty()) {
        return script_.refuse(location, "a table has one PRIMARY KEY");
      }
      table_.primary_key = column != nullptr ? std::vector{column->name} : node.names("keys");
      table_.primary_key_location = location;
      return {};
    }
    if (kind == "CONSTR_DEFAULT") {
      return script_.refuse(location,
                            "DEFAULT is not available: a missing value is NULL; write "
                            "coalesce(column, value) in the query");
    }
    return script_.refuse(location,
                          "this constraint is not available: a table can have NOT NULL, CHECK and "
                          "PRIMARY KEY");
  }

  Status add_check(const Node& node) {
    CheckDefinition check{.name = node.text("conname"),
                          .condition = node.child("raw_expr"),
                          .location = node.location()};
    const auto is_taken = [this](const std::string& name) {
      return std::any_of(table_.checks.begin(), table_.checks.end(),
                         [&](const CheckDefinition& other) { return other.name == name; });
    };
    if (check.name.empty()) {
      std::set<std::string> columns;
      collect_columns(check.condition, columns);
      const std::string base = columns.size() == 1
                                   ? fmt::format("{}_{}_check", table_.name, *columns.begin())
                                   : fmt::format("{}_check", table_.name);
      check.name = base;
      for (int n = 1; is_taken(check.name); ++n) check.name = fmt::format("{}{}", base, n);
    } else if (is_taken(check.name)) {
      return script_.refuse(check.location,
                            fmt::format("constraint \"{}\" is there twice", check.name));
    }
    table_.checks.push_back(std::move(check));
    return {};
  }

  Status check_key() const {
    std::set<std::string> seen;
    for (const std::string& name : table_.primary_key) {
      if (!table_.find(name)) {
        return script_.refuse(table_.primary_key_location,
                              fmt::format("column \"{}\" of the PRIMARY KEY does not exist{}", name,
                                          did_you_mean(name, table_.column_names())));
      }
      if (!seen.insert(name).second) {
        return script_.refuse(table_.primary_key_location,
                              fmt::format("column \"{}\" is twice in the PRIMARY KEY", name));
      }
    }
    return {};
  }

  Status add_option(const Node& node) {
    const std::string name = node.text("defname");
    const size_t location = node.location();
    if (node.has("defnamespace")) {
      return script_.refuse(location, fmt::format("dotted names are quoted: write \"{}.{}\"",
                                                  node.text("defnamespace"), name));
    }
    const Node value = node.child("arg");
    if (!value) {
      return script_.refuse(
          location, fmt::format("option \"{}\" needs a value: write {} = '...'", name, name));
    }
    std::string text;
    if (value.is("String")) {
      text = value.text("sval");
    } else if (value.is("Float")) {
      text = value.text("fval");
    } else if (value.is("Integer")) {
      text = integer_behind(location, value.number("ival"));
    } else {
      const std::vector<std::string> names = value.names("names");
      return script_.refuse(location,
                            fmt::format("the value of an option is quoted: write {} = '{}'", name,
                                        names.empty() ? "..." : names.back()));
    }
    const bool added = table_.options.emplace(name, OptionDefinition{text, location}).second;
    if (!added) {
      return script_.refuse(location, fmt::format("option \"{}\" is there twice", name));
    }
    return {};
  }

  // The parse tree leaves out negative integers: look for the sign between the option's name and
  // its digits.
  std::string integer_behind(size_t location, int64_t value) const {
    if (value > 0) return std::to_string(value);
    const std::string& text = script_.text();
    const size_t name_end = text[location] == '"' ? text.find('"', location + 1) : location;
    const size_t equals = text.find('=', name_end);
    const size_t digits = text.find_first_of("0123456789", equals);
    if (equals == std::string::npos || digits == std::string::npos) return "0";
    const size_t end = text.find_first_not_of("0123456789", digits);
    const bool negative = text.find('-', equals) < digits;
    return (negative ? "-" : "") +
           text.substr(digits, end == std::string::npos ? end : end - digits);
  }

  Status read_connector() {
    const auto found = table_.options.find("connector");
    if (found == table_.options.end()) {
      return script_.refuse(
          table_.location, fmt::format("table \"{}\" does not say what it stands for: add WITH "
                                       "(connector = '...'), one of kafka, file, generator, print, "
                                       "blackhole",
                                       table_.name));
    }
    const Result<const Option*> option = find_table_option("", "connector");
    CHECK(option.ok());
    const Status checked = check_option(*option.value(), found->second.value);
    if (!checked.ok()) return script_.refuse(found->second.location, checked.error().message);
    table_.connector = found->second.value;
    table_.options.erase(found);
    return {};
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  TableDefinition table_;
};

}  // namespace

Result<TableDefinition> read_table(const ScriptText& script, const Catalog& catalog,
                                   const Statement& statement) {
  return TableReader(script, catalog).read(statement);
}

}  // namespace weir
