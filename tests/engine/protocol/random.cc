#include "tests/engine/protocol/random.h"

#include <cstdlib>
#include <string>

namespace weir {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

}  // namespace weir
