// State that is larger than memory: rows that were not used for long, or will not be for long,
// leave for the warm tier (state/warm_store.h) when the task's share of the budget is used up, and
// come back when they are asked for.
//
// A row is in memory or in the warm tier, never in both: what comes back is removed there. A
// checkpoint therefore is what the tables hand over (state/frozen_state.h), where a row that left
// is one that is gone, together with a cut of the warm tier at the same barrier.
//
// Owned by a TaskState and used by the task's thread.
#pragma once

#include "state/residency.h"
#include "state/state_budget.h"
#include "state/state_table.h"
#include "state/warm_store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct TierSetup {
  // Of this task alone, for the database and its cuts. Made when the first row leaves.
  std::string folder;
  // Opens the store in a folder (state/warm/rocks_store.h).
  std::function<Result<std::unique_ptr<WarmStore>>(const std::string& folder)> open;
  StateBudget* budget = nullptr;  // Outlives the residency.
  // What comes at a time of slices that are walked, however small the budget. Tests have less.
  uint64_t walked_bytes_min = 1 << 20;
};

class TieredResidency : public Residency {
 public:
  explicit TieredResidency(TierSetup setup);

  void declared(StateTable& table) override;
  Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch& keys,
                     Selection selection) override;
  Readiness prefetch_part(std::string_view table, StoreId store, HashPart part,
                          KeyedTable& into) override;
  uint32_t parts(std::string_view table, const std::vector<StoreId>& stores,
                 uint64_t beside) override;
  Readiness prefetch_until(std::string_view table, int64_t until) override;
  void used(std::string_view, int64_t) override {}
  int64_t first_due(std::string_view table) const override;
  void forget(std::string_view table, StoreId store) override;
  void forget_all(std::string_view table) override;
  Status make_room() override;
  Status status() const override;
  Result<std::optional<WarmCut>> cut() override;
  std::string cut_folder() const override;
  Status adopt_cut() override;
  Status take_in(WarmStore& other, const OwnedGroups& owned) override;

 private:
  // What is out of memory of one table.
  struct Tier {
    StateTable* table = nullptr;
    uint32_t id = 0;
    std::set<StoreId> stores;  // That have rows there, or had some.
    // No due time stands there before this key, and of rows that wait one does at it; empty: none.
    std::string next_due;

    bool waits() const { return table->kind() == TableKind::kWaiting; }
    int64_t first_due() const;
    bool has_due(int64_t until) const;
    void found_due(std::string_view key);
  };

  Tier& tier(std::string_view table);
  Readiness readiness(Status status);
  Status fetch(Tier& tier, StoreId store, const KeyBatch& keys, Selection selection);
  Status bring_back(Tier& tier, const std::vector<std::string_view>& keys);
  std::optional<WarmRows::Row> find_unmerged(std::string_view key) const;
  Status take_back(Tier& tier, std::string_view key, std::string_view value);
  Status fetch_part(const Tier& tier, StoreId store, HashPart part, KeyedTable& into);
  Result<uint64_t> bytes_out(const Tier& tier, const std::vector<StoreId>& stores);
  Status fetch_waiting(Tier& tier);
  Status fetch_due(Tier& tier, int64_t until);
  Result<size_t> bring_back_due(Tier& tier, int64_t until, const std::vector<std::string>& due);
  bool is_much_on_its_way() const;
  uint64_t recent_max() const;
  uint64_t bytes_in_tables() const;
  void evict(uint64_t bytes);
  Status check_fits() const;
  void leave(Tier& tier, const LeavingRow& row);
  void drop(const WarmRange& range);
  Status begin_merge();
  Status end_merge();
  Status merge();
  Status find_rows(WarmStore& store, Tier& tier);
  Status take_in_range(WarmStore& other, const WarmRange& range, Tier& tier,
                       const OwnedGroups& owned);

  const TierSetup setup_;
  StateBudget::Share share_;
  std::map<std::string, Tier, std::less<>> tiers_;
  // What left, or came back, since the last merge, and what is being merged. The one counts before
  // the other, and that before what the store says.
  WarmRows recent_;
  WarmRows merging_;
  // Null: nothing has left yet. Goes before the rows, which it may be merging.
  std::unique_ptr<WarmStore> store_;
  uint64_t cuts_ = 0;
  std::optional<Error> trouble_;  // Of the first call that failed.
};

}  // namespace weir
