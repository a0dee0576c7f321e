// The part of Coordinator that people and programs talk to.
#include "engine/expr/nearest_name.h"
#include "engine/plan/numbering.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/messages/clock.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

Refusal conflict(std::string message) {
  return {.kind = RefusalKind::kConflict, .message = std::move(message)};
}

// Whether a lineage has gone on beyond this savepoint of it. Epochs count on over all its lives.
bool goes_back(const std::optional<CheckpointId>& newest,
               const std::optional<CheckpointId>& savepoint) {
  return newest.has_value() && savepoint.has_value() && newest->epoch > savepoint->epoch;
}

Refusal written_already(const std::string& name, const std::string& id) {
  return conflict(fmt::format(
      "job {} (id {}) went on from this savepoint, and what it wrote would be written again: "
      "go on from a savepoint of its end, or use --fork with other output",
      name, id));
}

}  // namespace

Answer<std::string> Coordinator::submit(const SubmitRequest& request) {
  JobGraph graph = TRY(setup_.read_job(request));
  const std::string name = graph.options.job_name;
  const std::lock_guard one(submit_mutex_);
  JobRecord record{.graph = std::move(graph), .from = request.from, .fork = request.fork};
  record.parallelism = record.graph.options.parallelism.value_or(1);
  if (!request.from.empty()) {
    const Plan plan = make_plan(record.graph, {.parallelism = record.parallelism});
    const Manifest manifest = TRY(read_fitting_savepoint(request.from, plan, request.fork));
    record.savepoint = manifest.id;
    if (!request.fork) record.lineage = manifest.lineage;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!leads_) {
      return Refusal{RefusalKind::kUnavailable, "this coordinator does not lead any more"};
    }
    std::optional<Refusal> refusal = why_not(record);
    if (refusal.has_value()) return *std::move(refusal);
    do {
      record.id = random_digits(8);
    } while (jobs_.contains(record.id) || past_.contains(record.id));
  }
  record.submitted_at = wall_clock_micros();
  const std::string id = record.id;
  {
    const std::lock_guard lock(record_mutex_);
    TRY(registry_.write(record));
  }
  TRY(run_job(std::move(record), std::nullopt));
  return id;
}

// Why there cannot be such a job beside those that there are and were. REQUIRES: mutex_ is held.
std::optional<Refusal> Coordinator::why_not(const JobRecord& wanted) const {
  for (const auto& [id, entry] : jobs_) {
    const std::string& name = entry.record.graph.options.job_name;
    if (!entry.ended && name == wanted.graph.options.job_name) {
      return conflict(fmt::format(
          "a job named {} is there already (id {}): stop it, or submit with another --name", name,
          id));
    }
    const bool knows = entry.record.lineage.empty() && entry.control != nullptr;
    const std::string lineage = knows ? entry.control->lineage() : entry.record.lineage;
    if (wanted.lineage.empty() || wanted.lineage != lineage) continue;
    if (!entry.ended) {
      return conflict(
          fmt::format("job {} continues this savepoint's lineage and has not ended: "
                      "its output would double; stop it, or use --fork",
                      name));
    }
    if (goes_back(entry.record.newest, wanted.savepoint)) return written_already(name, id);
  }
  for (const auto& [id, past] : past_) {
    if (wanted.lineage.empty() || wanted.lineage != past.lineage) continue;
    if (goes_back(past.newest, wanted.savepoint)) return written_already(past.name, id);
  }
  return std::nullopt;
}

const Coordinator::Entry* Coordinator::find_entry(const std::string& job) const {
  const auto by_id = jobs_.find(job);
  if (by_id != jobs_.end()) return &by_id->second;
  const Entry* newest = nullptr;
  for (const std::string& id : order_) {
    const Entry& entry = jobs_.at(id);
    if (entry.record.graph.options.job_name != job) continue;
    newest = &entry;
    if (!entry.ended) return newest;
  }
  return newest;
}

Refusal Coordinator::unknown(const std::string& job) const {
  std::vector<std::string> names;
  for (const std::string& id : order_) {
    names.push_back(jobs_.at(id).record.graph.options.job_name);
    names.push_back(id);
  }
  return {.kind = RefusalKind::kUnknown,
          .message = fmt::format("there is no job {}{}; weir list shows which there are", job,
                                 did_you_mean(job, names))};
}

JobView Coordinator::view_of(const Entry& entry) const {
  if (entry.control != nullptr) return entry.control->view();
  const JobRecord& record = entry.record;
  JobView view{.id = record.id,
               .name = record.graph.options.job_name,
               .now = wall_clock_micros(),
               .state = record.ended.value_or(JobState::kWaiting),
               .reason = record.reason,
               .submitted_at = record.submitted_at,
               .since = record.ended_at,
               .parallelism = record.parallelism};
  const Plan plan = make_plan(record.graph, {.parallelism = record.parallelism});
  view.steps = steps_of(plan);
  return view;
}

Answer<std::vector<JobView>> Coordinator::jobs() {
  const std::lock_guard lock(mutex_);
  std::vector<JobView> views;
  for (const std::string& id : order_) views.push_back(view_of(jobs_.at(id)));
  return views;
}

Answer<JobView> Coordinator::job(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  return view_of(*entry);
}

// `what`: "be stopped", for the message.
Answer<std::shared_ptr<JobControl>> Coordinator::running(const std::string& job,
                                                         const char* what) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  if (entry->ended || entry->control == nullptr) {
    return conflict(fmt::format("job {} cannot {}: it is {}", job, what,
                                state_name(entry->record.ended.value_or(JobState::kWaiting))));
  }
  return entry->control;
}

Answer<SavepointView> Coordinator::stop(const PlaceForSavepoint& request) {
  const std::shared_ptr<JobControl> control = TRY(running(request.job, "be stopped"));
  const JobView view = control->view();
  const bool is_first = view.state != JobState::kStopping;
  if (is_first && !request.to.empty()) TRY(check_savepoint_folder(request.to));
  const std::string& id = view.id;
  // Written first: a coordinator that takes the job over stops it, too.
  std::string folder;
  TRY(change_record(id, [&](JobRecord& record) {
    if (!record.stops) record.stop_to = savepoint_folder(request, id);
    record.stops = true;
    folder = record.stop_to;
  }));
  const std::optional<SavepointView> asked = control->stop(folder);
  return asked.value_or(SavepointView{});
}

Answer<SavepointView> Coordinator::savepoint(const PlaceForSavepoint& request) {
  const std::shared_ptr<JobControl> control = TRY(running(request.job, "be saved"));
  return control->save(savepoint_folder(request, control->view().id));
}

std::string Coordinator::savepoint_folder(const PlaceForSavepoint& request,
                                          const std::string& id) const {
  if (!request.to.empty()) return request.to;
  return fmt::format("{}/{}-{}", setup_.savepoints, id, random_digits(8));
}

Answer<Done> Coordinator::cancel(const std::string& job) {
  std::shared_ptr<JobControl> control;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find_entry(job);
    if (entry == nullptr) return unknown(job);
    control = entry->control;
  }
  if (control != nullptr) control->tell(job::CancelRequested{});
  return Done{};
}

Answer<Done> Coordinator::rescale(const std::string& job, uint32_t parallelism) {
  if (parallelism < 1 || parallelism > kParallelismMax) {
    return Refusal{RefusalKind::kUser,
                   fmt::format("parallelism {} is not from 1 to {}", parallelism, kParallelismMax)};
  }
  const std::shared_ptr<JobControl> control = TRY(running(job, "be rescaled"));
  TRY(change_record(control->view().id,
                    [&](JobRecord& record) { record.parallelism = parallelism; }));
  control->tell(job::RescaleRequested{parallelism});
  return Done{};
}

Answer<PlanView> Coordinator::plan(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  if (entry->control != nullptr) return entry->control->plan();
  return plan_view(entry->record.graph,
                   make_plan(entry->record.graph, {.parallelism = entry->record.parallelism}));
}

Answer<std::vector<CheckpointView>> Coordinator::checkpoints(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  if (entry->control == nullptr) return std::vector<CheckpointView>();
  return entry->control->checkpoints();
}

Answer<WhyView> Coordinator::why(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  if (entry->control == nullptr) return WhyView{.now = wall_clock_micros()};
  return entry->control->why();
}

Answer<std::vector<JobEvent>> Coordinator::logs(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_entry(job);
  if (entry == nullptr) return unknown(job);
  if (entry->control != nullptr) return entry->control->events();
  const JobRecord& record = entry->record;
  return std::vector<JobEvent>{{.at = record.ended_at,
                                .state = record.ended.value_or(JobState::kWaiting),
                                .reason = record.reason}};
}

ClusterView Coordinator::cluster() {
  const std::lock_guard lock(mutex_);
  ClusterView view{.version = setup_.version,
                   .term = registry_.term(),
                   .is_leader = leads_,
                   .leader = leads_ ? address_ : "",
                   .since = began_at_};
  const int64_t now = monotonic_micros();
  for (const cluster::WorkerView& worker : machine_.workers()) {
    WorkerView one{.id = fmt::format("{}", worker.worker.value()),
                   .exchange_address = addresses_[worker.worker],
                   .slots = worker.slots,
                   .slots_used = worker.used,
                   .suspected = worker.lost,
                   .lease_left = std::max<int64_t>(worker.dead_us - now, 0)};
    const auto member = members_.find(worker.worker);
    if (member != members_.end()) {
      one.http_address = member->second.hello.http_address;
      one.version = member->second.hello.version;
      one.memory = member->second.hello.memory;
      one.joined_at = member->second.joined_at;
    }
    view.workers.push_back(std::move(one));
  }
  return view;
}

}  // namespace weir
