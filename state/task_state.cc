#include "state/task_state.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weir {
namespace {

// snapshot = magic:u32 crc32c:u32 body
// body     = tables:u32 table* splits:u32 split* clocks:u32 clock*
// table    = name:sized kind:u8 length:u64 content    content: the header of each kind of table
// split    = name:sized position:sized highest:i64 finished:u8
// clock    = step:sized told:i64
constexpr uint32_t kMagic = 0x34535257;  // "WRS4"

}  // namespace

TaskState::TaskState(uint32_t key_groups, KeyGroupRange range, std::unique_ptr<Residency> residency)
    : owned_{key_groups, range}, residency_(std::move(residency)) {
  CHECK(range.first <= range.last);
  CHECK(range.last < key_groups);
}

template <typename Table, typename Spec>
Table& TaskState::declare(const Spec& spec) {
  std::unique_ptr<StateTable>& table = tables_[spec.name];
  if (table == nullptr) table = std::make_unique<Table>(spec, *residency_);
  auto* declared = dynamic_cast<Table*>(table.get());
  CHECK(declared != nullptr);
  CHECK(declared->spec() == spec);
  return *declared;
}

SlicedTable& TaskState::sliced(const TableSpec& spec) { return declare<SlicedTable>(spec); }
UnslicedTable& TaskState::keyed(const TableSpec& spec) { return declare<UnslicedTable>(spec); }
KeyedLists& TaskState::lists(const ListsSpec& spec) { return declare<KeyedLists>(spec); }
WaitingRows& TaskState::waiting(const WaitingSpec& spec) { return declare<WaitingRows>(spec); }

std::map<std::string, std::string> TaskState::signatures() const {
  std::map<std::string, std::string> signatures;
  for (const auto& [name, table] : tables_) signatures.emplace(name, table->signature());
  return signatures;
}

int64_t& TaskState::clock(const std::string& step) {
  return clocks_.try_emplace(step, std::numeric_limits<int64_t>::min()).first->second;
}

size_t TaskState::bytes() const {
  size_t sum = 0;
  for (const auto& [name, table] : tables_) sum += table->bytes();
  return sum;
}

std::string TaskState::snapshot() const {
  ByteWriter out;
  out.put(kMagic);
  const size_t crc_at = out.size();
  out.put<uint32_t>(0);
  out.put(static_cast<uint32_t>(tables_.size()));
  for (const auto& [name, table] : tables_) {
    out.put_sized(name);
    out.put(table->kind());
    const size_t length_at = out.size();
    out.put<uint64_t>(0);
    table->write_snapshot(out);
    out.patch(length_at, uint64_t{out.size() - length_at - sizeof(uint64_t)});
  }
  out.put(static_cast<uint32_t>(splits_.size()));
  for (const auto& [name, split] : splits_) {
    out.put_sized(name);
    out.put_sized(split.position);
    out.put(split.highest_event_time);
    out.put<uint8_t>(split.finished ? 1 : 0);
  }
  out.put(static_cast<uint32_t>(clocks_.size()));
  for (const auto& [step, told] : clocks_) {
    out.put_sized(step);
    out.put(told);
  }
  out.patch(crc_at, crc32c(out.view().substr(crc_at + sizeof(uint32_t))));
  return std::move(out).take();
}

Status TaskState::restore_table(ByteReader& in) {
  const std::string_view name = TRY(in.get_sized());
  const TableKind kind = TRY(in.get<TableKind>());
  const uint64_t length = TRY(in.get<uint64_t>());
  ByteReader content(TRY(in.get_bytes(length)));
  const auto found = tables_.find(name);
  if (found == tables_.end()) return {};
  if (found->second->kind() != kind) {
    return corrupt(fmt::format("snapshot has a table of another kind: table={} kind={}", name,
                               static_cast<int>(kind)));
  }
  TRY(found->second->read_snapshot(content, owned_));
  if (content.left() == 0) return {};
  return corrupt(fmt::format("snapshot does not fit its table: table={}", name));
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
  const uint32_t clocks = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < clocks; ++i) {
    const std::string_view step = TRY(in.get_sized());
    const int64_t told = TRY(in.get<int64_t>());
    int64_t& own = clock(std::string(step));
    own = std::max(own, told);
  }
  return {};
}

}  // namespace weir
