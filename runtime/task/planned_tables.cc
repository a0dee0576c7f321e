#include "runtime/task/planned_tables.h"

#include "operators/make_operator.h"
#include "runtime/task/declared_tables.h"
#include "runtime/task/split_directory.h"

#include <memory>
#include <utility>

namespace weir {

std::vector<DeclaredTable> planned_tables(const Plan& plan) {
  std::vector<DeclaredTable> tables;
  const SplitDirectory no_splits;
  for (const ChainPlan& chain : plan.chains) {
    TaskState state(plan.key_groups, key_group_range(plan.key_groups, 1, 0),
                    std::make_unique<MemoryResidency>());
    for (const StagePlan& stage : chain.stages) {
      const bool has_end = std::holds_alternative<SourceSpec>(stage.spec) ||
                           std::holds_alternative<SinkSpec>(stage.spec);
      if (!has_end) (void)make_operator(stage, state, no_splits);
    }
    const std::vector<DeclaredTable> more = declared_tables(chain, state);
    tables.insert(tables.end(), more.begin(), more.end());
  }
  return merged(std::move(tables));
}

}  // namespace weir
