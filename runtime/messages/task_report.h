// What a task tells about itself while it runs: values, for summaries, metrics and the coordinator.
#pragma once

#include "engine/base/step_counters.h"
#include "engine/time/hold.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct StageReport {
  std::string id;
  StepCounters counters;
  std::vector<uint64_t> emitted;  // Rows by output port.
  std::map<std::string, uint64_t> bad_by_label;
  std::optional<RowTotals> written;  // Sink::totals, in this life and before.

  bool operator==(const StageReport&) const = default;
};

// Where one reader of a source stands, for the other readers of the source.
struct ReaderStanding {
  int64_t reading_at = kMinTime;  // ReaderClock::reading_at
  int64_t highest = kMinTime;     // ReaderClock::highest
  bool quiet = false;             // ReaderClock::is_quiet

  bool operator==(const ReaderStanding&) const = default;
};

struct TaskReport {
  std::vector<StageReport> stages;
  int64_t watermark = kMinTime;
  bool idle = false;                  // Of a source: it holds no time back.
  std::vector<SplitStanding> splits;  // Of a source with event time.
  uint64_t records_lost = 0;          // SourceStage::records_lost
  std::optional<uint64_t> backlog;
  uint64_t state_bytes = 0;
  // Of its time since it began, microseconds: at work, and without room for what it has to say.
  int64_t busy_micros = 0;
  int64_t blocked_micros = 0;
  std::map<uint32_t, uint64_t> rows_sent;      // By edge of the plan, since the task began.
  std::map<uint32_t, uint64_t> rows_received;  // By edge of the plan, since the task began.

  bool operator==(const TaskReport&) const = default;
};

}  // namespace weir
