// How a job goes on from a checkpoint: the part of JobTasks that reads it.
#include "engine/plan/numbering.h"
#include "runtime/task/declared_tables.h"
#include "runtime/task/job_tasks.h"
#include "state/local_files.h"
#include "state/warm_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace weir {
namespace {

// How many instances each chain of the checkpoint had, by its id.
std::map<std::string, uint32_t> instances_of(const Manifest& from) {
  std::map<std::string, uint32_t> instances;
  for (const TaskSnapshot& old : from.tasks) ++instances[old.chain];
  return instances;
}

bool shares_table(const std::vector<DeclaredTable>& a, const std::vector<DeclaredTable>& b) {
  return std::any_of(a.begin(), a.end(), [&b](const DeclaredTable& table) {
    return std::any_of(b.begin(), b.end(),
                       [&](const DeclaredTable& other) { return other.name == table.name; });
  });
}

bool overlap(KeyGroupRange a, KeyGroupRange b) { return a.first <= b.last && b.first <= a.last; }

bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

Error cannot_restore(const TaskSnapshot& old, Error error) {
  error.message =
      fmt::format("cannot restore task {} [{}]: {}", old.chain, old.instance, error.message);
  return error;
}

// The files of its warm tier, into a folder for them alone.
Status fetch(const TaskSnapshot& old, JobHistory& history, const std::string& folder) {
  TRY(make_local_folder(folder));
  for (const WarmFile& file : old.warm) {
    if (!is_file_name(file.name)) {
      return corrupt(fmt::format("the checkpoint has a file called {}", file.name));
    }
    const std::string path = folder + "/" + file.name;
    if (WarmFiles::never_changes(file.name)) {
      TRY(history.fetch_object(file.contents, path));
    } else {
      const std::string bytes = TRY(history.read_object(file.contents));
      TRY(write_local_file(path, bytes));
    }
  }
  return {};
}

}  // namespace

Status JobTasks::restore(const Manifest& from, JobHistory& history) {
  TRY(restore_warm(from, history));
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
  }
  TRY(restore_states(from.tasks, history));
  for (const auto& [id, task] : here_) {
    task->state().splits().clear();
    task->restore(watermarks);
    TRY(restore_totals(id, from.slots, history));
  }
  return {};
}

// Slot 0 has those of the slots that are no more.
Status JobTasks::restore_totals(uint32_t id, const std::vector<SlotOutput>& before,
                                JobHistory& history) {
  const Task& task = *here_.at(id);
  const uint32_t slot = task_places(plan_)[id].instance;
  size_t next_sink = 0;  // A task has its sinks in the order of the stages.
  for (const StagePlan& stage : task.chain().stages) {
    if (!std::holds_alternative<SinkSpec>(stage.spec)) continue;
    Sink& sink = task.sinks()[next_sink++]->sink();
    if (!sink.totals().has_value()) continue;
    for (const SlotOutput& old : before) {
      const uint32_t heir = old.slot < task.chain().parallelism ? old.slot : 0;
      if (old.sink != stage.id || heir != slot || old.sealed.empty()) continue;
      const SlotOutput::Sealed& last = old.sealed.back();
      std::string contents = TRY(history.read_object(last.contents));
      TRY(sink.resume({.contents = std::move(contents), .rows = last.rows}));
    }
  }
  return {};
}

// What was out of memory. Where a task has the tables and the key groups of one of before, it goes
// on with that one's files; else its rows are looked up in those of each that had some.
Status JobTasks::restore_warm(const Manifest& from, JobHistory& history) {
  const std::map<std::string, uint32_t> instances = instances_of(from);
  std::map<uint32_t, std::vector<DeclaredTable>> tables;
  for (const auto& [id, task] : here_) tables[id] = declared_tables(task->chain(), task->state());
  for (const TaskSnapshot& old : from.tasks) {
    if (old.warm.empty()) continue;
    const uint32_t of = instances.at(old.chain);
    if (old.instance >= of || of > plan_.key_groups) {
      return corrupt(fmt::format("the checkpoint has {} tasks of {}, one of them number {}", of,
                                 old.chain, old.instance));
    }
    const KeyGroupRange had = key_group_range(plan_.key_groups, of, old.instance);
    std::optional<uint32_t> same;
    std::vector<Task*> heirs;
    for (const auto& [id, task] : here_) {
      const KeyGroupRange owned = task->state().key_groups();
      if (tables[id] == old.tables && owned == had) same = id;
      if (shares_table(tables[id], old.tables) && overlap(owned, had)) heirs.push_back(task);
    }
    if (heirs.empty()) continue;
    if (tiers_.folder.empty()) {
      return user_error(fmt::format(
          "cannot restore task {} [{}]: some of its rows were not in memory, and there is no "
          "folder for them here",
          old.chain, old.instance));
    }
    Status restored = same.has_value() ? adopt(*same, old, history) : spread(old, heirs, history);
    if (!restored.ok()) return cannot_restore(old, std::move(restored).error());
  }
  return {};
}

Status JobTasks::adopt(uint32_t task, const TaskSnapshot& old, JobHistory& history) {
  TaskState& state = here_.at(task)->state();
  TRY(fetch(old, history, state.cut_folder()));
  TRY(state.adopt_cut());
  adopted_[task] = old.warm;
  return {};
}

// Each takes what it owns.
Status JobTasks::spread(const TaskSnapshot& old, const std::vector<Task*>& heirs,
                        JobHistory& history) {
  const std::string folder = tiers_.folder + "/old";
  TRY(fetch(old, history, folder));
  {
    const std::unique_ptr<WarmStore> store = TRY(tiers_.open(folder));
    for (Task* task : heirs) TRY(task->state().take_in(*store));
  }
  return remove_local_folder(folder);
}

// By as many threads as the machine has cores, each task of before by one of them; of what fails,
// the first task's error.
Status JobTasks::restore_states(const std::vector<TaskSnapshot>& before, JobHistory& history) {
  HeirLocks locks;
  for (const auto& [id, task] : here_) locks[id];
  std::vector<Status> restored(before.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < before.size(); i = next++) {
      restored[i] = restore_state(before[i], history, locks);
    }
  };
  {
    const size_t cores = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < std::min(cores, before.size()); ++i) helpers.emplace_back(work);
    work();
  }
  for (Status& status : restored) TRY(std::move(status));
  return {};
}

// Of one task of before, into those of here that own its key groups now, one after the other.
Status JobTasks::restore_state(const TaskSnapshot& old, JobHistory& history, HeirLocks& locks) {
  StateImage image;
  const auto cannot = [](const StoredObject& file, const Error& error) {
    return corrupt(fmt::format("cannot restore {}: {}", file.name, error.message));
  };
  for (const StoredObject& file : old.files) {
    const Status added = image.add(TRY(history.open_object(file)));
    if (!added.ok()) return cannot(file, added.error());
  }
  if (old.files.empty()) return {};
  for (const auto& [id, task] : here_) {
    const std::lock_guard lock(locks.at(id));
    const Status restored = task->state().restore(image);
    if (!restored.ok()) return cannot(old.files.back(), restored.error());
    TRY(task->state().make_room());
  }
  return {};
}

}  // namespace weir
