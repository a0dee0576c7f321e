// An expression of the parse tree to a typed tree over the columns of a scope.
//
// Holds references only; made for one clause, used by one thread, thrown away. Errors are placed.
#pragma once

#include "engine/expr/expr.h"
#include "engine/sql/catalog.h"
#include "engine/sql/scope.h"

#include <functional>
#include <string>
#include <vector>

namespace weir {

class ExpressionBinder {
 public:
  // Asked at every node first: an expression if it has one, a null pointer to let the binder go on.
  using Special = std::function<Result<ExprPtr>(const Node& node)>;

  // `where` names the clause for messages: "WHERE", "CHECK", "a generated column".
  ExpressionBinder(const ScriptText& script, const Catalog& catalog, const Scope& scope,
                   std::string where, Special special = nullptr);

  // May be untyped (build.h): quoted constants whose type the surroundings decide.
  Result<ExprPtr> bind(const Node& node);
  // The same, with a type of its own.
  Result<ExprPtr> bind_settled(const Node& node);
  // A condition: boolean.
  Result<ExprPtr> bind_condition(const Node& node);

 private:
  Result<ExprPtr> bind_plain(const Node& node);
  Result<ExprPtr> bind_constant(const Node& node);
  Result<ExprPtr> bind_cast(const Node& node);
  Result<ExprPtr> bind_indirection(const Node& node);
  Result<ExprPtr> bind_subscript(const Node& step, const ExprPtr& array, const Node& node);
  Result<ExprPtr> bind_operator(const Node& node);
  Result<ExprPtr> bind_simple_operator(const Node& node, const std::string& name);
  Result<ExprPtr> bind_between(const Node& node, bool negated);
  Result<ExprPtr> bind_in(const Node& node);
  Result<ExprPtr> bind_boolean(const Node& node);
  Result<ExprPtr> bind_boolean_test(const Node& node);
  Result<ExprPtr> bind_case(const Node& node);
  Result<ExprPtr> bind_function(const Node& node);
  Result<ExprPtr> bind_time_zone(const Node& node);
  Result<ExprPtr> bind_clock(const Node& node);
  Result<std::vector<ExprPtr>> bind_all(const std::vector<Node>& nodes);
  Result<std::vector<ExprPtr>> bind_conditions(const std::vector<Node>& nodes);

  // The result of build.h, which knows no places, with the place of `node`.
  template <typename T>
  Result<T> placed(const Node& node, Result<T> result) const {
    if (result.ok()) return result;
    return script_.refuse(node.location(), result.error().message);
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const Scope& scope_;
  const std::string where_;
  const Special special_;
  int depth_ = 0;
};

// "sum" of a call written sum(..), pg_catalog.sum(..) or "sum"(..); empty for other schemas.
std::string called_name(const Node& function_call);

// The negative integer whose sign and digits stand at `location`: the parse tree keeps only
// positive ones.
int64_t integer_at(const std::string& text, size_t location, int64_t positive);

}  // namespace weir
