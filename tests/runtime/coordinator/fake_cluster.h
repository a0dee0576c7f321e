// A cluster that answers what a test gives it, and remembers what it was asked.
#pragma once

#include "runtime/coordinator/cluster_api.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

// 2024-01-01T00:00:00Z
inline constexpr int64_t kNewYear = 1'704'067'200'000'000;

// A job that counts: one source, one window, one sink, two tasks; it has been restarted once.
JobView counting_job();

class FakeCluster : public ClusterApi {
 public:
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

  std::vector<JobView> known{counting_job()};
  std::optional<Refusal> refusal;  // Of every call but cluster().
  ClusterView seen{.version = "0.1.0", .term = 4, .leader = "localhost:7000", .since = kNewYear};

  std::vector<std::string> calls;  // "stop count to=/s"
  SubmitRequest submitted;

 private:
  Answer<Done> ask(const std::string& what, const std::string& job);
};

}  // namespace weir
