#include "state/state_table.h"

#include "state/row_key.h"

#include <fmt/format.h>

namespace weir {

void StateTable::freeze_store(KeyedTable& rows, StoreToFreeze store, FrozenMemory& memory,
                              FrozenTable& out) {
  FrozenRows frozen = rows.freeze(store.what, std::move(store.words), memory);
  if (frozen.empty()) return;
  out.stores.push_back({store.id, store.what == Freeze::kWhole, std::move(frozen)});
}

void StateTable::LeavingBytes::begin(const KeyedTable& rows, RowId id, int64_t due) {
  key.clear();
  append_row_key(rows.layout(), rows.row(id), key);
  value = ByteWriter(std::move(value).take());
  value.put(rows.hash(id));
  value.put(due);
  encode_values(rows.layout(), rows.row(id), value);
}

Result<StateTable::Returned> StateTable::begin_return(KeyedTable& rows, ByteReader& in) {
  const uint64_t hash = TRY(in.get<uint64_t>());
  const int64_t due = TRY(in.get<int64_t>());
  return Returned{TRY(rows.insert_encoded(hash, in)), due};
}

Status StateTable::copy_back(std::string_view value, KeyedTable& into) const {
  ByteReader in(value);
  TRY(begin_return(into, in));
  return in.left() == 0 ? Status() : misfit();
}

void StateTable::missing_in(const KeyedTable& rows, const KeyBatch& keys, Selection selection,
                            const std::function<void(uint64_t hash, std::string_view key)>& f) {
  std::vector<RowId> found(selection.size());
  rows.find(keys, selection, found.data());
  std::string key;
  size_t next = 0;
  selection.each([&](uint32_t batch_row) {
    const size_t i = next++;
    if (found[i] != kNoRow) return;
    key.clear();
    append_row_key(rows.layout(), keys, batch_row, key);
    f(keys.hash(i), key);
  });
}

Status StateTable::misfit() const {
  return corrupt(fmt::format("a saved row does not fit its table: table={}", name_));
}

std::string StateTable::types_text(const std::vector<Type>& types) {
  std::string text;
  for (const Type& type : types) {
    if (!text.empty()) text += ", ";
    text += to_text(type);
  }
  return text;
}

}  // namespace weir
