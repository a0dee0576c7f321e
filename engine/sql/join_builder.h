// A tree of joins to steps: each join becomes one step over two inputs, with conditions on one side
// alone pushed below it.
//
// Owned by the binding of one FROM clause.
#pragma once

#include "engine/sql/join_condition.h"
#include "engine/sql/scope.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace weir {

// A table, view or subquery of FROM.
struct JoinLeaf {
  Relation relation;  // Without an open window.
  std::string alias;  // Empty: none.
  size_t begin = 0;   // Its first joint column.
};

struct JoinNode {
  size_t leaf = 0;  // Which one, where there is no left and right.
  JoinType type = JoinType::kInner;
  std::unique_ptr<JoinNode> left;
  std::unique_ptr<JoinNode> right;
  std::vector<JoinCondition> on;  // Of ON and USING, over joint columns.
  size_t begin = 0;               // Joint columns below it.
  size_t end = 0;
  std::vector<ScopeColumn> visible;  // What can be named above it, over joint columns.
  size_t location = 0;
  // Where the right side is as_of(.., time): that time, over joint columns.
  ExprPtr as_of = nullptr;
  size_t as_of_location = 0;
};

// The columns that a query may name: by name alone, as the query is not bound yet.
struct MentionedColumns {
  std::set<std::string> names;
  std::set<std::string> stars;  // Tables of t.*
  bool all = false;             // *

  static MentionedColumns in(const Node& select);
  bool has(const std::string& table, const std::string& name) const;
};

class JoinBuilder {
 public:
  // Rows of a part of FROM. `columns` by joint column, over the relation's vertex; null for those
  // of other parts and those that nobody needs.
  struct Part {
    Relation relation;
    std::vector<ExprPtr> columns;
  };
  // A condition of WHERE, or of an inner join's ON, on its way down.
  struct Pending {
    JoinCondition condition;
    bool is_used = false;
  };

  JoinBuilder(const ScriptText& script, GraphBuilder& graph, const std::string& owner,
              const std::vector<JoinLeaf>& leaves, MentionedColumns mentioned);

  // Adds the steps. `where` is applied as far down as it can be. Errors are placed.
  Result<Part> build(const JoinNode& root, const std::vector<JoinCondition>& where);

 private:
  using PendingList = std::vector<std::shared_ptr<Pending>>;
  // One input of a join in the making.
  struct Side {
    Relation relation;
    std::vector<std::optional<size_t>> places;  // By joint column.
    std::string id;
    JoinSide spec;
  };

  Result<Part> build_node(const JoinNode& node, const PendingList& pending);
  Part build_leaf(const JoinNode& node);
  Result<Part> build_join(const JoinNode& node, const PendingList& pending);
  Result<Part> add_join(const JoinNode& node, const Part& left, const Part& right,
                        const JoinShape& shape, const SideFacts& left_facts,
                        const SideFacts& right_facts);
  Result<JoinShape> as_of_shape(const JoinNode& node, const Part& left, SideFacts left_facts,
                                SideFacts right_facts,
                                const std::vector<JoinCondition>& conditions) const;
  Error refuse_shape(const JoinNode& node, const JoinShape& shape) const;

  SideFacts facts_of(const Part& part, const JoinNode& node) const;
  Side make_side(const Part& part, const JoinNode& node, std::set<std::string>& taken) const;
  static size_t add_column(Side& side, const ExprPtr& expr, const std::string& name,
                           std::set<std::string>& taken);
  std::vector<ExprPtr> output_columns(const Side& left, const Side& right) const;
  VertexIndex finish_side(Side& side);
  static void add_life(Side& side, const Part& part, const SideFacts& facts,
                       std::set<std::string>& taken);
  const JoinLeaf& leaf_of(size_t joint) const;

  const ScriptText& script_;
  GraphBuilder& graph_;
  const std::string owner_;
  const std::vector<JoinLeaf>& leaves_;
  const MentionedColumns mentioned_;
  size_t joint_columns_ = 0;
};

}  // namespace weir
