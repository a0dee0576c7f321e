#include "engine/sql/scope.h"

#include "engine/expr/build.h"
#include "engine/expr/nearest_name.h"
#include "engine/sql/catalog.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

Scope::Scope(const Schema& schema) {
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    columns_.push_back({.table = "",
                        .name = schema.fields[i].name,
                        .expr = make_column(i, schema.fields[i].type)});
  }
}

bool Scope::has_table(std::string_view table) const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [&](const ScopeColumn& column) { return column.table == table; });
}

size_t Scope::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(columns_.begin(), columns_.end(),
                    [&](const ScopeColumn& column) { return column.name == name; }));
}

Result<ExprPtr> Scope::find(const ScriptText& script, const Node& column_ref) const {
  const std::vector<std::string> names = column_ref.names("fields");
  if (names.size() > 2) {
    const std::string& before = names[names.size() - 2];
    if (has_table(before)) {
      return script.refuse(
          column_ref.location(),
          fmt::format("tables have no schemas here: write {}.{}", before, names.back()));
    }
    return script.refuse(column_ref.location(),
                         fmt::format("tables have no schemas here: to read a field write ({}).{}",
                                     before, names.back()));
  }
  const ScopeColumn* found = nullptr;
  for (const ScopeColumn& column : columns_) {
    if (column.name != names.back() || (names.size() == 2 && column.table != names[0])) continue;
    if (column.qualified_only && names.size() == 1) continue;
    if (found != nullptr) {
      return script.refuse(column_ref.location(),
                           fmt::format("column reference \"{}\" is ambiguous", names.back()));
    }
    found = &column;
  }
  if (found == nullptr) return unknown(script, column_ref, names);
  CHECK(found->expr != nullptr);
  return found->expr;
}

Error Scope::unknown(const ScriptText& script, const Node& ref,
                     const std::vector<std::string>& names) const {
  std::vector<std::string> columns;
  std::vector<std::string> tables;
  for (const ScopeColumn& column : columns_) {
    if (names.size() == 1 || column.table == names[0]) columns.push_back(column.name);
    if (!column.table.empty()) tables.push_back(column.table);
  }
  if (names.size() == 2 && !has_table(names[0])) {
    if (count(names[0]) > 0) {
      return script.refuse(ref.location(),
                           fmt::format("to read a field write ({}).{}", names[0], names[1]));
    }
    return script.refuse(ref.location(), fmt::format("table \"{}\" is not in FROM{}", names[0],
                                                     did_you_mean(names[0], tables)));
  }
  if (names.size() == 1 && has_table(names[0])) {
    return script.refuse(
        ref.location(),
        fmt::format("\"{}\" is a table: write {}.* or the columns you need", names[0], names[0]));
  }
  std::string hint = did_you_mean(names.back(), columns);
  const bool is_quoted = script.text().compare(ref.location(), 1, "\"") == 0;
  if (hint.empty() && names.size() == 1 && is_quoted) {
    hint = fmt::format("; a text is written in single quotes: '{}'", names[0]);
  }
  return script.refuse(ref.location(),
                       fmt::format("column \"{}\" does not exist{}", names.back(), hint));
}

}  // namespace weir
