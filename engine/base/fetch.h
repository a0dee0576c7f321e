// Asks the processor to bring memory into its cache, for loops that know what later rounds touch.
#pragma once

namespace weir {

// The empty assembly keeps GCC from taking a function that only fetches for one without any effect,
// whose calls it may leave out.
inline void fetch(const void* at) {
  __builtin_prefetch(at);
  asm volatile("" : : "r"(at));  // NOLINT
}

}  // namespace weir
