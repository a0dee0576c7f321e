// GROUP BY, over an open window or over all rows: collects keys and aggregate calls while the
// select list is bound, then makes the steps.
//
// The order of use: add_key for each key, bind for HAVING and the select list, build. Expressions
// from bind() are over the output of the aggregate step: keys, window_start, window_end,
// window_time (where there is a window), aggregates.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"
#include "engine/sql/step_input.h"

#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class Aggregation {
 public:
  // REQUIRES: `scope` is over `input`; both outlive this.
  Aggregation(const ScriptText& script, const Catalog& catalog, const Scope& scope,
              const Relation& input);

  // A key over the input. `name` names its column. Errors are placed.
  Status add_key(const ExprPtr& key, const std::string& name, size_t location);

  // Whether the keys name a window, so that groups come to an end: any column of one that FROM
  // opens; start and end of one that the rows carry, as one alone may be that of several windows.
  // Without an open window they do not.
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
  Result<Relation> build_unbounded(GraphBuilder& graph, const std::string& owner);
  WindowAggregateSpec make_spec(const Relation& rows, StepInput& inputs) const;
  std::vector<size_t> add_keys(const Relation& rows, StepInput& inputs,
                               std::set<std::string>& taken) const;
  std::vector<AggregateCall> make_calls(StepInput& inputs, std::set<std::string>& taken) const;
  static void point_calls(std::vector<AggregateCall>& calls, const StepInput::Built& input);
  static SchemaPtr without_needless_nulls(const GraphBuilder& graph, VertexIndex vertex,
                                          const std::vector<AggregateCall>& calls,
                                          const Schema& input);
  // Without an open window no expression is a column of it.
  std::optional<WindowColumn> window_of(const Expr& expr) const;
  bool is_made() const;  // There is a window, and the rows do not carry it yet.
  size_t window_width() const { return input_.window ? std::size(kWindowColumns) : 0; }
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

// Where the value and the constant stand in the list of arguments.
struct AggregateArguments {
  size_t count = 1;
  size_t value = 0;
  size_t constant = 0;
};
AggregateArguments arguments_of(AggregateFunction function);
// Errors are placed: too few or too many arguments, one that must be a constant and is none.
Status check_count(const ScriptText& script, const Node& call, const std::string& name,
                   const AggregateArguments& places, size_t given);
Result<std::string> constant_parameter(const ScriptText& script, const Node& node,
                                       const Expr& constant, const std::string& name,
                                       const AggregateArguments& places);

// Whether an aggregate is called anywhere in the expression.
bool has_aggregate(const Node& node);

}  // namespace weir
