// A bug crashes, in every build: CHECK states a fact of our own making. Never CHECK what a user or
// a peer can cause.
#pragma once

namespace weir {

// Prints the fact and where it was stated, then aborts, so that a core dump shows the moment.
[[noreturn]] void check_failed(const char* fact, const char* file, int line);

#define CHECK(fact)                                    \
  do {                                                 \
    if (!(fact)) [[unlikely]]                          \
      ::weir::check_failed(#fact, __FILE__, __LINE__); \
  } while (false)

// Follows a switch over an enum class that handles every case.
[[noreturn]] inline void unreachable() { check_failed("unreachable", __FILE__, __LINE__); }

}  // namespace weir
