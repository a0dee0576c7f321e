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
  return more;
}

void UnslicedTable::erase_all() {
  for (RowId row = 0; row < table_.ids_end(); ++row) {
    if (table_.is_live(row)) table_.erase(row);
  }
}

size_t UnslicedTable::bytes() const {
  return table_.bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

std::string UnslicedTable::signature() const {
  return fmt::format("({}) -> ({}){}", types_text(spec_.key), types_text(spec_.value),
                     spec_.with_timer ? " with timers" : "");
}

void UnslicedTable::write_snapshot(ByteWriter& out) const {
  out.put(static_cast<uint32_t>(table_.size()));
  for (RowId id = 0; id < table_.ids_end(); ++id) {
    if (!table_.is_live(id)) continue;
    put_item(out, table_.hash(id), [&] {
      table_.encode_row(id, out);
      if (timers_.has_value()) out.put(timers_->due(id));
    });
  }
}

Status UnslicedTable::read_snapshot(ByteReader& in, const OwnedGroups& owned) {
  return read_items(in, owned, [&](uint64_t hash, ByteReader& item) -> Status {
    const RowId row = TRY(table_.insert_encoded(hash, item));
    if (!timers_.has_value()) return {};
    const int64_t due = TRY(item.get<int64_t>());
    if (due != kNoDue) timers_->set(row, due);
    return {};
  });
}

}  // namespace weir
