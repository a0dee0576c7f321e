// What a coordinator answers that does not lead: that it does not, and who does.
//
// Any thread.
#pragma once

#include "runtime/coordinator/cluster_api.h"

#include <mutex>
#include <string>
#include <vector>

namespace weir {

class Standby : public ClusterApi {
 public:
  explicit Standby(std::string version);

  // Address of who leads; empty: not known.
  void follow(const std::string& leader);
  // "this coordinator stands by: a:7000 leads", and what to do.
  std::string reason() const;

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
  Refusal refusal() const;

  const std::string version_;  // Constant after construction.

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::string leader_;
  int64_t since_;
};

}  // namespace weir
