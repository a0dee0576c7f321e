#include "state/unsliced_table.h"

#include <fmt/format.h>

namespace weir {

UnslicedTable::UnslicedTable(TableSpec spec, Residency& residency)
    : StateTable(spec.name, residency),
      spec_(std::move(spec)),
      table_(std::make_shared<const RowLayout>(spec_.key, spec_.value,
                                               spec_.with_timer ? Timers::kWords : 0)) {
  CHECK(spec_.access == Access::kByKey);
  if (spec_.with_timer) timers_.emplace(table_, 0);
}

KeyedTable& UnslicedTable::table() {
  residency_.used(spec_.name, 0);
  return table_;
}

bool UnslicedTable::erase_due(int64_t until, size_t rows_max) {
  due_.clear();
  const bool more = timers_->pop_due(until, rows_max, due_);
  if (!due_.empty()) residency_.used(spec_.name, 0);
  for (const Timers::Due& due : due_) table_.erase(due.row);
  return more || residency_.has_due(name_, until);
}

void UnslicedTable::erase_all() {
  for (RowId row = 0; row < table_.ids_end(); ++row) {
    if (table_.is_live(row)) table_.erase(row);
  }
  residency_.forget_all(name_);
}

size_t UnslicedTable::bytes() const {
  return table_.bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

size_t UnslicedTable::used_bytes() const {
  return table_.used_bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

std::string UnslicedTable::signature() const {
  return fmt::format("({}) -> ({}){}", types_text(spec_.key), types_text(spec_.value),
                     spec_.with_timer ? " with timers" : "");
}

void UnslicedTable::freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) {
  std::vector<size_t> words;
  if (timers_.has_value()) words.push_back(timers_->due_offset());
  freeze_store(table_, {{}, what, std::move(words)}, memory, out);
}

Status UnslicedTable::read(const StateImage::Table& from, const OwnedGroups& owned) {
  return read_rows(from.store({}), owned, table_,
                   [&](RowId, uint64_t hash, ByteReader& rest) -> Status {
                     const RowId row = TRY(table_.insert_encoded(hash, rest));
                     if (!timers_.has_value()) return {};
                     timers_->restore(row, TRY(rest.get<uint64_t>()));
                     return {};
                   });
}

void UnslicedTable::evict(size_t bytes, const Leave& leave) {
  LeavingBytes leaving;
  evict_rows(table_, bytes, [&](RowId row) {
    const int64_t due = timers_.has_value() ? timers_->due(row) : kNoDue;
    leaving.begin(table_, row, due);
    table_.erase(row);
    leave({{}, leaving.key, due, leaving.value.view()});
  });
}

void UnslicedTable::missing(StoreId, const KeyBatch& keys, Selection selection,
                            const Missing& f) const {
  missing_in(table_, keys, selection, [&](uint64_t, std::string_view key) { f(key); });
}

Status UnslicedTable::come_back(StoreId, std::string_view value) {
  ByteReader in(value);
  const Returned back = TRY(begin_return(table_, in));
  if (in.left() != 0 || (back.due != kNoDue && !timers_.has_value())) return misfit();
  if (back.due != kNoDue) timers_->set(back.row, back.due);
  return {};
}

}  // namespace weir
