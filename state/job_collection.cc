// Removing what no retained checkpoint reaches: JobHistory::collect(); and all of a job that is
// over: JobHistory::forget().
//
// Everything is classified before anything is removed, and whatever is not understood ends it.
// Safe against a newer generation that appears meanwhile: it starts from the newest checkpoint of
// this one, which is kept, or from one whose id is in flight, and writes under its own number.

#include "state/job_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace weir {
namespace {

using Names = std::unordered_set<std::string>;

// What of a job may be removed: manifests first and the oldest first, so that no manifest is ever
// there without its files.
std::vector<JobObject> unneeded(const std::vector<JobObject>& objects, const Names& needed,
                                Generation generation, CheckpointId newest,
                                const std::set<CheckpointId>& in_flight) {
  std::vector<JobObject> found;
  for (const JobObject& object : objects) {
    const bool is_record =
        object.kind == JobObjectKind::kFence || object.kind == JobObjectKind::kBase;
    if (object.id.generation > generation) continue;
    if (is_record && object.id.generation == generation) continue;
    if (!is_record && object.id.generation == generation && object.id > newest) continue;
    if (!is_record && in_flight.contains(object.id)) continue;
    if (!needed.contains(object.name)) found.push_back(object);
  }
  std::stable_sort(found.begin(), found.end(), [](const JobObject& a, const JobObject& b) {
    const auto rank = [](const JobObject& object) {
      return std::pair(object.kind != JobObjectKind::kManifest, object.id);
    };
    return rank(a) < rank(b);
  });
  return found;
}

}  // namespace

Result<Collected> JobHistory::collect(Generation generation,
                                      const std::set<CheckpointId>& in_flight, size_t keep) {
  CHECK(keep >= 2);
  Result<Collected> collected = collect_as_newest(generation, in_flight, keep);
  if (!collected.ok()) return as_seen_by(generation, std::move(collected).error());
  return collected;
}

Result<Collected> JobHistory::collect_as_newest(Generation generation,
                                                const std::set<CheckpointId>& in_flight,
                                                size_t keep) {
  TRY(check_newest(generation));
  const std::vector<JobObject> found = TRY(objects());
  Names present;
  bool has_base = false;
  for (const JobObject& object : found) {
    present.insert(object.name);
    has_base |= object.kind == JobObjectKind::kBase && object.id.generation == generation;
  }
  Collected collected{.objects_kept = found.size()};
  if (!has_base) return collected;  // It has not run, so it knows of nothing that is past.
  const std::optional<RecoveryPoint> newest = TRY(look_at(found, generation));
  if (!newest) return collected;

  Names needed;
  Manifest manifest = newest->manifest;
  for (size_t kept = 1;; ++kept) {
    needed.insert(layout_.manifest(manifest.id));
    needed.insert(layout_.committed(manifest.id));
    for (const StoredObject& object : objects_of(manifest)) {
      if (!present.contains(object.name)) {
        return corrupt(fmt::format("cannot collect: {} names {}, which is missing",
                                   layout_.manifest(manifest.id), object.name));
      }
      needed.insert(object.name);
    }
    // A parent that is missing was collected, or is a savepoint's.
    if (kept == keep || !manifest.parent) break;
    if (!present.contains(layout_.manifest(*manifest.parent))) break;
    manifest = TRY(read_manifest(*manifest.parent));
  }

  const std::vector<JobObject> past =
      unneeded(found, needed, generation, newest->manifest.id, in_flight);
  TRY(check_newest(generation));
  for (const JobObject& object : past) {
    CHECK(!needed.contains(object.name));
    TRY(store_.remove(object.name));
    ++collected.objects_removed;
    --collected.objects_kept;
  }
  return collected;
}

Result<bool> JobHistory::forget(size_t objects_max) {
  std::vector<JobObject> found = TRY(objects());
  std::stable_sort(found.begin(), found.end(), [](const JobObject& a, const JobObject& b) {
    return (a.kind != JobObjectKind::kFence) < (b.kind != JobObjectKind::kFence);
  });
  const bool is_all = found.size() <= objects_max;
  if (!is_all) found.resize(objects_max);
  for (const JobObject& object : found) TRY(store_.remove(object.name));
  return is_all;
}

}  // namespace weir
