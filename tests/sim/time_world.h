// Runs a TimeCase through the real path, from its SQL text to what the sinks are given, on one
// thread: the tasks of the plan are stepped in a random order, the splits give their rows at random
// speeds and fall silent, and time goes on when the world says so. The seed decides everything.
#pragma once

#include "tests/sim/time_lifts.h"

#include <string>

namespace weir {

struct TimeRun {
  TimeAnswer answer;
  Lifts lifts;                  // As the readers' log has it, not the engine.
  uint64_t rows_lifted = 0;     // By the log;
  uint64_t counted_lifted = 0;  // and as the engine counted them.
  std::string trouble;          // Empty: the job ended well, and its books balance.
};

TimeRun run_time_case(const TimeCase& one);

}  // namespace weir
