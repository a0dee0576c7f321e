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
  return slices_.try_emplace(id, layout_, spec_.access).first->second;
}

size_t SlicedTable::rows() const {
  size_t sum = 0;
  for (const auto& [id, table] : slices_) sum += table.size();
  return sum;
}

size_t SlicedTable::bytes() const {
  size_t sum = 0;
  for (const auto& [id, table] : slices_) sum += table.bytes();
  return sum;
}

std::string SlicedTable::signature() const {
  return fmt::format("slices of ({}) -> ({})", types_text(spec_.key), types_text(spec_.value));
}

void SlicedTable::write_snapshot(ByteWriter& out) const {
  out.put(passed_);
  out.put(static_cast<uint32_t>(slices_.size()));
  for (const auto& [id, slice] : slices_) {
    const KeyedTable& table = slice;
    out.put(id.end);
    out.put(id.first);
    out.put(static_cast<uint32_t>(table.size()));
    for (RowId row = 0; row < table.ids_end(); ++row) {
      if (!table.is_live(row)) continue;
      put_item(out, table.hash(row), [&] { table.encode_row(row, out); });
    }
  }
}

Status SlicedTable::read_snapshot(ByteReader& in, const OwnedGroups& owned) {
  const int64_t passed = TRY(in.get<int64_t>());
  passed_ = std::max(passed_, passed);
  const uint32_t slices = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < slices; ++i) {
    const int64_t end = TRY(in.get<int64_t>());
    const int64_t first = TRY(in.get<int64_t>());
    const SliceId id(end, first);
    const auto read_row = [&](uint64_t hash, ByteReader& item) -> Status {
      KeyedTable& slice = slices_.try_emplace(id, layout_, spec_.access).first->second;
      TRY(slice.insert_encoded(hash, item));
      return {};
    };
    TRY(read_items(in, owned, read_row));
  }
  // Nothing owned of what has fired: nothing to remember.
  if (slices_.empty()) passed_ = std::numeric_limits<int64_t>::min();
  return {};
}

}  // namespace weir
