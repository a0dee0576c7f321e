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
  residency_.forget(name_, {id.end, id.first});
}

Readiness SlicedTable::prefetch_part(SliceId id) {
  return residency_.prefetch_part(name_, {id.end, id.first}, slices_.at(id).rows.size());
}

void SlicedTable::clear(SliceId id) {
  KeyedTable& rows = slices_.at(id).rows;
  for (RowId row = 0; row < rows.ids_end(); ++row) {
    if (rows.is_live(row)) rows.erase(row);
  }
}

size_t SlicedTable::rows() const {
  size_t sum = 0;
  for (const auto& [id, slice] : slices_) sum += slice.rows.size();
  return sum;
}

size_t SlicedTable::bytes() const {
  size_t sum = 0;
  for (const auto& [id, slice] : slices_) sum += slice.rows.bytes();
  return sum;
}

size_t SlicedTable::used_bytes() const {
  size_t sum = 0;
  for (const auto& [id, slice] : slices_) sum += slice.rows.used_bytes();
  return sum;
}

std::string SlicedTable::signature() const {
  return fmt::format("slices of ({}) -> ({})", types_text(spec_.key), types_text(spec_.value));
}

void SlicedTable::freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) {
  ByteWriter head;
  head.put(passed_);
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
  if (head.left() != 0) return misfit();
  passed_ = std::max(passed_, passed);
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
  if (slices_.empty()) passed_ = std::numeric_limits<int64_t>::min();
  return {};
}

// The largest slice gives. Rows that are not reached by key stay.
void SlicedTable::evict(size_t bytes, const Leave& leave) {
  if (spec_.access != Access::kByKey) return;
  LeavingBytes leaving;
  const size_t before = used_bytes();
  while (!slices_.empty() && used_bytes() + bytes > before) {
    const auto largest = std::max_element(
        slices_.begin(), slices_.end(),
        [](const auto& a, const auto& b) { return a.second.rows.size() < b.second.rows.size(); });
    KeyedTable& rows = largest->second.rows;
    if (rows.size() == 0) return;
    const StoreId store{largest->first.end, largest->first.first};
    evict_rows(rows, 1, [&](RowId row) {
      leaving.begin(rows, row, kNoDue);
      rows.erase(row);
      leave({store, leaving.key, kNoDue, leaving.value.view()});
    });
  }
}

void SlicedTable::missing(StoreId store, const KeyBatch& keys, Selection selection,
                          const Missing& f) const {
  missing_in(slices_.at({store.end, store.first}).rows, keys, selection, f);
}

Status SlicedTable::come_back(StoreId store, std::string_view value) {
  ByteReader in(value);
  TRY(begin_return(made({store.end, store.first}).rows, in));
  return in.left() == 0 ? Status() : misfit();
}

}  // namespace weir
