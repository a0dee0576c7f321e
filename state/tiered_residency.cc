#include "state/tiered_residency.h"

#include "engine/base/crc32c.h"
#include "state/state_table.h"
#include "state/warm_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kFirstTime = std::numeric_limits<int64_t>::min();

// What left is merged into the store when it is so many rows, or such a part of the budget.
constexpr size_t kMergedAtOnce = 64 << 10;
constexpr uint64_t kRecentPart = 8;
// Rows that are brought back at a time, of those that are due and of stores that are walked.
constexpr size_t kRowsAtOnce = 4096;
// Below its share a task is brought by this part of the budget, so that rows leave by the thousand.
constexpr uint64_t kSlackPart = 32;
// What a row that is not merged yet takes beside its bytes, about.
constexpr uint64_t kRecentRowBytes = 128;

}  // namespace

TieredResidency::TieredResidency(TierSetup setup)
    : setup_(std::move(setup)), share_(*setup_.budget) {}

void TieredResidency::declared(StateTable& table) {
  const uint32_t id = crc32c(table.name());
  for (const auto& [name, other] : tiers_) CHECK(other.id != id);
  tiers_[table.name()] = {.table = &table, .id = id};
}

TieredResidency::Tier& TieredResidency::tier(std::string_view table) {
  return tiers_.find(table)->second;
}

// What fails is told by status(): nobody goes on with what was not read.
Readiness TieredResidency::readiness(Status status) {
  if (!status.ok() && !trouble_.has_value()) trouble_ = status.error();
  return trouble_.has_value() ? Readiness::kPending : Readiness::kReady;
}

Status TieredResidency::status() const {
  return trouble_.has_value() ? Status(*trouble_) : Status();
}

Readiness TieredResidency::prefetch(std::string_view table, int64_t slice, const KeyBatch& keys,
                                    Selection selection) {
  Tier& asked = tier(table);
  for (auto at = asked.stores.lower_bound({slice, kFirstTime});
       at != asked.stores.end() && at->end == slice; ++at) {
    const Readiness ready = readiness(fetch(asked, *at, keys, selection));
    if (ready == Readiness::kPending) return ready;
  }
  return Readiness::kReady;
}

Status TieredResidency::fetch(Tier& tier, StoreId store, const KeyBatch& keys,
                              Selection selection) {
  const std::string prefix = row_prefix(tier.id, store);
  std::vector<std::string> wanted;
  tier.table->missing(store, keys, selection, [&](std::string_view key) {
    wanted.push_back(prefix);
    wanted.back().append(key);
  });
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return bring_back(tier, std::move(wanted));
}

// Those of the keys that there are rows of. Sorted, each once.
Status TieredResidency::bring_back(Tier& tier, std::vector<std::string> keys) {
  std::vector<std::string_view> unknown;
  for (const std::string& key : keys) {
    const auto found = recent_.find(key);
    if (found == recent_.end()) {
      unknown.push_back(key);
    } else if (found->second.has_value()) {
      TRY(come_back(tier, key, *std::exchange(found->second, std::nullopt)));
    }
  }
  if (unknown.empty() || store_ == nullptr) return {};
  std::vector<std::optional<std::string>> values = TRY(store_->get(unknown));
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (!values[i].has_value()) continue;
    TRY(come_back(tier, unknown[i], *values[i]));
    put(std::string(unknown[i]), std::nullopt);
  }
  return {};
}

Status TieredResidency::come_back(Tier& tier, std::string_view key, std::string_view value) {
  return tier.table->come_back(parse_row_key(key).store, value);
}

Readiness TieredResidency::prefetch_slice(std::string_view table, int64_t slice) {
  Tier& asked = tier(table);
  while (true) {
    const auto at = asked.stores.lower_bound({slice, kFirstTime});
    if (at == asked.stores.end() || at->end != slice) return Readiness::kReady;
    const Readiness ready = readiness(fetch_store(asked, *at));
    if (ready == Readiness::kPending) return ready;
  }
}

// All of it.
Status TieredResidency::fetch_store(Tier& tier, StoreId store) {
  const WarmRange range = range_of(row_prefix(tier.id, store));
  TRY(merge());
  const auto take = [&](std::string_view key, std::string_view value) -> Result<bool> {
    TRY(come_back(tier, key, value));
    return true;
  };
  if (store_ != nullptr) {
    TRY(store_->each(range, take));
    TRY(store_->drop(range));
  }
  tier.stores.erase(store);
  return {};
}

Readiness TieredResidency::prefetch_part(std::string_view table, StoreId store, size_t in_memory) {
  if (in_memory > 0 || !has_part(table, store)) return Readiness::kReady;
  return readiness(fetch_part(tier(table), store));
}

bool TieredResidency::has_part(std::string_view table, StoreId store) const {
  const Tier& asked = tiers_.find(table)->second;
  if (!asked.stores.contains(store)) return false;
  const auto walk = asked.walks.find(store);
  return walk == asked.walks.end() || walk->second != range_of(row_prefix(asked.id, store)).end;
}

// What comes stays in the store too: all of it will be forgotten before the next barrier.
Status TieredResidency::fetch_part(Tier& tier, StoreId store) {
  TRY(merge());
  WarmRange rest = range_of(row_prefix(tier.id, store));
  std::string& walk = tier.walks.try_emplace(store, rest.begin).first->second;
  rest.begin = std::exchange(walk, rest.end);
  size_t rows = 0;
  return store_->each(rest, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (rows == kRowsAtOnce) {
      walk = key;
      return false;
    }
    ++rows;
    TRY(come_back(tier, key, value));
    return true;
  });
}

bool TieredResidency::has_due(std::string_view table, int64_t until) const {
  return tiers_.find(table)->second.has_due(until);
}

Readiness TieredResidency::prefetch_until(std::string_view table, int64_t until) {
  Tier& asked = tier(table);
  return asked.has_due(until) ? readiness(fetch_due(asked, until)) : Readiness::kReady;
}

// The first of the rows that are due, if there are any. A due time may be of a row that came back
// since, or whose timer was moved: it says nothing then.
Status TieredResidency::fetch_due(Tier& tier, int64_t until) {
  TRY(merge());
  const std::string prefix = row_prefix(tier.id, {});
  for (bool brought = false; !brought && tier.has_due(until);) {
    const WarmRange rest{due_prefix(tier.id, tier.next_due), due_times_of(tier.id).end};
    std::vector<std::string> keys;
    tier.next_due = kNoDue;
    const auto take = [&](std::string_view key, std::string_view) -> Result<bool> {
      const WarmDueKey timer = parse_due_key(key);
      if (timer.due > until || keys.size() == kRowsAtOnce) {
        tier.next_due = timer.due;
        return false;
      }
      keys.push_back(prefix + std::string(timer.row_key));
      put(std::string(key), std::nullopt);
      return true;
    };
    TRY(store_->each(rest, take));
    if (keys.empty()) return {};
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    brought = TRY(bring_back_due(tier, until, keys));
    TRY(merge());
  }
  return {};
}

// Whether there was any. What was merged is all there is.
Result<bool> TieredResidency::bring_back_due(Tier& tier, int64_t until,
                                             const std::vector<std::string>& keys) {
  const std::vector<std::optional<std::string>> values =
      TRY(store_->get({keys.begin(), keys.end()}));
  bool brought = false;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!values[i].has_value()) continue;
    ByteReader in(*values[i]);
    TRY(in.get<uint64_t>());
    const int64_t due = TRY(in.get<int64_t>());
    if (due > until) continue;
    TRY(come_back(tier, keys[i], *values[i]));
    put(keys[i], std::nullopt);
    brought = true;
  }
  return brought;
}

void TieredResidency::forget(std::string_view table, StoreId store) {
  Tier& left = tier(table);
  left.walks.erase(store);
  if (left.stores.erase(store) != 0) drop(range_of(row_prefix(left.id, store)));
}

void TieredResidency::forget_all(std::string_view table) {
  Tier& left = tier(table);
  if (left.stores.empty()) return;
  left.stores.clear();
  left.next_due = kNoDue;
  drop(rows_of(left.id));
  drop(due_times_of(left.id));
}

// What fails is told by status().
void TieredResidency::drop(const WarmRange& range) {
  std::erase_if(recent_,
                [&](const auto& row) { return range.begin <= row.first && row.first < range.end; });
  if (store_ != nullptr) readiness(store_->drop(range));
}

Status TieredResidency::make_room() {
  TRY(status());
  uint64_t used = recent_bytes_;
  for (const auto& [name, tier] : tiers_) used += tier.table->used_bytes();
  share_.use(used);
  const uint64_t excess = share_.excess();
  if (excess == 0) return {};
  evict(excess + setup_.budget->bytes() / kSlackPart);
  const bool many =
      recent_.size() >= kMergedAtOnce || recent_bytes_ > setup_.budget->bytes() / kRecentPart;
  return many ? merge() : Status();
}

// Of each table as large a part as of the others.
void TieredResidency::evict(uint64_t bytes) {
  uint64_t used = 0;
  for (const auto& [name, tier] : tiers_) used += tier.table->used_bytes();
  for (auto& [name, tier] : tiers_) {
    const double part = static_cast<double>(tier.table->used_bytes()) / static_cast<double>(used);
    const uint64_t share = static_cast<uint64_t>(part * static_cast<double>(bytes)) + 1;
    tier.table->evict(share, [this, &tier](LeavingRow row) { leave(tier, std::move(row)); });
  }
}

void TieredResidency::leave(Tier& tier, LeavingRow row) {
  tier.stores.insert(row.store);
  if (row.due != kNoDue) {
    tier.next_due = std::min(tier.next_due, row.due);
    put(due_prefix(tier.id, row.due) + row.key, std::string());
  }
  put(row_prefix(tier.id, row.store) + row.key, std::move(row.value));
}

void TieredResidency::put(std::string key, std::optional<std::string> value) {
  recent_bytes_ += key.size() + (value.has_value() ? value->size() : 0) + kRecentRowBytes;
  recent_.insert_or_assign(std::move(key), std::move(value));
}

// Once it is there, what left since the last time is in the store.
Status TieredResidency::merge() {
  if (recent_.empty()) return {};
  if (store_ == nullptr) store_ = TRY(setup_.open(cut_folder()));
  std::vector<WarmStore::Row> rows;
  rows.reserve(recent_.size());
  while (!recent_.empty()) {
    auto row = recent_.extract(recent_.begin());
    rows.push_back({std::move(row.key()), std::move(row.mapped())});
  }
  recent_bytes_ = 0;
  return store_->merge(std::move(rows));
}

Result<std::optional<WarmCut>> TieredResidency::cut() {
  TRY(status());
  TRY(merge());
  if (store_ == nullptr) return std::optional<WarmCut>();
  return std::optional<WarmCut>(TRY(store_->cut(fmt::format("{}/cut-{}", setup_.folder, ++cuts_))));
}

std::string TieredResidency::cut_folder() const { return setup_.folder + "/store"; }

Status TieredResidency::adopt_cut() {
  store_ = TRY(setup_.open(cut_folder()));
  for (auto& [name, tier] : tiers_) TRY(find_rows(*store_, tier));
  return {};
}

// Which of its stores have rows, and when the first is due: looked up store by store.
Status TieredResidency::find_rows(WarmStore& store, Tier& tier) {
  WarmRange rest = rows_of(tier.id);
  for (bool more = true; more;) {
    more = false;
    TRY(store.each(rest, [&](std::string_view key, std::string_view) -> Result<bool> {
      const StoreId found = parse_row_key(key).store;
      tier.stores.insert(found);
      tier.table->found(found);
      rest.begin = range_of(row_prefix(tier.id, found)).end;
      more = true;
      return false;
    }));
  }
  return store.each(due_times_of(tier.id), [&](std::string_view key, std::string_view) {
    tier.next_due = parse_due_key(key).due;
    return Result<bool>(false);
  });
}

Status TieredResidency::take_in(WarmStore& other, const OwnedGroups& owned) {
  for (auto& [name, tier] : tiers_) {
    const auto take = [&](std::string_view key, std::string_view value) -> Result<bool> {
      ByteReader in(value);
      const uint64_t hash = TRY(in.get<uint64_t>());
      if (!owned.contain(hash)) return true;
      const WarmRowKey placed = parse_row_key(key);
      LeavingRow row{.store = placed.store,
                     .key = std::string(placed.row_key),
                     .due = TRY(in.get<int64_t>()),
                     .value = std::string(value)};
      tier.table->found(placed.store);
      leave(tier, std::move(row));
      if (recent_.size() >= kMergedAtOnce) TRY(merge());
      return true;
    };
    TRY(other.each(rows_of(tier.id), take));
  }
  return {};
}

}  // namespace weir
