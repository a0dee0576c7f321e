#include "state/unsliced_table.h"

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

size_t UnslicedTable::bytes() const {
  return table_.bytes() + (timers_.has_value() ? timers_->bytes() : 0);
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
