#include "tests/runtime/coordinator/fake_cluster.h"

#include <fmt/format.h>

namespace weir {
namespace {

TaskReport report_of_source() {
  TaskReport report;
  report.stages.push_back(
      {.id = "clicks",
       .counters = {.rows_in = 100, .accepted = 97, .late = 1, .bad = 2, .rows_out = 97},
       .bad_by_label = {{"not JSON", 2}}});
  report.watermark = kNewYear - 2'000'000;
  report.backlog = 7;
  report.rows_sent[0] = 97;
  return report;
}

TaskReport report_of_window() {
  TaskReport report;
  report.stages.push_back(
      {.id = "counts", .counters = {.rows_in = 97, .accepted = 97, .rows_out = 5}});
  report.stages.push_back({.id = "out",
                           .counters = {.rows_in = 5, .accepted = 5},
                           .written = RowTotals{.rows = 7, .checksum = 0x2a}});
  report.watermark = kMinTime;
  report.state_bytes = 2048;
  report.rows_received[0] = 97;
  return report;
}

Refusal no_such_job(const std::string& job) {
  return {.kind = RefusalKind::kUnknown, .message = "there is no job " + job};
}

}  // namespace

JobView counting_job() {
  JobView job{.id = "0123abcd", .name = "count", .now = kNewYear, .state = JobState::kRunning};
  job.submitted_at = kNewYear - 60'000'000;
  job.since = kNewYear - 12'000'000;
  job.generation = 3;
  job.steps = {{.id = "clicks", .kind = "source, kafka", .is_source = true},
               {.id = "counts", .kind = "window aggregate"},
               {.id = "out", .kind = "sink, blackhole", .is_sink = true}};
  job.tasks = {{.id = 0, .worker = "1", .report = report_of_source()},
               {.id = 1, .worker = "2", .report = report_of_window()}};
  job.memory = {{.worker = "1",
                 .share = MemoryShare{.bytes = 96 << 20,
                                      .least_bytes = 80 << 20,
                                      .parts = {{"the process", 32 << 20}, {"tasks (2)", 64 << 20}},
                                      .worker_bytes = 192 << 20},
                 .peak_bytes = 50 << 20},
                {.worker = "2"}};
  job.rates = {.rows_read = 50, .rows_written = 2.5};
  job.watermark = kNewYear - 2'000'000;
  job.backlog = 7;
  job.checkpoints = 11;
  job.checkpoints_given_up = 1;
  job.last_checkpoint = CheckpointView{.id = {Generation(3), Epoch(17)},
                                       .began_at = kNewYear - 1'000'000,
                                       .duration = 250'000,
                                       .bytes = 4096};
  job.savepoints = {{.id = 1,
                     .state = SavepointState::kComplete,
                     .path = "store/savepoints/1",
                     .asked_at = kNewYear - 9'000'000}};
  job.restarts = {{.at = kNewYear - 13'000'000, .reason = "worker 3 is lost"}};
  job.restarts_total = 1;
  return job;
}

Answer<Done> FakeCluster::ask(const std::string& what, const std::string& job) {
  calls.push_back(fmt::format("{} {}", what, job));
  if (refusal.has_value()) return *refusal;
  for (const JobView& each : known) {
    if (each.name == job || each.id == job) return Done{};
  }
  return no_such_job(job);
}

Answer<std::string> FakeCluster::submit(const SubmitRequest& request) {
  if (refusal.has_value()) return *refusal;
  submitted = request;
  return std::string("89abcdef");
}

Answer<std::vector<JobView>> FakeCluster::jobs() {
  if (refusal.has_value()) return *refusal;
  return known;
}

Answer<JobView> FakeCluster::job(const std::string& job) {
  TRY(ask("job", job));
  for (const JobView& each : known) {
    if (each.name == job || each.id == job) return each;
  }
  return no_such_job(job);
}

Answer<SavepointView> FakeCluster::stop(const PlaceForSavepoint& request) {
  TRY(ask("stop to=" + request.to, request.job));
  return SavepointView{.id = 2, .path = "store/savepoints/2", .asked_at = kNewYear};
}

Answer<SavepointView> FakeCluster::savepoint(const PlaceForSavepoint& request) {
  TRY(ask("savepoint to=" + request.to, request.job));
  return SavepointView{.id = 2, .path = "store/savepoints/2", .asked_at = kNewYear};
}

Answer<Done> FakeCluster::cancel(const std::string& job) { return ask("cancel", job); }

Answer<Done> FakeCluster::rescale(const std::string& job, uint32_t parallelism) {
  return ask(fmt::format("rescale {}", parallelism), job);
}

Answer<PlanView> FakeCluster::plan(const std::string& job) {
  TRY(ask("plan", job));
  return PlanView{.text = "clicks -> counts\n", .json = R"({"vertices":[]})", .dot = "digraph {}"};
}

Answer<std::vector<CheckpointView>> FakeCluster::checkpoints(const std::string& job) {
  TRY(ask("checkpoints", job));
  CheckpointView failed{.id = {Generation(3), Epoch(16)}, .began_at = kNewYear - 3'000'000};
  failed.failure = unavailable("alignment took longer than 60 s");
  return std::vector{*counting_job().last_checkpoint, failed};
}

Answer<WhyView> FakeCluster::why(const std::string& job) {
  TRY(ask("why", job));
  WhyView view{.now = kNewYear, .watermark = kNewYear - 2'000'000};
  view.splits = {{.table = "clicks",
                  .split = "clicks-0",
                  .watermark = kNewYear - 2'000'000,
                  .has_read = true,
                  .silent_since = kNewYear - 30'000'000},
                 {.table = "clicks", .split = "clicks-1", .watermark = kNewYear, .has_read = true}};
  view.hold = who_holds(view.splits, view.now);
  view.checkpoint = "epoch 18, under way for 0.4 s";
  view.checkpoint_waits_for = {"barrier of task 1 (counts#0) on worker 2"};
  view.pressure = {{.step = "counts", .instance = 0, .worker = "2", .text = "input queue is full"}};
  return view;
}

Answer<std::vector<JobEvent>> FakeCluster::logs(const std::string& job) {
  TRY(ask("logs", job));
  return std::vector<JobEvent>{
      {.at = kNewYear - 60'000'000, .state = JobState::kWaiting, .reason = "needs 2 slots"},
      {.at = kNewYear - 12'000'000, .state = JobState::kRunning, .generation = 3}};
}

ClusterView FakeCluster::cluster() { return seen; }

}  // namespace weir
