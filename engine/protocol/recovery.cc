#include "engine/protocol/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {

namespace {

// Takes the next part of a name, up to a '/', off its front.
std::string_view take_part(std::string_view& name) {
  const size_t end = std::min(name.find('/'), name.size());
  const std::string_view part = name.substr(0, end);
  name.remove_prefix(std::min(end + 1, name.size()));
  return part;
}

template <typename Id>
std::optional<Id> read_id(std::string_view text) {
  typename Id::rep value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // One spelling for each number: "07" is somebody else's.
  return fmt::format("{}", value) == text ? std::optional(Id(value)) : std::nullopt;
}

void sort_object(std::string_view name, JobObjects& objects) {
  const std::string_view first = take_part(name);
  if (first == "generations") {
    const std::optional<Generation> generation = read_id<Generation>(take_part(name));
    if (!generation.has_value()) return;
    if (name == "fence") objects.fences.insert(*generation);
    if (name == "base") objects.bases.insert(*generation);
    return;
  }
  const std::optional<Generation> generation = read_id<Generation>(first);
  const std::optional<Epoch> epoch = read_id<Epoch>(take_part(name));
  if (!generation.has_value() || !epoch.has_value()) return;
  if (name == "manifest") objects.manifests.insert({*generation, *epoch});
  if (name == "committed") objects.commit_records.insert({*generation, *epoch});
}

}  // namespace

std::string fence_name(Generation generation) {
  return fmt::format("generations/{}/fence", generation.value());
}

std::string base_name(Generation generation) {
  return fmt::format("generations/{}/base", generation.value());
}

std::string checkpoint_folder(CheckpointId id) {
  return fmt::format("{}/{}/", id.generation.value(), id.epoch.value());
}

std::string manifest_name(CheckpointId id) { return checkpoint_folder(id) + "manifest"; }

std::string commit_record_name(CheckpointId id) { return checkpoint_folder(id) + "committed"; }

JobObjects sort_objects(const std::vector<std::string>& names) {
  JobObjects objects;
  for (const std::string& name : names) sort_object(name, objects);
  return objects;
}

Generation next_generation(const JobObjects& objects, Generation floor) {
  Generation highest = floor;
  if (!objects.fences.empty()) highest = std::max(highest, *objects.fences.rbegin());
  if (!objects.bases.empty()) highest = std::max(highest, *objects.bases.rbegin());
  if (!objects.manifests.empty()) {
    highest = std::max(highest, objects.manifests.rbegin()->generation);
  }
  return Generation(highest.value() + 1);
}

bool is_fenced(const JobObjects& objects, Generation mine) {
  return !objects.fences.empty() && *objects.fences.rbegin() > mine;
}

std::optional<Generation> last_run(const JobObjects& objects, Generation mine) {
  const auto above = objects.bases.lower_bound(mine);
  if (above == objects.bases.begin()) return std::nullopt;
  return *std::prev(above);
}

Result<StartingPoint> starting_point(const JobObjects& objects, Generation mine,
                                     std::optional<CheckpointId> base) {
  const std::optional<Generation> last = last_run(objects, mine);
  if (!last.has_value()) return StartingPoint{};
  std::optional<CheckpointId> chosen = base;
  const auto above = objects.manifests.lower_bound({Generation(last->value() + 1), Epoch(0)});
  if (above != objects.manifests.begin() && std::prev(above)->generation == *last) {
    chosen = *std::prev(above);
  }
  if (!chosen.has_value()) return StartingPoint{};
  if (!objects.manifests.contains(*chosen)) {
    return corrupt(fmt::format(
        "cannot recover: generation {} began with a checkpoint that has no manifest: {}",
        last->value(), manifest_name(*chosen)));
  }
  return StartingPoint{.checkpoint = chosen, .replay = !objects.commit_records.contains(*chosen)};
}

}  // namespace weir
