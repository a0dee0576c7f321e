#include "state/task_state.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

namespace weir {
namespace {

// snapshot = magic:u32 crc32c:u32 body
// body     = tables:u32 table* splits:u32 split*
// table    = name:sized slices:u32 slice*
// slice    = end:i64 rows:u32 row*                 row: KeyedTable::encode_row, preceded by its
// length:u32 split    = name:sized position:sized highest:i64 finished:u8
constexpr uint32_t kMagic = 0x31535257;  // "WRS1"

void put_slice(int64_t end, const KeyedTable& table, ByteWriter& out) {
  out.put(end);
  out.put(static_cast<uint32_t>(table.size()));
  for (RowId id = 0; id < table.ids_end(); ++id) {
    if (!table.is_live(id)) continue;
    const size_t length_at = out.size();
    out.put<uint32_t>(0);
    table.encode_row(id, out);
    out.patch(length_at, static_cast<uint32_t>(out.size() - length_at - sizeof(uint32_t)));
  }
}

}  // namespace

SlicedTable::SlicedTable(TableSpec spec, Residency& residency)
    : spec_(std::move(spec)),
      layout_(std::make_shared<const RowLayout>(spec_.key, spec_.value)),
      residency_(residency) {}

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

TaskState::TaskState(uint32_t key_groups, KeyGroupRange range, std::unique_ptr<Residency> residency)
    : groups_(key_groups), range_(range), residency_(std::move(residency)) {
  CHECK(range.first <= range.last);
  CHECK(range.last < key_groups);
}

SlicedTable& TaskState::sliced(const TableSpec& spec) {
  auto& table = sliced_[spec.name];
  if (table == nullptr) table = std::make_unique<SlicedTable>(spec, *residency_);
  CHECK(table->spec_.key == spec.key);
  CHECK(table->spec_.value == spec.value);
  return *table;
}

size_t TaskState::bytes() const {
  size_t sum = 0;
  for (const auto& [name, table] : sliced_) sum += table->bytes();
  return sum;
}

std::string TaskState::snapshot() const {
  ByteWriter out;
  out.put(kMagic);
  const size_t crc_at = out.size();
  out.put<uint32_t>(0);
  out.put(static_cast<uint32_t>(sliced_.size()));
  for (const auto& [name, table] : sliced_) {
    out.put_sized(name);
    out.put(static_cast<uint32_t>(table->slices_.size()));
    for (const auto& [end, slice] : table->slices_) put_slice(end, slice, out);
  }
  out.put(static_cast<uint32_t>(splits_.size()));
  for (const auto& [name, split] : splits_) {
    out.put_sized(name);
    out.put_sized(split.position);
    out.put(split.highest_event_time);
    out.put<uint8_t>(split.finished ? 1 : 0);
  }
  out.patch(crc_at, crc32c(out.view().substr(crc_at + sizeof(uint32_t))));
  return std::move(out).take();
}

Status TaskState::restore_table(ByteReader& in) {
  const std::string_view name = TRY(in.get_sized());
  const auto found = sliced_.find(name);
  if (found == sliced_.end()) {
    return corrupt(fmt::format("snapshot has a table that the job does not have: table={}", name));
  }
  SlicedTable& table = *found->second;
  const uint32_t slices = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < slices; ++i) {
    const int64_t end = TRY(in.get<int64_t>());
    const uint32_t rows = TRY(in.get<uint32_t>());
    for (uint32_t r = 0; r < rows; ++r) {
      ByteReader row(TRY(in.get_sized()));
      const uint64_t hash = TRY(row.get<uint64_t>());
      if (!range_.contains(key_group_of(hash, groups_))) continue;
      KeyedTable& slice = table.slices_.try_emplace(end, table.layout_).first->second;
      TRY(slice.insert_encoded(hash, row));
      if (row.left() != 0) {
        return corrupt(fmt::format("snapshot row does not fit its table: table={}", name));
      }
    }
  }
  return {};
}

Status TaskState::restore(std::string_view snapshot) {
  ByteReader in(snapshot);
  const uint32_t magic = TRY(in.get<uint32_t>());
  const uint32_t crc = TRY(in.get<uint32_t>());
  if (magic != kMagic || crc != crc32c(snapshot.substr(2 * sizeof(uint32_t)))) {
    return corrupt(fmt::format("not a snapshot, or a damaged one: bytes={}", snapshot.size()));
  }
  const uint32_t tables = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < tables; ++i) TRY(restore_table(in));
  const uint32_t splits = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < splits; ++i) {
    const std::string_view name = TRY(in.get_sized());
    SplitState state;
    state.position = TRY(in.get_sized());
    state.highest_event_time = TRY(in.get<int64_t>());
    const uint8_t finished = TRY(in.get<uint8_t>());
    state.finished = finished != 0;
    splits_.insert_or_assign(std::string(name), std::move(state));
  }
  return {};
}

}  // namespace weir
