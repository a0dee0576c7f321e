#include "state/state_table.h"

#include <fmt/format.h>

namespace weir {

void StateTable::freeze_store(KeyedTable& rows, StoreToFreeze store, FrozenMemory& memory,
                              FrozenTable& out) {
  FrozenRows frozen = rows.freeze(store.what, std::move(store.words), memory);
  if (frozen.empty()) return;
  out.stores.push_back({store.id, store.what == Freeze::kWhole, std::move(frozen)});
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
