// A manifest with something in every field.
#pragma once

#include "state/checkpoint.h"

#include <limits>
#include <string>

namespace weir {

inline Manifest full_manifest() {
  const CheckpointId parent{.generation = Generation{2}, .epoch = Epoch{40}};
  Manifest manifest{.id = {.generation = Generation{3}, .epoch = Epoch{41}},
                    .parent = parent,
                    .lineage = "9f3a",
                    .script = "alerts.sql",
                    .key_groups = 128,
                    .parallelism = 2,
                    .finished = true};
  for (uint32_t instance = 0; instance < 2; ++instance) {
    TaskSnapshot task{.chain = "by_user", .instance = instance};
    task.tables = {{.name = "count/rows", .signature = "sliced(text)->(bigint)"}, {.name = "x"}};
    task.files = {{.name = "jobs/q/2/40/by_user.0/delta", .bytes = 7, .crc32c = 0xdeadbeef},
                  {.name = "jobs/q/3/41/by_user.0/delta", .bytes = 1ULL << 40, .crc32c = 0}};
    task.warm = {{.name = "000007.sst",
                  .contents = {.name = "jobs/q/3/41/by_user.0/warm.000007.sst", .bytes = 8}},
                 {.name = "CURRENT", .contents = {.crc32c = 3}}};
    task.splits["topic/0"] = {.position = std::string("\0\xff\x01", 3),
                              .highest_event_time = std::numeric_limits<int64_t>::min()};
    task.splits["file \xff"] = {.position = "", .highest_event_time = 17, .finished = true};
    task.watermarks = {{"count", -5}, {"join", std::numeric_limits<int64_t>::max()}};
    manifest.tasks.push_back(task);
  }
  SlotOutput slot{.sink = "out", .slot = 1};
  slot.sealed.push_back(
      {.id = parent, .rows = 3, .contents = {.name = "jobs/q/2/40/out.1/s", .bytes = 9}});
  slot.sealed.push_back(
      {.id = manifest.id, .rows = 0, .contents = {.name = "jobs/q/3/41/out.1/s", .crc32c = 1}});
  manifest.slots = {slot, {.sink = "out", .slot = 2}};
  return manifest;
}

}  // namespace weir
