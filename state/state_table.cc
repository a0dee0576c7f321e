#include "state/state_table.h"

namespace weir {

std::string StateTable::types_text(const std::vector<Type>& types) {
  std::string text;
  for (const Type& type : types) {
    if (!text.empty()) text += ", ";
    text += to_text(type);
  }
  return text;
}

}  // namespace weir
