// What validate() says about one step and its input, and the words it says it with.
#pragma once

#include "engine/plan/job_graph.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// The judge of one step; its messages begin with the step's id. kUser errors.
class Judge {
 public:
  explicit Judge(const std::string& id) : id_(id) {}

  template <typename... Args>
  Error refuse(fmt::format_string<Args...> what, Args&&... args) const {
    return user_error(
        fmt::format("step \"{}\": {}", id_, fmt::format(what, std::forward<Args>(args)...)));
  }

  // The spec against the schema of its input (null for sources).
  Status step(const VertexSpec& spec, const SchemaPtr& input) const;

  // Whether rows can be told apart and hashed by the column; `role` names it in the message.
  Status tells_apart(size_t column, const Schema& schema, std::string_view role) const;
  // Whether they can also be grouped and ordered by it: equal arrays may have elements that differ.
  Status key(size_t column, const Schema& schema, std::string_view role) const;

  // The same columns by name and type. What is nullable or event time may differ.
  Status same_columns(const std::vector<Field>& own, const Schema& input,
                      std::string_view from) const;

 private:
  Status no_key(const Field& field, std::string_view role) const;
  Status has_column(size_t column, const Schema& schema, std::string_view role) const;
  Status distinct_names(const std::vector<std::string>& names) const;
  Status made_names(const VertexSpec& spec, const Schema& input) const;
  // Every column and field that the tree reads exists and has the type that the tree takes it for.
  Status fits(const ExprPtr& expr, const Schema& schema, std::string_view role) const;
  Status condition(const ExprPtr& expr, const Schema& schema, std::string_view role) const;
  Status no_watermark(const Expr& expr, std::string_view role) const;
  // Of steps that keep rows as they are.
  Status without_composites(const Schema& input) const;
  Status not_negative(int64_t micros, std::string_view name) const;
  Status event_time(size_t column, const Schema& input, std::string_view what) const;
  Status filter(const std::optional<size_t>& column, const std::string& of,
                const Schema& input) const;

  Status source(const SourceSpec& spec) const;
  Status source_names(const SourceSpec& spec, const Schema& table) const;
  Status metadata(const SourceSpec& spec) const;
  Status project(const ProjectSpec& spec, const Schema& input) const;
  Status window(const WindowAggregateSpec& spec, const Schema& input) const;
  Status window_times(const WindowSpec& window, const Schema& input) const;
  Status aggregate(const AggregateCall& call, const Schema& input) const;
  Status assign(const AssignWindowSpec& spec, const Schema& input) const;
  Status rank(const WindowRankSpec& spec, const Schema& input) const;
  Status over(const OverSpec& spec, const Schema& input) const;
  Status can_wait(const Schema& input) const;
  Status over_call(const OverCall& call, const Schema& input) const;
  Status suppress(const SuppressSpec& spec, const Schema& input) const;
  template <typename JoinSpec>
  Status join(const JoinSpec& spec) const;
  Status side(const JoinSide& side, std::string_view name) const;
  Status interval_join(const IntervalJoinSpec& spec) const;
  Status group(const GroupAggregateSpec& spec, const Schema& input) const;
  Status top(const TopSpec& spec, const Schema& input) const;
  Status equi_side(const EquiSide& side, std::string_view name) const;
  Status equi_join(const EquiJoinSpec& spec) const;
  Status same_keys(const EquiSide& left, const EquiSide& right) const;
  Status as_of_join(const AsOfJoinSpec& spec) const;
  Status fold(const FoldSpec& spec, const Schema& input) const;
  Status all(const UnionSpec& spec) const;
  Status sink(const SinkSpec& spec) const;

  const std::string& id_;
};

}  // namespace weir
