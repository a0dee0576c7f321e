#include "state/sliced_table.h"

namespace weir {

SlicedTable::SlicedTable(TableSpec spec, Residency& residency)
    : StateTable(spec.name, residency),
      spec_(std::move(spec)),
      layout_(std::make_shared<const RowLayout>(spec_.key, spec_.value)) {
  CHECK(!spec_.with_timer);
}

KeyedTable& SlicedTable::slice(int64_t end) {
  residency_.used(spec_.name, end);
  return slices_.try_emplace(end, layout_).first->second;
}

size_t SlicedTable::rows() const {
  size_t sum = 0;
  for (const auto& [end, table] : slices_) sum += table.size();
  return sum;
}

size_t SlicedTable::bytes() const {
  size_t sum = 0;
  for (const auto& [end, table] : slices_) sum += table.bytes();
  return sum;
}

void SlicedTable::write_snapshot(ByteWriter& out) const {
  out.put(static_cast<uint32_t>(slices_.size()));
  for (const auto& [end, slice] : slices_) {
    const KeyedTable& table = slice;
    out.put(end);
    out.put(static_cast<uint32_t>(table.size()));
    for (RowId id = 0; id < table.ids_end(); ++id) {
      if (!table.is_live(id)) continue;
      put_item(out, table.hash(id), [&] { table.encode_row(id, out); });
    }
  }
}

Status SlicedTable::read_snapshot(ByteReader& in, const OwnedGroups& owned) {
  const uint32_t slices = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < slices; ++i) {
    const int64_t end = TRY(in.get<int64_t>());
    const auto read_row = [&](uint64_t hash, ByteReader& item) -> Status {
      KeyedTable& slice = slices_.try_emplace(end, layout_).first->second;
      TRY(slice.insert_encoded(hash, item));
      return {};
    };
    TRY(read_items(in, owned, read_row));
  }
  return {};
}

}  // namespace weir
