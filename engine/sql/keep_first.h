// SELECT DISTINCT ON (key) .. ORDER BY key, time: the first row of each key, in order of time.
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
  size_t location = 0;
};

// The relation with `columns`, which are over the vertex of `input` too. `order` begins with the
// keys, in any order, and ends with the event-time column. Errors are placed.
// REQUIRES: no open window.
Result<Relation> keep_first(const ScriptText& script, GraphBuilder& graph, const Relation& input,
                            const std::vector<OrderKey>& keys, const std::vector<OrderKey>& order,
                            std::vector<RelationColumn> columns, const std::string& owner);

}  // namespace weir
