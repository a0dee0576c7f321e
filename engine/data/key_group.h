// Key groups: the unit in which keyed state is assigned to tasks and moved between them. Fixed for
// the life of a job.
#pragma once

#include "engine/base/check.h"

#include <cstdint>

namespace weir {

inline constexpr uint32_t kKeyGroupsDefault = 128;
inline constexpr uint32_t kKeyGroupsMax = 32768;

// The group of a key whose hash (batch.h: hash_rows) is `hash`. REQUIRES: 1 <= groups <=
// kKeyGroupsMax.
inline uint32_t key_group_of(uint64_t hash, uint32_t groups) {
  return static_cast<uint32_t>(((hash >> 32) * groups) >> 32);
}

// Groups first to last, both included.
struct KeyGroupRange {
  uint32_t first = 0;
  uint32_t last = 0;

  bool contains(uint32_t group) const { return first <= group && group <= last; }
  bool operator==(const KeyGroupRange&) const = default;
};

// What task `task` of `tasks` owns: contiguous ranges of nearly equal length, all groups together.
// REQUIRES: task < tasks <= groups.
inline KeyGroupRange key_group_range(uint32_t groups, uint32_t tasks, uint32_t task) {
  CHECK(task < tasks);
  CHECK(tasks <= groups);
  const uint32_t first = static_cast<uint32_t>((uint64_t{task} * groups + tasks - 1) / tasks);
  const uint32_t next = static_cast<uint32_t>((uint64_t{task + 1} * groups + tasks - 1) / tasks);
  return {.first = first, .last = next - 1};
}

// The task whose range holds `group`.
inline uint32_t task_of_key_group(uint32_t groups, uint32_t tasks, uint32_t group) {
  return static_cast<uint32_t>(uint64_t{group} * tasks / groups);
}

}  // namespace weir
