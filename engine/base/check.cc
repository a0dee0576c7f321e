#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir {

void check_failed(const char* fact, const char* file, int line) {
  std::fprintf(stderr, "CHECK failed: %s (%s:%d)\n", fact, file, line);
  std::abort();
}

}  // namespace weir
