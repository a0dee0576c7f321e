// Where a job is slowed: which task others wait for. Out of what tasks report of their time; pure.
//
// A task is held up where it had no room for its output most of the time. Where a task that is not
// held up itself takes from one that is, the slowness begins.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/messages/job_report.h"

#include <cstdint>
#include <map>
#include <vector>

namespace weir {

// What one task did with its time, between its two newest reports.
struct TaskLoad {
  uint32_t task = 0;   // TaskId
  double busy = 0;     // Share of the time, 0 to 1
  double blocked = 0;  // Share of the time without room for its output
  double rows_in = 0;  // A second
};

class Pressure {
 public:
  // Of a life of the job, at a time by the monotonic clock (microseconds). Reports of another life
  // begin anew.
  void take_in(const TaskReports& reports, int64_t now);
  void clear() { tasks_.clear(); }

  // Those where slowness begins, the busiest first; then those that are held up.
  std::vector<TaskLoad> slowed(const Plan& plan) const;

 private:
  struct Seen {
    int64_t at = 0;
    int64_t busy = 0;
    int64_t blocked = 0;
    uint64_t rows_in = 0;
    TaskLoad load;
  };

  std::map<uint32_t, Seen> tasks_;
};

}  // namespace weir
