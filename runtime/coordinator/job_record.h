// What a coordinator keeps of jobs beside their checkpoints: which there are, what they run, and
// what was asked of them. In the snapshot store, next to the jobs' own folders:
//
//   store-mark                  made by the first coordinator: tells one store from another
//   terms/<n>                   created only if absent: one leadership of a coordinator
//   registry/<job>/<n>          created only if absent: the job's record, the newest is the highest
//
// Only the highest term counts, and is never removed: whoever creates one removes those below it.
// A number may so be taken twice, by a coordinator that was about to take it for long: it finds a
// higher one, and does not lead.
//
// A record is written whole, as JSON, and never changed: two coordinators that both believe to lead
// cannot both write the next one, and the one that fails reads what the other wrote. Whoever writes
// one removes those below it, and nobody ever removes the newest: of a job that is forgotten it
// says that, and little more, so that no coordinator of the past can write one above it.
//
// All calls may block; any thread. Errors: kUnavailable from the store; kFenced where a later term
// has begun; kCorrupt for a record that cannot be read.
#pragma once

#include "engine/plan/graph_text.h"
#include "runtime/coordinator/job_view.h"
#include "state/snapshot_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

struct JobRecord {
  std::string id;
  JobGraph graph;  // Its name, and what was set of its options.
  uint32_t parallelism = 1;
  std::string from;  // Folder of a savepoint; empty: none.
  bool fork = false;
  std::optional<CheckpointId> savepoint;  // Its id, where there is one in `from`.
  int64_t submitted_at = 0;
  bool stops = false;             // Somebody asked for a stop,
  std::string stop_to;            // and for a savepoint in this folder; empty: for none.
  std::optional<JobState> ended;  // How it ended; absent: it has not.
  int64_t ended_at = 0;
  std::string reason;  // Of the end; may be empty.
  // Whose output markers it continues: known from the beginning where it goes on from a savepoint,
  // else from the end. Empty: not known.
  std::string lineage;
  std::optional<CheckpointId> newest;  // Complete, when it ended; absent: none.
};

// What is kept of a job that ended long ago: who continued which savepoint is never forgotten.
struct PastJob {
  std::string id;
  std::string name;
  std::string lineage;                 // JobRecord::lineage
  std::optional<CheckpointId> newest;  // JobRecord::newest

  bool operator==(const PastJob&) const = default;
};

using StoredRecord = std::variant<JobRecord, PastJob>;

struct StoredJobs {
  std::vector<JobRecord> jobs;  // In the order in which they were submitted.
  std::vector<PastJob> past;
};

class JobRegistry {
 public:
  // `reader` reads the expressions of graphs. The store outlives the registry.
  JobRegistry(SnapshotStore& store, ExpressionReader reader);

  // Begins a term above all that there were; once, before anything else.
  Status begin_term();
  uint64_t term() const { return term_; }
  // Whether no later term has begun.
  Result<bool> leads();
  // Stands in the store; made if there is none.
  const std::string& store_mark() const { return store_mark_; }

  // The newest record of every job.
  Result<StoredJobs> jobs();
  // Whether the newest record of the job says that it has ended. Once it has, no later one says
  // anything else.
  Result<bool> has_ended(const std::string& job);
  // As the newest one.
  Status write(const JobRecord& record);
  // In the place of its record. REQUIRES: has_ended().
  Status forget(const PastJob& job);

 private:
  Result<std::optional<StoredJobs>> jobs_listed();
  Result<std::optional<StoredRecord>> read(const std::string& name);
  Status write(const std::string& job, const std::string& text);

  SnapshotStore& store_;
  const ExpressionReader reader_;
  uint64_t term_ = 0;
  std::string store_mark_;
};

std::string encode_record(const JobRecord& record);
Result<JobRecord> decode_record(const std::string& text, const ExpressionReader& reader);

std::string encode_past(const PastJob& job);
// Absent: it is none.
std::optional<PastJob> decode_past(const std::string& text);

// For names that nobody had: hexadecimal digits.
std::string random_digits(size_t digits);

}  // namespace weir
