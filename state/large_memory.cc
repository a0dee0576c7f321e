#include "state/large_memory.h"

#include "engine/base/check.h"

#include <sys/mman.h>

namespace weir {

void* allocate_large(size_t bytes) {
  void* memory = nullptr;
  if (bytes < kLargePage) {
    memory = std::malloc(bytes);
  } else {
    const size_t whole = (bytes + kLargePage - 1) / kLargePage * kLargePage;
    memory = std::aligned_alloc(kLargePage, whole);
    // Where there are none, small pages do.
    if (memory != nullptr) (void)::madvise(memory, whole, MADV_HUGEPAGE);
  }
  CHECK(memory != nullptr);
  return memory;
}

}  // namespace weir
