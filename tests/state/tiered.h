// A state whose rows leave memory, and what goes on from one.
#pragma once

#include "state/tiered_residency.h"
#include "tests/state/keys.h"
#include "tests/state/map_store.h"
#include "tests/state/saved.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace weir {

// A state of which `budget` bytes may be in memory.
class Tiered {
 public:
  explicit Tiered(uint64_t budget = 0, KeyGroupRange range = {0, kGroups - 1}) : budget_(budget) {
    state_.emplace(kGroups, range,
                   std::make_unique<TieredResidency>(TierSetup{.folder = folder_.path(),
                                                               .open = &MapStore::open,
                                                               .budget = &budget_,
                                                               .walked_bytes_min = 64 << 10}));
  }

  TaskState& state() { return *state_; }
  void make_room() { REQUIRE(state_->make_room().ok()); }

 private:
  const StoreFolder folder_ = StoreFolder::quick();
  StateBudget budget_;
  std::optional<TaskState> state_;
};

// What a state handed over, and the files of its cut.
struct Saved {
  std::string image;
  std::optional<WarmCut> cut;
};

inline Saved saved(TaskState& state) {
  FrozenState frozen = state.freeze(Freeze::kWhole).value();
  return {frozen.encode(), frozen.warm};
}

// Goes on from what a state with the same tables and key groups was.
inline void adopt(const Saved& was, TaskState& state) {
  if (was.cut.has_value()) {
    std::filesystem::copy(was.cut->folder, state.cut_folder());
    REQUIRE(state.adopt_cut().ok());
  }
  REQUIRE(restore(state, {was.image}).ok());
}

// Takes what it owns out of what a state was.
inline void take_over(const Saved& was, TaskState& state) {
  if (was.cut.has_value()) {
    const auto store = MapStore::open(was.cut->folder);
    REQUIRE(state.take_in(**store).ok());
  }
  REQUIRE(restore(state, {was.image}).ok());
}

}  // namespace weir
