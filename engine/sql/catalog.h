// What the CREATE statements of a script define: types, tables and views by name.
//
// Filled once, statement by statement, then only read; every later step resolves names here.
// Definitions keep views into the parse tree, so the ParsedScript must outlive the catalog.
#pragma once

#include "engine/data/type.h"
#include "engine/sql/ast.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct ColumnDefinition {
  std::string name;
  Type type;
  bool not_null = false;
  Node generated;  // The expression of a generated column; absent for a plain one.
  size_t location = 0;
};

struct CheckDefinition {
  std::string name;  // Given by CONSTRAINT, or made as PostgreSQL makes it.
  Node condition;
  size_t location = 0;
};

struct OptionDefinition {
  std::string value;
  size_t location = 0;  // Of the option's name.
};

struct TableDefinition {
  std::string name;
  std::vector<ColumnDefinition> columns;
  std::vector<CheckDefinition> checks;
  std::vector<std::string> primary_key;
  size_t primary_key_location = 0;
  std::map<std::string, OptionDefinition> options;
  std::string connector;
  size_t location = 0;  // Of its name.

  std::optional<size_t> find(std::string_view column) const;
  std::vector<std::string> column_names() const;
};

struct ViewDefinition {
  std::string name;
  std::vector<std::string> aliases;  // Of its columns; may be fewer than there are.
  Node query;
  size_t location = 0;
};

class Catalog {
 public:
  // CREATE TYPE, TABLE and VIEW. Errors are placed.
  Status add_type(const ScriptText& script, const Statement& statement);
  Status add_table(const ScriptText& script, const Statement& statement);
  Status add_view(const ScriptText& script, const Statement& statement);

  // The type that a TypeName node means. Errors are placed.
  Result<Type> type_of(const ScriptText& script, const Node& type_name) const;

  // Null pointers where there is none.
  const TableDefinition* table(const std::string& name) const;
  const ViewDefinition* view(const std::string& name) const;

  const std::map<std::string, TableDefinition>& tables() const { return tables_; }
  const std::map<std::string, ViewDefinition>& views() const { return views_; }
  std::vector<std::string> relation_names() const;  // Tables and views.

 private:
  Result<Type> plain_type_of(const ScriptText& script, const Node& type_name) const;
  Status check_free(const ScriptText& script, const std::string& name, size_t location) const;

  std::map<std::string, Type> types_;
  std::map<std::string, TableDefinition> tables_;
  std::map<std::string, ViewDefinition> views_;
};

// The single name in a RangeVar; names with a schema before them are refused.
Result<std::string> relation_name(const ScriptText& script, const Node& range);

}  // namespace weir
