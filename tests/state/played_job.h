// A job that counts, and the world that gets its output: what a coordinator, its tasks and its sink
// do to a JobHistory, without any of them.
//
// Each epoch counts a few numbers; its state file holds how far, its segment which numbers. The
// world must get 1, 2, 3, ... each once, whatever happens to the job.
#pragma once

#include "engine/base/check.h"
#include "state/job_history.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir {

// What the sink writes into, with its marker.
struct PlayedWorld {
  uint64_t received = 0;  // The numbers up to here.
  CheckpointId marker;
  std::vector<std::string> mistakes;
};

class PlayedJob {
 public:
  static constexpr uint64_t kNumbersPerEpoch = 3;
  static constexpr size_t kDeltasMax = 3;  // Then a file that holds all of the state.

  PlayedJob(SnapshotStore& store, PlayedWorld& world) : history_(store, "count"), world_(world) {}

  // Fence, look, base, replay. Verifies all that it finds.
  Status start() {
    generation_ = TRY(history_.fence());
    const std::optional<RecoveryPoint> found = TRY(history_.look(generation_));
    if (!found && world_.marker != CheckpointId{}) mistake("everything is forgotten");
    std::optional<CheckpointId> base;
    if (found) base = found->manifest.id;
    TRY(history_.write_base(generation_, base));
    if (!found) return {};
    newest_ = found->manifest;
    epoch_ = newest_->id.epoch.value();
    TRY(restore(*newest_));
    if (found->committed && world_.marker < newest_->id) mistake("committed, not delivered");
    if (found->committed) return {};
    TRY(deliver(*newest_));
    return history_.put_committed(newest_->id);
  }

  // One epoch whose checkpoint completes, or is abandoned after its files were written.
  Status checkpoint() {
    TRY(write_files());
    Manifest manifest{.id = id(), .lineage = "l", .script = "count", .key_groups = 1};
    manifest.parallelism = 1;
    if (newest_) manifest.parent = newest_->id;
    TaskSnapshot task{.chain = "count"};
    task.files = deltas_;
    task.splits["n"] = {.position = std::to_string(counted_), .highest_event_time = 0};
    manifest.tasks.push_back(std::move(task));
    manifest.slots.push_back({.sink = "out", .sealed = sealed_});
    TRY(history_.put_manifest(manifest));
    newest_ = std::move(manifest);
    sealed_.clear();
    in_flight_.clear();
    TRY(deliver(*newest_));
    return history_.put_committed(newest_->id);
  }
  Status abandon() { return write_files(); }

  Result<Collected> collect() { return history_.collect(generation_, in_flight_); }

  // All that the newest and its parent name, and their records, is there and as it was written.
  Status check_retained() {
    if (!newest_) return {};
    TRY(read_all(*newest_));
    std::optional<CheckpointId> next = newest_->id;
    for (int kept = 0; kept < 2 && next; ++kept) {
      Result<Manifest> manifest = history_.read_manifest(*next);
      if (!manifest.ok()) return history_.as_seen_by(generation_, std::move(manifest).error());
      if (kept == 0) CHECK(*manifest == *newest_);
      TRY(read_all(*manifest));
      next = manifest->parent;
    }
    return {};
  }

  JobHistory& history() { return history_; }
  Generation generation() const { return generation_; }
  const std::optional<Manifest>& newest() const { return newest_; }

 private:
  CheckpointId id() const { return {.generation = generation_, .epoch = Epoch{epoch_}}; }
  void mistake(const std::string& what) {
    world_.mistakes.push_back("generation " + std::to_string(generation_.value()) + ": " + what);
  }

  Status write_files() {
    ++epoch_;
    in_flight_.insert(id());
    const uint64_t first = counted_ + 1;
    counted_ += kNumbersPerEpoch;
    if (deltas_.size() == kDeltasMax) deltas_.clear();
    deltas_.push_back(TRY(history_.put_file(id(), "count", 0, "state", std::to_string(counted_))));
    sealed_.push_back({.id = id(), .rows = kNumbersPerEpoch});
    sealed_.back().contents = TRY(history_.put_file(
        id(), "out", 0, "segment", std::to_string(first) + " " + std::to_string(counted_)));
    return {};
  }

  Status read_all(const Manifest& manifest) {
    for (const StoredObject& object : objects_of(manifest)) TRY(read(object));
    return {};
  }

  Result<std::string> read(const StoredObject& object) {
    Result<std::string> bytes = history_.read_object(object);
    if (!bytes.ok()) return history_.as_seen_by(generation_, std::move(bytes).error());
    return bytes;
  }

  Status restore(const Manifest& manifest) {
    TRY(read_all(manifest));
    deltas_ = manifest.tasks[0].files;
    const std::string state = TRY(read(deltas_.back()));
    counted_ = std::strtoull(state.c_str(), nullptr, 10);
    if (manifest.tasks[0].splits.at("n").position != state) mistake("position and state differ");
    return {};
  }

  Status deliver(const Manifest& manifest) {
    std::vector<std::pair<CheckpointId, std::string>> segments;
    for (const SlotOutput::Sealed& sealed : manifest.slots[0].sealed) {
      segments.emplace_back(sealed.id, TRY(read(sealed.contents)));
    }
    // From here on nothing comes between: segments and marker are one transaction.
    if (world_.marker.generation > generation_) {
      return Error{ErrorKind::kFenced, "somebody newer has delivered"};
    }
    if (manifest.id < world_.marker) mistake("older than what was delivered");
    for (const auto& [id, segment] : segments) {
      if (id <= world_.marker) continue;
      char* rest = nullptr;
      const uint64_t first = std::strtoull(segment.c_str(), &rest, 10);
      if (first != world_.received + 1) mistake("got " + segment);
      world_.received = std::strtoull(rest, nullptr, 10);
    }
    world_.marker = std::max(world_.marker, manifest.id);
    return {};
  }

  JobHistory history_;
  PlayedWorld& world_;
  Generation generation_;
  uint64_t epoch_ = 0;
  uint64_t counted_ = 0;
  std::optional<Manifest> newest_;
  std::vector<StoredObject> deltas_;
  std::vector<SlotOutput::Sealed> sealed_;  // Of this epoch and of abandoned ones before it.
  std::set<CheckpointId> in_flight_;
};

}  // namespace weir
