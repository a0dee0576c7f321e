// What a run tells its user: a live line while it runs, and at the end a summary of every table and
// step.
#pragma once

#include "engine/plan/memory_plan.h"
#include "engine/time/hold.h"
#include "runtime/local/job.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

struct RunTotals {
  JobReport report;
  std::vector<std::string> gaps;  // Job::unbalanced
  int64_t wall_micros = 0;
  int64_t cpu_micros = 0;          // User and system, all threads
  uint64_t peak_memory_bytes = 0;  // Anonymous memory (process_memory.h), as it was looked at.
  MemoryPlan memory;               // What it was to be kept in.
  std::optional<Hold> hold;        // What held event time back at the end.
  bool interrupted = false;
  bool was_finished = false;  // By an earlier run: this one did nothing.
};

// When two reports of a live line were made, by the wall clock.
struct LiveTimes {
  int64_t before;
  int64_t now;
};

// "1,234,567 rows in (310,000/s)  12 out  lag 2.35 s  3 checkpoints": for a terminal, without a
// line end; what matters least comes last. `hold`: what is worth telling about event time, if
// anything.
std::string live_line(const JobReport& before, const JobReport& now, const LiveTimes& times,
                      const std::optional<Hold>& hold);

// "2024-01-01T00:10:00Z", or "minus infinity".
std::string time_text(int64_t time);

std::string summary_text(const std::string& job, const RunTotals& totals);
std::string summary_json(const std::string& job, const RunTotals& totals);

// Of this process so far.
int64_t cpu_time_micros();

}  // namespace weir
