// What people and programs can ask of a cluster: values in and out. Implemented by the coordinator,
// and by `weir run --http` for its one job; handle_api (api.h) makes REST of it.
//
// Calls come from several threads at a time and answer at once, out of what the coordinator knows:
// what takes time (a savepoint, a stop, new slots) has only begun when a call returns, and is seen
// in later views. A job is named by its id, or by its name: then the one that has not ended is
// meant, else the newest. A coordinator that does not lead refuses with kUnavailable and says who
// does.
#pragma once

#include "engine/plan/job_graph.h"
#include "runtime/coordinator/answer.h"
#include "runtime/coordinator/job_view.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

enum class ScriptKind { kSql, kGraphJson };

struct SubmitRequest {
  std::string name;    // Empty: the script's job_name, else "job".
  std::string script;  // The text
  ScriptKind kind = ScriptKind::kSql;
  std::string file;  // Where the script came from, for messages; may be empty.
  // Values of ${NAME}: all that there are, since the environment of a coordinator is not for who
  // submits. They are secrets: nothing shows them.
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> settings;  // Over those of the script
  std::optional<uint32_t> parallelism;          // Over all of these; absent and not set: 1.
  std::string from;                             // A savepoint; empty: the job starts afresh.
  bool fork = false;                            // With `from`: a lineage of its own.
};

// Script to graph with everything but `from` applied: settings, parallelism and name stand in
// graph.options. Given to the coordinator by runtime/cli, which knows the connectors' options.
using JobReader = std::function<Answer<JobGraph>(const SubmitRequest&)>;

class ClusterApi {
 public:
  virtual ~ClusterApi() = default;

  // Answers the id of the new job. kConflict where a job of this name has not ended; a job that
  // does not fit waits.
  virtual Answer<std::string> submit(const SubmitRequest& request) = 0;
  // All that the coordinator keeps, in the order of submission.
  virtual Answer<std::vector<JobView>> jobs() = 0;
  virtual Answer<JobView> job(const std::string& job) = 0;

  // A last checkpoint and a savepoint of it, then the end. `to`: folder of the savepoint; empty:
  // the coordinator's choice. The savepoint's view stands in JobView::savepoints from now on. Again
  // for a job that is stopping: the savepoint that is under way. kConflict where it has ended.
  struct PlaceForSavepoint {
    std::string job;
    std::string to;
  };
  virtual Answer<SavepointView> stop(const PlaceForSavepoint& request) = 0;
  // kConflict where it does not run, unless it is about to.
  virtual Answer<SavepointView> savepoint(const PlaceForSavepoint& request) = 0;
  // Ends it at once. Done too where it has ended or is about to.
  virtual Answer<Done> cancel(const std::string& job) = 0;
  // A last checkpoint, then a new life with `parallelism` (1 to kParallelismMax, checked here).
  virtual Answer<Done> rescale(const std::string& job, uint32_t parallelism) = 0;

  virtual Answer<PlanView> plan(const std::string& job) = 0;
  // The newest, complete and given up, newest first: a few hundred at most.
  virtual Answer<std::vector<CheckpointView>> checkpoints(const std::string& job) = 0;
  virtual Answer<WhyView> why(const std::string& job) = 0;
  // Every change of the job's state, oldest first.
  virtual Answer<std::vector<JobEvent>> logs(const std::string& job) = 0;

  // Never refuses: what is known without a leader, too.
  virtual ClusterView cluster() = 0;
};

}  // namespace weir
