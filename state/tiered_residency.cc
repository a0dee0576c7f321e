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

// What left is merged into the store when it is so many rows, or such a part of the task's.
constexpr size_t kMergedAtOnce = 64 << 10;
constexpr uint64_t kRecentPart = 16;
// What tables take that have no row left.
constexpr uint64_t kLeftOver = 1 << 20;
// Rows that are brought back at a time, of those that are due; fewer if they are wide.
constexpr size_t kRowsAtOnce = 4096;
constexpr size_t kBytesAtOnce = 4 << 20;
constexpr size_t kDueAtOnce = 512;  // Of which it is not known before how wide they are.
// What comes at a time of slices that are walked is such a part of the task's share.
constexpr uint64_t kWalkedPart = 8;
// Below its share a task is brought by this part of the budget, so that rows leave by the thousand.
constexpr uint64_t kSlackPart = 32;

// Keys one behind the other in one buffer.
class KeyList {
 public:
  void add(std::string_view prefix, std::string_view key) {
    bytes_.append(prefix).append(key);
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }

  // In order, each once; valid until more are added.
  std::vector<std::string_view> sorted() const {
    std::vector<std::string_view> keys;
    keys.reserve(ends_.size());
    size_t begin = 0;
    for (const size_t end : ends_) {
      keys.push_back(std::string_view(bytes_).substr(begin, end - begin));
      begin = end;
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

// Of a value that a table made: StateTable.
Result<int64_t> due_of(std::string_view value) {
  ByteReader in(value);
  TRY(in.get<uint64_t>());
  return in.get<int64_t>();
}

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
  KeyList wanted;
  const std::string prefix = row_prefix(tier.id, store);
  tier.table->missing(store, keys, selection,
                      [&](std::string_view key) { wanted.add(prefix, key); });
  return bring_back(tier, wanted.sorted());
}

// Those of the keys that there are rows of. Sorted, each once.
Status TieredResidency::bring_back(Tier& tier, const std::vector<std::string_view>& keys) {
  std::vector<std::string_view> unknown;
  for (const std::string_view key : keys) {
    const std::optional<WarmRows::Row> row = find_unmerged(key);
    if (!row.has_value()) {
      unknown.push_back(key);
    } else if (row->value.has_value()) {
      TRY(take_back(tier, key, *row->value));
    }
  }
  if (unknown.empty() || store_ == nullptr) return {};
  return store_->get(unknown, [&](size_t i, std::string_view value) {
    return take_back(tier, unknown[i], value);
  });
}

// Absent: the store knows.
std::optional<WarmRows::Row> TieredResidency::find_unmerged(std::string_view key) const {
  const std::optional<WarmRows::Row> recent = recent_.find(key);
  return recent.has_value() ? recent : merging_.find(key);
}

// It is in the warm tier no more.
Status TieredResidency::take_back(Tier& tier, std::string_view key, std::string_view value) {
  TRY(tier.table->come_back(parse_row_key(key).store, value));
  recent_.put({key, std::nullopt});
  return {};
}

Readiness TieredResidency::prefetch_part(std::string_view table, StoreId store, HashPart part,
                                         KeyedTable& into) {
  const Tier& asked = tier(table);
  if (!asked.stores.contains(store)) return readiness({});
  return readiness(fetch_part(asked, store, part, into));
}

Status TieredResidency::fetch_part(const Tier& tier, StoreId store, HashPart part,
                                   KeyedTable& into) {
  TRY(merge());
  const WarmRange range = part_of_slice(tier.id, store, part);
  return store_->each(range, [&](std::string_view, std::string_view value) -> Result<bool> {
    TRY(tier.table->copy_back(value, into));
    return true;
  });
}

// What cannot be asked for now is told by prefetch_part().
uint32_t TieredResidency::parts(std::string_view table, const std::vector<StoreId>& stores,
                                uint64_t beside) {
  const Result<uint64_t> out = bytes_out(tier(table), stores);
  if (!out.ok()) {
    readiness(out.error());
    return 1;
  }
  const uint64_t at_once = std::max(share_.equal_part() / kWalkedPart, setup_.walked_bytes_min);
  uint32_t parts = 1;
  while (parts < HashPart::kMax && (*out + beside) / parts > at_once) parts *= 2;
  return parts;
}

Result<uint64_t> TieredResidency::bytes_out(const Tier& tier, const std::vector<StoreId>& stores) {
  uint64_t bytes = 0;
  for (const StoreId store : stores) {
    if (!tier.stores.contains(store)) continue;
    TRY(merge());
    bytes += TRY(store_->disk_bytes(range_of(row_prefix(tier.id, store))));
  }
  return bytes;
}

int64_t TieredResidency::Tier::first_due() const {
  return next_due.empty() ? kNoDue : parse_due_key(next_due).due;
}

bool TieredResidency::Tier::has_due(int64_t until) const {
  return !next_due.empty() && first_due() <= until;
}

void TieredResidency::Tier::found_due(std::string_view key) {
  if (next_due.empty() || key < next_due) next_due = key;
}

int64_t TieredResidency::first_due(std::string_view table) const {
  return tiers_.find(table)->second.first_due();
}

Readiness TieredResidency::prefetch_until(std::string_view table, int64_t until) {
  Tier& asked = tier(table);
  if (!asked.has_due(until)) return Readiness::kReady;
  return readiness(asked.waits() ? fetch_waiting(asked) : fetch_due(asked, until));
}

// The first of them, as many as come at a time: with small steps of the watermark they are asked
// for a few at a time, and each time costs a merge.
Status TieredResidency::fetch_waiting(Tier& tier) {
  TRY(merge());
  const WarmRange rest{std::exchange(tier.next_due, {}), due_times_of(tier.id).end};
  size_t rows = 0;
  size_t bytes = 0;
  return store_->each(rest, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (rows == kRowsAtOnce || bytes >= kBytesAtOnce) {
      tier.next_due = key;
      return false;
    }
    ++rows;
    bytes += value.size();
    TRY(tier.table->come_back({}, value));
    recent_.put({key, std::nullopt});
    return true;
  });
}

// The first of the rows that are due, if there are any. A due time may be of a row that came back
// since, or whose timer was moved: it says nothing then.
Status TieredResidency::fetch_due(Tier& tier, int64_t until) {
  TRY(merge());
  for (size_t bytes = 0; bytes == 0 && tier.has_due(until);) {
    const WarmRange rest{std::exchange(tier.next_due, {}), due_times_of(tier.id).end};
    std::vector<std::string> due;
    const auto take = [&](std::string_view key, std::string_view) -> Result<bool> {
      if (parse_due_key(key).due > until || due.size() == kRowsAtOnce) {
        tier.next_due = key;
        return false;
      }
      due.emplace_back(key);
      return true;
    };
    TRY(store_->each(rest, take));
    bytes = TRY(bring_back_due(tier, until, due));
    TRY(merge());
  }
  return {};
}

// Of due times in their order the rows of the first, until they are many bytes, which it returns.
// What was merged is all there is.
Result<size_t> TieredResidency::bring_back_due(Tier& tier, int64_t until,
                                               const std::vector<std::string>& due) {
  const std::string prefix = row_prefix(tier.id, {});
  size_t bytes = 0;
  for (size_t from = 0; from < due.size(); from += kDueAtOnce) {
    if (bytes >= kBytesAtOnce) {
      tier.found_due(due[from]);
      break;
    }
    KeyList rows;
    for (size_t i = from; i < std::min(from + kDueAtOnce, due.size()); ++i) {
      rows.add(prefix, parse_due_key(due[i]).row_key);
      recent_.put({due[i], std::nullopt});
    }
    std::vector<std::string_view> keys = rows.sorted();
    // A row of which another due time came before is here already.
    std::erase_if(keys, [this](std::string_view key) { return recent_.find(key).has_value(); });
    const auto take = [&](size_t i, std::string_view value) -> Status {
      if (TRY(due_of(value)) > until) return {};
      bytes += value.size();
      return take_back(tier, keys[i], value);
    };
    TRY(store_->get(keys, take));
  }
  return bytes;
}

void TieredResidency::forget(std::string_view table, StoreId store) {
  Tier& left = tier(table);
  if (left.stores.erase(store) != 0) drop(range_of(row_prefix(left.id, store)));
}

void TieredResidency::forget_all(std::string_view table) {
  Tier& left = tier(table);
  if (left.stores.empty()) return;
  left.stores.clear();
  left.next_due.clear();
  drop(rows_of(left.id));
  drop(due_times_of(left.id));
}

// What fails is told by status().
void TieredResidency::drop(const WarmRange& range) {
  readiness(merge());
  if (store_ != nullptr) readiness(store_->drop(range));
}

Status TieredResidency::make_room() {
  TRY(status());
  if (store_ != nullptr && store_->is_merged()) TRY(end_merge());
  // Room for the rows on their way is kept from the start, so that none is missing when they leave.
  const uint64_t on_their_way = recent_.bytes() + merging_.bytes();
  share_.use(bytes_in_tables() + std::max(on_their_way, 2 * recent_max()));
  const uint64_t excess = share_.excess();
  if (excess == 0) return {};
  evict(excess + share_.equal_part() / kSlackPart);
  if (is_much_on_its_way()) TRY(begin_merge());
  return check_fits();
}

// What can never leave must fit.
Status TieredResidency::check_fits() const {
  uint64_t stays = 0;
  for (const auto& [name, tier] : tiers_) {
    stays += tier.table->used_bytes() - tier.table->held_bytes();
  }
  if (stays <= setup_.budget->bytes() + kLeftOver) return {};
  const auto largest =
      std::max_element(tiers_.begin(), tiers_.end(), [](const auto& a, const auto& b) {
        return a.second.table->used_bytes() < b.second.table->used_bytes();
      });
  return user_error(fmt::format(
      "rows that have to be in memory do not fit: {} takes {} MiB, and all state of the job may "
      "take {} MiB; raise --memory, or have fewer windows open (their size, watermark_delay)",
      largest->first, largest->second.table->used_bytes() >> 20, setup_.budget->bytes() >> 20));
}

bool TieredResidency::is_much_on_its_way() const {
  return recent_.size() >= kMergedAtOnce || recent_.used_bytes() > recent_max();
}

uint64_t TieredResidency::recent_max() const { return share_.equal_part() / kRecentPart; }

uint64_t TieredResidency::bytes_in_tables() const {
  uint64_t bytes = 0;
  for (const auto& [name, tier] : tiers_) bytes += tier.table->used_bytes();
  return bytes;
}

// Of each table as large a part as of the others, as far as rows of it can leave.
void TieredResidency::evict(uint64_t bytes) {
  uint64_t used = bytes_in_tables();
  const uint64_t goal = used - std::min(bytes, used);
  for (uint64_t before = used + 1; used > goal && used < before;) {
    before = used;
    const double part = static_cast<double>(used - goal) / static_cast<double>(used);
    for (auto& [name, tier] : tiers_) {
      const auto share = static_cast<size_t>(part * static_cast<double>(tier.table->used_bytes()));
      tier.table->evict(share + 1, [this, &tier](const LeavingRow& row) { leave(tier, row); });
    }
    used = bytes_in_tables();
  }
}

void TieredResidency::leave(Tier& tier, const LeavingRow& row) {
  if (row.due != kNoDue) {
    const std::string due = due_prefix(tier.id, row.due).append(row.key);
    tier.found_due(due);
    recent_.put({due, tier.waits() ? row.value : std::string_view()});
  }
  if (tier.waits()) return;
  tier.stores.insert(row.store);
  recent_.put({row_prefix(tier.id, row.store).append(row.key), row.value});
}

Status TieredResidency::begin_merge() {
  TRY(end_merge());
  if (store_ == nullptr) store_ = TRY(setup_.open(cut_folder()));
  std::swap(recent_, merging_);
  store_->begin_merge(merging_);
  return {};
}

Status TieredResidency::end_merge() {
  if (store_ == nullptr) return {};
  Status merged = store_->end_merge();
  merging_.clear();
  return merged;
}

// All that left is in the store then.
Status TieredResidency::merge() {
  if (!recent_.empty()) TRY(begin_merge());
  return end_merge();
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
    tier.next_due = key;
    return Result<bool>(false);
  });
}

Status TieredResidency::take_in(WarmStore& other, const OwnedGroups& owned) {
  for (auto& [name, tier] : tiers_) {
    const WarmRange range = tier.waits() ? due_times_of(tier.id) : rows_of(tier.id);
    TRY(take_in_range(other, range, tier, owned));
  }
  return {};
}

Status TieredResidency::take_in_range(WarmStore& other, const WarmRange& range, Tier& tier,
                                      const OwnedGroups& owned) {
  return other.each(range, [&](std::string_view key, std::string_view value) -> Result<bool> {
    ByteReader in(value);
    const uint64_t hash = TRY(in.get<uint64_t>());
    if (!owned.contain(hash)) return true;
    const int64_t due = TRY(in.get<int64_t>());
    const WarmRowKey placed =
        tier.waits() ? WarmRowKey{{}, parse_due_key(key).row_key} : parse_row_key(key);
    tier.table->found(placed.store);
    leave(tier, {placed.store, placed.row_key, due, value});
    if (is_much_on_its_way()) TRY(merge());
    return true;
  });
}

}  // namespace weir
