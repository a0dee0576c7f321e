#include "state/sliced_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

SlicedTable::SlicedTable(TableSpec spec, Residency& residency)
    : StateTable(spec.name, residency),
      spec_(std::move(spec)),
      layout_(std::make_shared<const RowLayout>(spec_.key, spec_.value)) {
  CHECK(!spec_.with_timer);
}

KeyedTable& SlicedTable::slice(SliceId id) {
  residency_.used(spec_.name, id.end);
  return made(id).rows;
}

KeyedTable& SlicedTable::hold(SliceId id) {
  held_ = id;
  return made(id).rows;
}

SlicedTable::Slice& SlicedTable::made(SliceId id) {
  const auto found = slices_.find(id);
  if (found != slices_.end()) return found->second;
  return slices_.emplace(id, Slice{KeyedTable(layout_, spec_.access)}).first->second;
}

void SlicedTable::drop(SliceId id) {
  const auto found = slices_.find(id);
  if (found == slices_.end()) return;
  if (found->second.is_frozen) dropped_.push_back(id);
  slices_.erase(found);
  if (slices_.empty()) left_ = 0;
  if (held_ == id) held_.reset();
  residency_.forget(name_, {id.end, id.first});
}

uint32_t SlicedTable::parts(const std::vector<SliceId>& ids, uint64_t beside) {
  std::vector<StoreId> stores;
  for (const SliceId id : ids) stores.push_back({id.end, id.first});
  return residency_.parts(name_, stores, beside);
}

template <typename Amount>
size_t SlicedTable::sum_of(Amount&& amount) const {
  size_t sum = 0;
  for (const auto& [id, slice] : slices_) sum += amount(slice.rows);
  return sum;
}

size_t SlicedTable::rows() const {
  return sum_of([](const KeyedTable& rows) { return rows.size(); });
}

size_t SlicedTable::bytes() const {
  return beside_ + sum_of([](const KeyedTable& rows) { return rows.bytes(); });
}

size_t SlicedTable::used_bytes() const {
  return beside_ + sum_of([](const KeyedTable& rows) { return rows.used_bytes(); });
}

size_t SlicedTable::held_bytes() const {
  return beside_ + (held_.has_value() ? slices_.at(*held_).rows.used_bytes() : 0);
}

std::string SlicedTable::signature() const {
  return fmt::format("slices of ({}) -> ({})", types_text(spec_.key), types_text(spec_.value));
}

void SlicedTable::freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) {
  ByteWriter head;
  head.put(passed_);
  head.put(left_);
  out.head = std::move(head).take();
  if (what == Freeze::kChanges) {
    for (const SliceId id : dropped_) {
      out.stores.push_back({{id.end, id.first}, true, FrozenRows(layout_, {})});
    }
  }
  dropped_.clear();
  for (auto& [id, slice] : slices_) {
    const Freeze how = slice.is_frozen ? what : Freeze::kWhole;
    freeze_store(slice.rows, {{id.end, id.first}, how, {}}, memory, out);
    slice.is_frozen = true;
  }
}

Status SlicedTable::read(const StateImage::Table& from, const OwnedGroups& owned) {
  ByteReader head(from.head);
  const int64_t passed = TRY(head.get<int64_t>());
  const uint64_t left = TRY(head.get<uint64_t>());
  if (head.left() != 0) return misfit();
  passed_ = std::max(passed_, passed);
  left_ = std::max(left_, left);
  for (const auto& [id, store] : from.stores) {
    const SliceId slice(id.end, id.first);
    const bool is_new = !slices_.contains(slice);
    KeyedTable& rows = made(slice).rows;
    const auto read_row = [&](RowId, uint64_t hash, ByteReader& rest) -> Status {
      TRY(rows.insert_encoded(hash, rest));
      return {};
    };
    TRY(read_rows(&store, owned, rows, read_row));
    if (is_new && rows.size() == 0) slices_.erase(slice);
  }
  // Nothing owned of what has fired: nothing to remember.
  if (slices_.empty()) {
    passed_ = std::numeric_limits<int64_t>::min();
    left_ = 0;
  }
  return {};
}

// Null: no slice has rows that can leave.
SlicedTable::Slice* SlicedTable::largest_to_leave(SliceId& id) {
  Slice* largest = nullptr;
  for (auto& [other, slice] : slices_) {
    if (held_ == other || slice.rows.size() == 0) continue;
    if (largest != nullptr && slice.rows.size() <= largest->rows.size()) continue;
    largest = &slice;
    id = other;
  }
  return largest;
}

// The largest slice gives. A row that is not reached by key has its hash and a number for one, so
// that none is the same as another: those of several tasks never have the same hash, each is of a
// key group that one of them owned.
void SlicedTable::evict(size_t bytes, const Leave& leave) {
  LeavingBytes leaving;
  const size_t before = used_bytes();
  while (used_bytes() + bytes > before) {
    SliceId id(0);
    Slice* const slice = largest_to_leave(id);
    if (slice == nullptr) return;
    KeyedTable& rows = slice->rows;
    evict_rows(rows, 1, [&](RowId row) {
      leaving.begin(rows, row, kNoDue);
      if (spec_.access == Access::kByRow) {
        const uint64_t number[] = {rows.hash(row), left_++};
        leaving.key.assign(reinterpret_cast<const char*>(number), sizeof number);
      }
      leaving.key.insert(0, 1, static_cast<char>(HashPart::smallest(rows.hash(row))));
      rows.erase(row);
      leave({{id.end, id.first}, leaving.key, kNoDue, leaving.value.view()});
    });
  }
}

// Rows that are not reached by key are walked only.
void SlicedTable::missing(StoreId store, const KeyBatch& keys, Selection selection,
                          const Missing& f) const {
  if (spec_.access == Access::kByRow) return;
  std::string key;
  missing_in(slices_.at({store.end, store.first}).rows, keys, selection,
             [&](uint64_t hash, std::string_view row_key) {
               key.assign(1, static_cast<char>(HashPart::smallest(hash))).append(row_key);
               f(key);
             });
}

Status SlicedTable::come_back(StoreId store, std::string_view value) {
  return copy_back(value, made({store.end, store.first}).rows);
}

}  // namespace weir
