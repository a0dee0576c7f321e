// FROM and WHERE of a query: tables, views, subqueries, functions that read them, and joins.
//
// Made for one query, thrown away behind it. Errors are placed.
#pragma once

#include "engine/sql/join_builder.h"
#include "engine/sql/query_binder.h"

#include <memory>
#include <string>
#include <vector>

namespace weir {

// What the rest of the query is over. WHERE has been applied.
struct From {
  Relation relation;
  Scope scope;
};

class FromClause {
 public:
  // REQUIRES: all outlive this.
  FromClause(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
             QueryBinder& queries, const QueryBinder::Names* names, const std::string& owner)
      : script_(script),
        catalog_(catalog),
        graph_(graph),
        queries_(queries),
        names_(names),
        owner_(owner) {}

  Result<From> bind(const Node& select);

 private:
  struct Item {
    Relation relation;
    std::string alias;  // Empty: none.
    Node as_of;         // Of as_of(.., time): the time; absent for all others.
  };

  Result<From> bind_one(const Node& item, const Node& where);
  Result<From> bind_joins(const std::vector<Node>& items, const Node& select);

  Result<Item> bind_item(const Node& node);
  Result<Item> bind_function(const Node& node);
  Error refuse_as_of(const Node& time) const;
  Status bind_as_of(JoinNode& join) const;
  Result<Relation> suppress(Relation input, const std::string& name, const Node& call);
  Result<std::vector<size_t>> suppress_keys(const Relation& input, const std::string& name,
                                            const std::vector<Node>& args) const;

  Result<std::unique_ptr<JoinNode>> read_tree(const Node& node);
  Result<std::unique_ptr<JoinNode>> read_leaf(const Node& node);
  Result<std::unique_ptr<JoinNode>> read_join(const Node& node);
  Status merge_columns(JoinNode& node, const std::vector<std::string>& names) const;
  Status add_conditions(const Node& node, const Scope& scope, const std::string& where,
                        std::vector<JoinCondition>& conditions) const;

  const ScriptText& script_;
  const Catalog& catalog_;
  GraphBuilder& graph_;
  QueryBinder& queries_;
  const QueryBinder::Names* names_;
  const std::string owner_;
  std::vector<JoinLeaf> leaves_;
  std::vector<Node> as_of_;  // By leaf
  size_t joint_columns_ = 0;
};

}  // namespace weir
