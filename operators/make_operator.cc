#include "operators/make_operator.h"

#include "engine/base/match.h"
#include "operators/as_of_join.h"
#include "operators/assign_window.h"
#include "operators/equi_join.h"
#include "operators/fold.h"
#include "operators/group_aggregate.h"
#include "operators/interval_join.h"
#include "operators/over.h"
#include "operators/pass_through.h"
#include "operators/processing_time.h"
#include "operators/project.h"
#include "operators/session_aggregate.h"
#include "operators/suppress.h"
#include "operators/top.h"
#include "operators/window_aggregate.h"
#include "operators/window_join.h"
#include "operators/window_rank.h"

namespace weir {

std::unique_ptr<Operator> make_operator(const StagePlan& stage, TaskState& state,
                                        const SplitNames& names) {
  using Made = std::unique_ptr<Operator>;
  const OutputPlan& rows = stage.outputs[0];
  return std::visit(
      Match{
          [](const SourceSpec&) -> Made { unreachable(); },
          [&](const ProjectSpec& spec) -> Made {
            return std::make_unique<Project>(spec, stage.id, rows.schema, rows.needed, names);
          },
          [&](const WindowAggregateSpec& spec) -> Made {
            if (spec.window.kind == WindowKind::kSession) {
              return std::make_unique<SessionAggregate>(spec, stage.id, stage.input, rows.schema,
                                                        state, names);
            }
            return std::make_unique<WindowAggregate>(spec, stage.id, stage.input, rows.schema,
                                                     stage.first, state, names);
          },
          [&](const AssignWindowSpec& spec) -> Made {
            return std::make_unique<AssignWindow>(spec, stage.id, rows.schema, rows.needed, names);
          },
          [&](const ProcessingTimeSpec&) -> Made {
            return std::make_unique<ProcessingTime>(stage.id, rows.schema, rows.needed, state);
          },
          [&](const WindowRankSpec& spec) -> Made {
            return std::make_unique<WindowRank>(spec, stage.id, stage.input, rows.schema,
                                                rows.needed, state, names);
          },
          [&](const OverSpec& spec) -> Made {
            return std::make_unique<Over>(spec, stage, state, names);
          },
          [&](const SuppressSpec& spec) -> Made {
            return std::make_unique<Suppress>(spec, stage, state, names);
          },
          [&](const IntervalJoinSpec& spec) -> Made {
            return std::make_unique<IntervalJoin>(spec, stage.id, rows.schema, rows.needed, state,
                                                  names);
          },
          [&](const WindowJoinSpec& spec) -> Made {
            return std::make_unique<WindowJoin>(spec, stage.id, rows.schema, rows.needed, state,
                                                names);
          },
          [&](const GroupAggregateSpec& spec) -> Made {
            return std::make_unique<GroupAggregate>(spec, stage, state);
          },
          [&](const TopSpec& spec) -> Made { return std::make_unique<Top>(spec, stage, state); },
          [&](const EquiJoinSpec& spec) -> Made {
            return std::make_unique<EquiJoin>(spec, stage, state, names);
          },
          [&](const AsOfJoinSpec& spec) -> Made {
            return std::make_unique<AsOfJoin>(spec, stage, state, names);
          },
          [&](const FoldSpec& spec) -> Made { return std::make_unique<Fold>(spec, stage, state); },
          [&](const UnionSpec&) -> Made { return std::make_unique<PassThrough>(rows.schema); },
          [](const SinkSpec&) -> Made { unreachable(); }},
      stage.spec);
}

}  // namespace weir
