#include "engine/data/schema.h"

namespace weir {

std::optional<size_t> Schema::find(std::string_view name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return std::nullopt;
}

NeededColumns all_needed(const Schema& schema) {
  return NeededColumns(schema.fields.size(), NeededField{.needed = true, .fields = {}});
}

}  // namespace weir
