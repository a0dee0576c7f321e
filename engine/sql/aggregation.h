// GROUP BY over an open window: collects keys and aggregate calls while the select list is bound,
// then makes the steps.
//
// The order of use: add_key for each key, bind for HAVING and the select list, build. Expressions
// from bind() are over the output of the aggregate step: keys, window_start, window_end,
// window_time, aggregates.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"
#include "engine/sql/step_input.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class Aggregation {
 public:
  // REQUIRES: `input` has an open window; `scope` is over it; both outlive this.
  Aggregation(const ScriptText& script, const Catalog& catalog, const Scope& scope,
              const Relation& input);

  // A key over the input. `name` names its column. Errors are placed.
  Status add_key(const ExprPtr& key, const std::string& name, size_t location);

  // Whether the keys name a window, so that groups come to an end: any column of one that FROM
  // opens; start and end of one that the rows carry, as one alone may be that of several windows.
  bool has_window_key() const;

  // REQUIRES: all keys are added. May be untyped. Errors are placed.
  Result<ExprPtr> bind(const Node& node, const std::string& where);
  // The same for an expression over the input that is a key or a window column; `name` is for the
  // message.
  Result<ExprPtr> output_of(const ExprPtr& expr, const std::string& name, size_t location) const;

  // Adds the steps. The relation's columns are those of the aggregate step. Errors are placed.
  Result<Relation> build(GraphBuilder& graph, const std::string& owner);

 private:
  struct Key {
    ExprPtr expr;
    std::string name;
  };
  struct OrderKey {
    ExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
  };
  struct Call {
    AggregateFunction function;
    ExprPtr argument = nullptr;  // Null: count(*)
    ExprPtr filter = nullptr;    // Null: all rows
    bool distinct = false;
    std::string parameter = {};
    std::vector<OrderKey> order = {};
    Type type = {};
  };
  Result<ExprPtr> special(const Node& node, const std::string& where);
  Result<ExprPtr> aggregate(const Node& node);
  Status bind_arguments(const Node& node, Call& call);
  Status bind_order(const Node& node, Call& call);
  Result<ExprPtr> argument(const Node& node, const std::string& name);
  ExprPtr find_output(const Expr& expr) const;
  ExprPtr add_call(Call call);

  Relation rows_of_windows(GraphBuilder& graph, const std::string& id) const;
  WindowAggregateSpec make_spec(const Relation& rows, StepInput& inputs) const;
  static SchemaPtr without_needless_nulls(const GraphBuilder& graph, VertexIndex vertex,
                                          const Schema& input);
  std::string step_id(const std::string& owner) const;

  const ScriptText& script_;
  const Catalog& catalog_;
  const Scope& scope_;
  const Relation& input_;
  std::vector<Key> keys_;
  std::vector<Call> calls_;
  bool has_start_key_ = false;
  bool has_end_key_ = false;  // window_end or window_time
};

// The aggregates that can be run.
std::optional<AggregateFunction> aggregate_named(std::string_view name);

// Whether an aggregate is called anywhere in the expression.
bool has_aggregate(const Node& node);

}  // namespace weir
