// SELECT DISTINCT ON (key) .. ORDER BY key, order: the first row of each key. In order of event
// time it is final; in any other order it changes as rows come.
#pragma once

#include "engine/sql/step_input.h"

#include <string>
#include <vector>

namespace weir {

// An expression over the relation's vertex, from ON or ORDER BY.
struct OrderKey {
  ExprPtr expr;
  std::string name;
  bool descending = false;
  bool nulls_first = false;
  size_t location = 0;
};

// How ties are broken in an order that begins with `sort`.
Ties ties_of(const Relation& input, const Expr& sort, bool descending);

// The relation with `columns`, which are over the vertex of `input` too. `order` begins with the
// keys, in any order. Errors are placed.
// REQUIRES: no open window.
Result<Relation> keep_first(const ScriptText& script, GraphBuilder& graph, const Relation& input,
                            const std::vector<OrderKey>& keys, const std::vector<OrderKey>& order,
                            std::vector<RelationColumn> columns, const std::string& owner);

}  // namespace weir
