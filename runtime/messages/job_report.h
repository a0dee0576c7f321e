// What a job has done so far, summed over its tasks: for the live line, the summary, the API and
// the check that nothing was lost. Pure functions of the Plan and of what the tasks report.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/messages/task_report.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// By TaskId.
using TaskReports = std::map<uint32_t, TaskReport>;

struct StageTotals {
  std::string id;
  const StagePlan* plan = nullptr;  // Of the Plan that the report was made with.
  StepCounters counters;
  std::vector<uint64_t> emitted;
  std::map<std::string, uint64_t> bad_by_label;
  uint64_t records_lost = 0;         // TaskReport::records_lost
  std::optional<RowTotals> written;  // Of a sink that keeps them; only after the end.
};

struct CheckpointTotals {
  uint64_t taken = 0;     // Complete ones
  uint64_t given_up = 0;  // Their output went with the next one.
};

struct JobReport {
  std::vector<StageTotals> stages;    // Summed over tasks, in the order of the plan.
  int64_t watermark = kMinTime;       // Lowest of the sources' tasks, idle ones apart.
  std::vector<SplitStanding> splits;  // Of all sources with event time.
  std::optional<uint64_t> backlog;
  uint64_t state_bytes = 0;
  std::optional<CheckpointTotals> checkpoints;  // Absent: the job is one epoch long.
};

// A task that has not reported yet counts as one that has done nothing.
JobReport job_report(const Plan& plan, const TaskReports& tasks);

// Rows sent are rows received, on every edge and between the stages of every chain; rows in are
// accounted for in every stage. What does not add up, one line each. REQUIRES: the tasks have
// ended, and these are their last reports.
std::vector<std::string> unbalanced(const Plan& plan, const TaskReports& tasks);

}  // namespace weir
