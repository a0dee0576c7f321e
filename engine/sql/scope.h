// The columns that an expression can name, each with what computes it.
#pragma once

#include "engine/expr/expr.h"
#include "engine/sql/ast.h"

#include <string>
#include <vector>

namespace weir {

struct ScopeColumn {
  std::string table;  // The alias it can be written with before the dot; empty: none.
  std::string name;
  ExprPtr expr;
  // A column that USING has merged with one of the other side: only its table and a dot name it.
  bool qualified_only = false;
};

class Scope {
 public:
  Scope() = default;
  explicit Scope(std::vector<ScopeColumn> columns) : columns_(std::move(columns)) {}
  // The columns of a schema by their names alone.
  explicit Scope(const Schema& schema);

  const std::vector<ScopeColumn>& columns() const { return columns_; }
  bool has_table(std::string_view table) const;

  // Whether the rows have an arrival watermark, for current_watermark().
  bool has_watermark() const { return has_watermark_; }
  void set_has_watermark(bool has) { has_watermark_ = has; }

  // What a ColumnRef without a star means. Errors are placed: unknown and ambiguous names, with the
  // nearest.
  Result<ExprPtr> find(const ScriptText& script, const Node& column_ref) const;

  // How many columns have this name, whatever their table.
  size_t count(std::string_view name) const;

 private:
  Error unknown(const ScriptText& script, const Node& ref,
                const std::vector<std::string>& names) const;

  std::vector<ScopeColumn> columns_;
  bool has_watermark_ = false;
};

}  // namespace weir
