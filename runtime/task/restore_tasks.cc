// How a job goes on from a checkpoint: the part of JobTasks that reads it.
#include "runtime/task/job_tasks.h"
#include "runtime/task/recovery.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// "step.table" -> "step", where the step's name may have dots too.
std::string step_of(const std::string& table) { return table.substr(0, table.rfind('.')); }

// The first phase of an aggregation holds nothing at a barrier, and is not in every plan of a
// graph.
bool is_partial(const std::string& table) {
  return table.find(std::string(kPartialSuffix) + ".") != std::string::npos;
}

}  // namespace

Status JobTasks::restore(const Manifest& from, const ReadObject& read) {
  TRY(check_tables(from));
  std::map<std::string, int64_t> watermarks;
  for (const TaskSnapshot& old : from.tasks) {
    if (!old.source.empty())
      restored_splits_[old.source].insert(old.splits.begin(), old.splits.end());
    // Every instance of a step has seen the same time at a barrier, but for readers: of those the
    // one that is furthest behind.
    for (const auto& [step, watermark] : old.watermarks) {
      const auto [at, is_new] = watermarks.try_emplace(step, watermark);
      if (!is_new) at->second = std::min(at->second, watermark);
    }
    for (const StoredObject& file : old.files) {
      const std::string bytes = TRY(read(file));
      for (const ByInstance& chain : tasks_) {
        for (const auto& task : chain) {
          const Status restored = task->state().restore(bytes);
          if (!restored.ok()) {
            return corrupt(
                fmt::format("cannot restore {}: {}", file.name, restored.error().message));
          }
        }
      }
    }
  }
  for (const ByInstance& chain : tasks_) {
    for (const auto& task : chain) {
      task->state().splits().clear();
      task->restore(watermarks);
    }
  }
  return {};
}

// Every table of the checkpoint is one of the plan, and the other way round.
Status JobTasks::check_tables(const Manifest& from) const {
  std::map<std::string, std::string> planned;
  for (const ByInstance& chain : tasks_) {
    for (const auto& task : chain) planned.merge(task->state().signatures());
  }
  std::map<std::string, std::string> kept;
  for (const TaskSnapshot& task : from.tasks) {
    for (const DeclaredTable& table : task.tables) kept[table.name] = table.signature;
  }
  for (const auto& [name, signature] : kept) {
    if (is_partial(name)) continue;
    const auto found = planned.find(name);
    if (found == planned.end()) {
      return misfit(from,
                    fmt::format("it has no step {}, whose state would be lost", step_of(name)));
    }
    if (found->second != signature) {
      return misfit(from, fmt::format("step {} keeps {} where the state has {}", step_of(name),
                                      found->second, signature));
    }
  }
  for (const auto& [name, signature] : planned) {
    if (kept.contains(name) || is_partial(name)) continue;
    return misfit(from, fmt::format("step {} is new and would begin without what came before",
                                    step_of(name)));
  }
  if (from.key_groups == plan_.key_groups) return {};
  return misfit(from, fmt::format("it has {} key groups, the state has {}", plan_.key_groups,
                                  from.key_groups));
}

const SplitState* JobTasks::restored_split(const std::string& step,
                                           const std::string& split) const {
  const auto splits = restored_splits_.find(step);
  if (splits == restored_splits_.end()) return nullptr;
  const auto found = splits->second.find(split);
  return found == splits->second.end() ? nullptr : &found->second;
}

// What was being read must still be there. What was read to its end may be gone, but is not
// forgotten.
Status JobTasks::check_splits(const Discovery& discovery) const {
  const auto splits = restored_splits_.find(discovery.step);
  if (splits == restored_splits_.end()) return {};
  for (const auto& [name, split] : splits->second) {
    if (discovery.known.contains(name)) continue;
    if (split.finished) {
      discovery.tasks[0]->state().splits()[name] = split;
      continue;
    }
    return user_error(
        fmt::format("table {}: {} is gone, of which rows are still to be read: bring it back, or "
                    "begin afresh with another state folder",
                    discovery.table, name));
  }
  return {};
}

}  // namespace weir
