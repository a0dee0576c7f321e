// The window functions of a SELECT: collects the calls while its list is bound, then makes the
// steps, one for each partition.
//
// The order of use: bind for every entry of the list, build. Expressions from bind() are over the
// relation's vertex and, behind its columns, the calls.
#pragma once

#include "engine/sql/over_window.h"
#include "engine/sql/step_input.h"
#include "engine/sql/window_provenance.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class OverCalls {
 public:
  // REQUIRES: `input` has no open window; `scope` is over it; both outlive this. `named` are the
  // entries of the WINDOW clause.
  OverCalls(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
            const Scope& scope, const Relation& input, std::vector<Node> named);

  // May be untyped. Errors are placed.
  Result<ExprPtr> bind(const Node& node);

  // Adds the steps. `columns` are from bind(), or of the input; the relation has them. Errors are
  // placed.
  Result<Relation> build(const std::string& owner, std::vector<RelationColumn> columns);

 private:
  // Columns of `spec` are places in the step input until the step is made.
  struct Call {
    OverCall spec;
    ExprPtr argument;
    ExprPtr filter;
    ExprPtr fallback;
    size_t step = 0;
  };
  // Calls of one partition and order.
  struct Step {
    OverWindow window;
    bool only_numbers = true;  // No other calls than row_number, rank and dense_rank,
    bool only_row_numbers = true;
    bool has_range = false;
    ExprPtr time;  // Null: goes by the log alone.
  };

  Result<ExprPtr> call(const Node& node);
  Result<Call> read_call(const Node& node, const std::string& name);
  Status read_aggregate(const Node& node, const std::string& name, Call& call);
  Status read_lag(const std::vector<Node>& args, Call& call);
  Result<ExprPtr> argument(const Node& node, const std::string& where);
  Status check_order(const OverWindow& window, bool numbers, bool is_row_number) const;
  Status check_appends(const OverWindow& window, VertexIndex below) const;
  Error refuse_order(const OverWindow& window) const;
  Result<size_t> find_step(const OverWindow& window, OverFunction function);
  bool goes_by_time(const OverWindow& window) const;
  bool parts_by_window(const OverWindow& window) const;
  bool numbers_windows(const Step& step) const;
  bool numbers_rows(const Step& step) const;  // As they stand at the moment.
  bool is_window_column(const Expr& expr) const;
  Result<ExprPtr> only_event_time(size_t location) const;
  std::vector<std::string> event_times() const;

  // The places of all that the steps read.
  Status add_inputs(StepInput& inputs);
  void add_life(StepInput& inputs) const;
  // Each adds one step above `below` and says where its calls are.
  VertexIndex add_over(size_t step, const std::string& id, const StepInput& inputs,
                       const StepInput::Built& input, VertexIndex below);
  VertexIndex add_rank(size_t step, const std::string& id, const StepInput& inputs,
                       const StepInput::Built& input, VertexIndex below);
  VertexIndex add_top(size_t step, const std::string& id, const StepInput& inputs,
                      const StepInput::Built& input, VertexIndex below);
  SchemaPtr without_needless_nulls(const StepInput::Built& input, VertexIndex vertex) const;

  const ScriptText& script_;
  const Catalog& catalog_;
  GraphBuilder& graph_;
  const Scope& scope_;
  const Relation& input_;
  const std::vector<Node> named_;
  const std::optional<OpenWindow> window_;  // That the rows carry.
  std::vector<Call> calls_;
  std::vector<Step> steps_;
  std::vector<size_t> places_;  // By call: its column of the last vertex.
};

// Whether a function is called with OVER anywhere in the expression.
bool has_over(const Node& node);

}  // namespace weir
