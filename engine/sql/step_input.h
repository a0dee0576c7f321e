// The columns that a keyed step reads, collected one by one while its query is bound.
//
// Owned by whoever makes the step. `build` makes them the columns of a vertex: the relation's own
// one where that will do, else a project step before.
#pragma once

#include "engine/sql/relation.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class StepInput {
 public:
  // REQUIRES: `relation` outlives this.
  explicit StepInput(const Relation& relation) : relation_(relation) {}

  // The place of this expression over the relation's vertex; the same expression once.
  size_t add(const ExprPtr& expr, const std::string& name);
  // The same with the name that the relation or its vertex has for it, else `fallback`.
  size_t add_named(const ExprPtr& expr, const std::string& fallback);
  // What the expression reads: columns, of composite ones only the fields, and the arrival
  // watermark, which the rows that the step gives may not have any more. Columns from
  // `first_made` on are made by the step itself.
  void add_columns_of(const ExprPtr& expr, size_t first_made);

  // REQUIRES: the expression was added.
  size_t place(const Expr& expr) const;
  bool empty() const { return exprs_.empty(); }
  std::optional<size_t> find(const Expr& expr) const;
  // What the relation or its vertex calls it.
  std::string name_of(const Expr& expr, const std::string& fallback) const;

  struct Options {
    std::string id;  // Of the project step.
    // The step keeps or hands on its rows, so they must not be wider than needed.
    bool keeps_rows = false;
    // So many of the first columns must not have the names that a window adds.
    size_t keys = 0;
  };
  struct Built {
    VertexIndex vertex;
    std::vector<size_t> columns;  // By place: the column of the vertex.
  };
  Built build(GraphBuilder& graph, const Options& options) const;

  // An expression over the relation's vertex as one over the step's output, which begins with the
  // columns of its input; `made` are the columns that it makes itself. REQUIRES: what it reads was
  // added.
  ExprPtr above(const ExprPtr& expr, const Built& built, const std::vector<size_t>& made) const;

 private:
  bool is_vertex_itself(const Options& options) const;

  const Relation& relation_;
  std::vector<ExprPtr> exprs_;
  std::vector<std::string> names_;
};

// Refuses inputs of one step some of which are timed by events and others by processing_time().
Status check_one_time(const ScriptText& script, const GraphBuilder& graph,
                      const std::vector<VertexIndex>& inputs, size_t location);

// Edge, late rows and the relation that a step above `input` gives.
Relation add_keyed_step(GraphBuilder& graph, const std::string& id, VertexSpec spec,
                        VertexIndex input, const std::vector<size_t>& keys,
                        const RowPolicy& policy);

// Refuses rows that a step has to keep with composite columns in them. Errors are placed.
Status check_can_wait(const ScriptText& script, const Schema& rows, size_t location);

// Refuses a step that may have late rows where tables below disagree about them. Errors are placed.
Status check_late(const ScriptText& script, const RowPolicy& policy, size_t location);

}  // namespace weir
