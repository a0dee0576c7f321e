// What can be asked of a job in one process: a ClusterApi of one job and one worker, which is what
// `weir run --http` serves.
//
// Any thread. A second job is refused; so is another parallelism, since there is one worker.
#pragma once

#include "runtime/coordinator/cluster_api.h"
#include "runtime/local/job.h"

#include <string>

namespace weir {

class LocalApi : public ClusterApi {
 public:
  // The job outlives it.
  LocalApi(Job& job, std::string version, uint32_t slots);

  Answer<std::string> submit(const SubmitRequest& request) override;
  Answer<std::vector<JobView>> jobs() override;
  Answer<JobView> job(const std::string& job) override;
  Answer<SavepointView> stop(const PlaceForSavepoint& request) override;
  Answer<SavepointView> savepoint(const PlaceForSavepoint& request) override;
  Answer<Done> cancel(const std::string& job) override;
  Answer<Done> rescale(const std::string& job, uint32_t parallelism) override;
  Answer<PlanView> plan(const std::string& job) override;
  Answer<std::vector<CheckpointView>> checkpoints(const std::string& job) override;
  Answer<WhyView> why(const std::string& job) override;
  Answer<std::vector<JobEvent>> logs(const std::string& job) override;
  ClusterView cluster() override;

 private:
  Answer<JobControl*> find(const std::string& job) const;

  Job& job_;
  const std::string version_;
  const uint32_t slots_;
  const int64_t since_;
};

}  // namespace weir
