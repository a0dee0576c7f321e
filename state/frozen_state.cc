#include "state/frozen_state.h"

namespace weir {

StateFileWriter::StateFileWriter(Freeze what) {
  out_.put(kStateFileMagic);
  out_.put<uint8_t>(what == Freeze::kWhole ? 1 : 0);
}

void StateFileWriter::put_table(const TableHead& table, size_t stores) {
  out_.put_sized(table.name);
  out_.put(table.kind);
  out_.put_sized(table.head);
  out_.put(static_cast<uint32_t>(stores));
}

void StateFileWriter::put_store(StoreId id, bool anew) {
  out_.put(id.end);
  out_.put(id.first);
  out_.put<uint8_t>(anew ? 1 : 0);
}

std::string StateFileWriter::finish(const std::map<std::string, SplitState>& splits,
                                    const std::map<std::string, int64_t>& clocks) && {
  out_.put(static_cast<uint32_t>(splits.size()));
  for (const auto& [name, split] : splits) {
    out_.put_sized(name);
    out_.put_sized(split.position);
    out_.put(split.highest_event_time);
    out_.put<uint8_t>(split.finished ? 1 : 0);
  }
  out_.put(static_cast<uint32_t>(clocks.size()));
  for (const auto& [step, told] : clocks) {
    out_.put_sized(step);
    out_.put(told);
  }
  return std::move(out_).take();
}

std::string FrozenState::encode() const { return encode_into(nullptr); }

std::string FrozenState::encode_last() {
  // A small copy is kept whole: memory that is new costs more than the copying.
  const bool is_large = memory.bytes() > FrozenMemory::kSpareBytesMax / 4;
  return encode_into(is_large ? &memory : nullptr);
}

std::string FrozenState::encode_into(FrozenMemory* freed) const {
  StateFileWriter file(what);
  // Once, since growing would copy it again and again. What is not written to takes no memory.
  file.out().reserve(memory.bytes() + memory.bytes() / 2);
  file.put_count(tables.size());
  for (const FrozenTable& table : tables) {
    file.put_table({table.name, table.kind, table.head}, table.stores.size());
    for (const FrozenStore& store : table.stores) {
      file.put_store(store.id, store.anew);
      store.rows.encode(file.out(), freed);
    }
  }
  return std::move(file).finish(splits, clocks);
}

}  // namespace weir
