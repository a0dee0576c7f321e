// How a job goes on from a checkpoint: the part of JobTasks that reads it.
#include "runtime/task/job_tasks.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
Status JobTasks::restore(const Manifest& from, const ReadObject& read) {
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
    TRY(restore_state(old, read));
  }
  for (const auto& [id, task] : here_) {
    task->state().splits().clear();
    task->restore(watermarks);
  }
  return {};
}

// Of one task of before, into those of here that own its key groups now.
Status JobTasks::restore_state(const TaskSnapshot& old, const ReadObject& read) {
  StateImage image;
  const auto cannot = [](const StoredObject& file, const Error& error) {
    return corrupt(fmt::format("cannot restore {}: {}", file.name, error.message));
  };
  for (const StoredObject& file : old.files) {
    const Status added = image.add(TRY(read(file)));
    if (!added.ok()) return cannot(file, added.error());
  }
  if (old.files.empty()) return {};
  for (const auto& [id, task] : here_) {
    const Status restored = task->state().restore(image);
    if (!restored.ok()) return cannot(old.files.back(), restored.error());
  }
  return {};
}

}  // namespace weir
