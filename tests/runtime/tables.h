// Tables in memory for tests of tasks and jobs: sources that read lists of rows, sinks that write
// into lists.
//
// All tables that are read have the columns k text, v bigint, at timestamptz. Rows are written as
// JSON. What a job reads is set up before it starts; the rest may be called by any thread.
#pragma once

#include "engine/plan/job_graph.h"
#include "runtime/task/job_tasks.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

struct Row {
  std::optional<std::string> k;
  std::optional<int64_t> v;
  int64_t at = 0;  // Seconds
  bool undecodable = false;
};
using Rows = std::vector<Row>;

// Not SourceTable: that is a type of the engine.
struct PlayedSource {
  std::map<std::string, Rows> splits;
  bool endless = false;      // Waits at the end of its rows instead of ending.
  bool rediscovers = false;  // Looks for new splits all the time.
  bool refuses_to_open = false;
  std::optional<size_t> breaks_after;             // Rows of a split, then it is unavailable.
  std::shared_ptr<std::atomic<int>> breaks_left;  // How often; null: always.
  bool hesitates = false;  // Every other read gives nothing, but says that there may be more.
};

struct PlayedSink {
  size_t rows_at_once =
      SIZE_MAX;  // Refuses the rest of a batch, and wakes later from another thread.
  std::optional<size_t> breaks_after;  // Rows, then it is unavailable.
  size_t flushes_needed = 1;
  std::function<void()> delivering;  // Called by each delivery; may be empty.
};

struct Written {
  std::vector<std::string> rows;                         // In the order of writing.
  std::vector<std::string> delivered;                    // Visible to readers.
  std::set<std::pair<uint32_t, CheckpointId>> segments;  // Delivered ones, by slot.
  size_t sinks = 0;
  size_t refusals = 0;
};

// Calls wake-ups from a thread of its own.
class Waker {
 public:
  Waker();
  ~Waker();

  void wake_soon(const void* owner, std::function<void()> wake);
  // After this, no call for the owner is made.
  void forget(const void* owner);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<const void*, std::function<void()>>> calls_;
  bool stopped_ = false;
  std::thread thread_;
};

class Tables {
 public:
  std::map<std::string, PlayedSource> sources;
  std::map<std::string, PlayedSink> sinks;

  ConnectorFactory factory();

  // Of a table that is written.
  Written written(const std::string& table) const;
  // Waits until so many rows were written.
  void wait_for_rows(const std::string& table, size_t rows) const;

  void wait_for_delivered(const std::string& table, size_t rows) const;

  // Whether it was to be read from its beginning, whatever the options say.
  bool was_opened_as_new(const std::string& table, const std::string& split) const;

  // A new split of a table whose job runs already.
  void add_split(const std::string& table, const std::string& name, Rows rows);

  // For the connectors.
  PlayedSink sink_of(const std::string& table) const;
  void write(const std::string& table, std::vector<std::string> rows);
  void deliver(const std::string& table, uint32_t slot, CheckpointId id, const Segment& segment);
  void note_new(const std::string& table, const std::string& split);
  void count_refusal(const std::string& table);
  void count_sink(const std::string& table);
  std::map<std::string, Rows> splits_of(const std::string& table) const;
  Waker& waker() { return waker_; }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Written> written_;                       // Guarded by mutex_.
  std::set<std::pair<std::string, std::string>> opened_as_new_;  // Guarded by mutex_.
  Waker waker_;
};

// Ready-made parts for one task.
SchemaPtr table_schema();
RecordBatch table_batch(const Rows& rows);
SourceSpec source_spec(const std::string& table);
SinkSpec sink_spec(const std::string& table, const SchemaPtr& schema);
RowShape table_shape();
std::vector<std::string> json_of(const RecordBatch& batch);
std::vector<std::string> json_of(const Rows& rows);
std::vector<std::string> sorted(std::vector<std::string> rows);
// n rows with keys "k0" to "k6", one a second.
Rows many_rows(size_t count, int64_t first_second = 0);

}  // namespace weir
