#include "runtime/coordinator/coordinator.h"

#include "engine/base/match.h"
#include "runtime/messages/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kLookMicros = 1'000'000;  // At the term

// Whether any table shows rows before a checkpoint holds them: whoever writes there must be known
// to be dead before somebody else does.
bool writes_through(const JobGraph& graph) {
  return std::any_of(graph.vertices.begin(), graph.vertices.end(), [](const Vertex& vertex) {
    const auto* sink = std::get_if<SinkSpec>(&vertex.spec);
    return sink != nullptr &&
           (sink->delivery == Delivery::kAtLeastOnce || sink->connector == "print");
  });
}

}  // namespace

Result<std::unique_ptr<Coordinator>> Coordinator::begin(CoordinatorSetup setup) {
  std::unique_ptr<Coordinator> coordinator(new Coordinator(std::move(setup)));
  TRY(coordinator->registry_.begin_term());
  TRY(coordinator->take_over());
  coordinator->forget_ended();
  coordinator->thread_ = std::thread([raw = coordinator.get()] { raw->run(); });
  return coordinator;
}

Coordinator::Coordinator(CoordinatorSetup setup)
    : setup_(std::move(setup)),
      registry_(*setup_.store, setup_.read_expression),
      began_at_(wall_clock_micros()),
      machine_(setup_.settings, monotonic_micros()) {}

Coordinator::~Coordinator() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::map<std::string, Entry> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs = jobs_;
  }
  // Their threads call back until they end.
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
  }
  jobs.clear();
}

Status Coordinator::take_over() {
  StoredJobs stored = TRY(registry_.jobs());
  {
    const std::lock_guard lock(mutex_);
    for (PastJob& job : stored.past) past_[job.id] = std::move(job);
  }
  const int64_t leases_end = cluster::leases_end_us(setup_.settings, monotonic_micros());
  for (JobRecord& record : stored.jobs) {
    if (record.ended.has_value()) {
      const std::lock_guard lock(mutex_);
      order_.push_back(record.id);
      Entry& entry = jobs_[record.id];  // Before the record, and with it the id, is moved.
      entry = {.record = std::move(record), .control = nullptr, .ended = true};
      continue;
    }
    setup_.note("job.taken_over",
                fmt::format("job={} id={}", record.graph.options.job_name, record.id));
    const Status runs = run_job(record, leases_end);
    if (runs.ok()) continue;
    if (runs.error().kind != ErrorKind::kUser) return runs.error();
    // The others are not to wait until somebody has put right what this one needs.
    const std::string id = record.id;
    {
      const std::lock_guard lock(mutex_);
      order_.push_back(id);
      jobs_[id].record = std::move(record);
    }
    job_ended(id, JobState::kFailed, runs.error());
  }
  return {};
}

Status Coordinator::run_job(JobRecord record, std::optional<int64_t> old_leases_end_us) {
  JobSetup job{.id = record.id,
               .graph = record.graph,
               .options = {.parallelism = record.parallelism},
               .batch_rows = setup_.batch_rows,
               .savepoint = record.from,
               .forks = record.fork,
               .savepoint_id = record.savepoint,
               .old_leases_end_us = old_leases_end_us,
               .submitted_at = record.submitted_at};
  job.settings.restart_attempts = record.graph.options.restart_attempts;
  job.settings.waits_for_leases = writes_through(record.graph);
  const std::string id = record.id;
  const bool stops = record.stops;
  const std::string stop_to = record.stop_to;
  {
    const std::lock_guard lock(mutex_);
    order_.push_back(id);
    jobs_[id].record = std::move(record);
  }
  Result<std::unique_ptr<JobControl>> control =
      JobControl::begin(std::move(job), *setup_.store, port_of(id));
  const std::lock_guard lock(mutex_);
  if (!control.ok()) {
    std::erase(order_, id);
    jobs_.erase(id);
    early_.erase(id);
    return control.error();
  }
  Entry& entry = jobs_[id];
  entry.control = std::move(control).value();
  if (stops) entry.control->stop(stop_to);
  for (auto& event : std::exchange(early_[id], {})) entry.control->tell(std::move(event));
  early_.erase(id);
  return {};
}

ClusterPort Coordinator::port_of(const std::string& job) {
  return {
      .want =
          [this, job](uint32_t parallelism) {
            const std::lock_guard lock(mutex_);
            step(cluster::Want{job, parallelism});
          },
      .release =
          [this, job] {
            const std::lock_guard lock(mutex_);
            step(cluster::Release{job});
          },
      .give_up =
          [this](WorkerId worker, const Error& reason) {
            setup_.note("worker.given_up",
                        fmt::format("worker={} reason={}", worker.value(), reason.message));
            const std::lock_guard lock(mutex_);
            step(cluster::WorkerBroken{worker});
          },
      .send = [this](WorkerId worker, const ToWorker& order) { send(worker, order); },
      .exchange_address = [this](WorkerId worker) { return exchange_address(worker); },
      .leads = [this] { return registry_.leads(); },
      .has_ended = [this, job] { return registry_.has_ended(job); },
      .changed = [this, job](const JobEvent& event) { setup_.job_changed(job, event); },
      .ended = [this, job](std::optional<JobState> state,
                           const std::optional<Error>& error) { job_ended(job, state, error); }};
}

void Coordinator::run() {
  int64_t look_at = monotonic_micros() + kLookMicros;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const int64_t wake = std::min(machine_.next_wakeup().value_or(look_at), look_at);
      const int64_t wait = std::max<int64_t>(wake - monotonic_micros(), 0);
      changed_.wait_for(lock, std::chrono::microseconds(wait),
                        [&] { return closed_ || machine_.next_wakeup().value_or(wake) < wake; });
      if (closed_) return;
      step(cluster::Tick{});
    }
    if (monotonic_micros() < look_at) continue;
    look_at_term();
    write_unwritten();
    forget_ended();
    clear_forgotten();
    look_at = monotonic_micros() + kLookMicros;
  }
}

void Coordinator::look_at_term() {
  const int64_t asked = monotonic_micros();
  const Result<bool> leads = registry_.leads();
  // A store that does not answer confirms nothing: leases run out by themselves.
  if (!leads.ok()) return setup_.note("store.unavailable", leads.error().message);
  if (!*leads) return stand_down({ErrorKind::kFenced, "a later coordinator leads this cluster"});
  const std::lock_guard lock(mutex_);
  step(cluster::TermConfirmed{asked});
}

void Coordinator::stand_down(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || !std::exchange(leads_, false)) return;
    for (const auto& [worker, member] : members_) setup_.link.close(member.session);
    members_.clear();
  }
  setup_.stood_down(why);
}

void Coordinator::step(const cluster::Event& event) {
  if (!leads_ || closed_) return;
  for (const cluster::Action& action : machine_.step(event, monotonic_micros())) perform(action);
  changed_.notify_all();
}

void Coordinator::perform(const cluster::Action& action) {
  const auto tell = [&](const std::string& job, auto event) {
    const auto found = jobs_.find(job);
    if (found == jobs_.end() || found->second.ended) return;
    if (found->second.control == nullptr) {
      early_[job].push_back(std::move(event));
    } else {
      found->second.control->tell(std::move(event));
    }
  };
  std::visit(
      Match{
          [&](const cluster::Renew& renew) {
            const auto member = members_.find(renew.worker);
            if (member == members_.end()) return;
            setup_.link.renew(member->second.session, renew.beat);
          },
          [&](const cluster::WorkerLost& lost) {
            setup_.note("worker.lost", fmt::format("worker={}", lost.worker.value()));
            const auto member = members_.find(lost.worker);
            if (member != members_.end()) setup_.link.close(member->second.session);
            members_.erase(lost.worker);
            for (auto& [job, entry] : jobs_) tell(job, job::WorkerLost{lost.worker});
          },
          [&](const cluster::WorkerDead& dead) {
            addresses_.erase(dead.worker);
            for (auto& [job, entry] : jobs_) tell(job, job::WorkerDead{dead.worker});
          },
          [&](const cluster::Grant& grant) { tell(grant.job, job::Granted{grant.workers}); },
          [&](const cluster::NotYet& not_yet) { tell(not_yet.job, job::NotYet{not_yet.reason}); },
      },
      action);
}

void Coordinator::hello(SessionId session, const Hello& hello) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (hello.version != setup_.version) {
    return setup_.link.refuse(
        session, fmt::format("it runs version {} of the engine and the coordinator version {}: run "
                             "the same version on both",
                             hello.version, setup_.version));
  }
  // Whoever is refused ends; this one is to come again, to whoever leads then.
  if (!leads_) return setup_.link.close(session);
  const WorkerId worker(++last_worker_);
  // The same process under another number: it has stopped what it ran, as it says Hello.
  members_[worker] = {.session = session, .hello = hello, .joined_at = wall_clock_micros()};
  addresses_[worker] = hello.exchange_address;
  setup_.link.welcome(session, {.worker = worker.value(),
                                .term = registry_.term(),
                                .store = setup_.store_name,
                                .store_mark = registry_.store_mark(),
                                .lease_us = setup_.settings.lease_us});
  setup_.note("worker.joined", fmt::format("worker={} slots={} exchange={}", worker.value(),
                                           hello.slots, hello.exchange_address));
  step(cluster::WorkerJoined{.worker = worker, .slots = hello.slots, .before = std::nullopt});
}

void Coordinator::heard(SessionId session, FromWorker report) {
  std::shared_ptr<JobControl> control;
  std::optional<WorkerId> worker;
  {
    const std::lock_guard lock(mutex_);
    worker = worker_of(session);
    const auto job = jobs_.find(report.job);
    if (!worker.has_value() || job == jobs_.end()) return;
    control = job->second.control;
  }
  if (control != nullptr) control->hear(*worker, std::move(report));
}

void Coordinator::heartbeat(SessionId session, uint64_t beat) {
  const std::lock_guard lock(mutex_);
  const std::optional<WorkerId> worker = worker_of(session);
  if (worker.has_value()) step(cluster::Heartbeat{*worker, beat});
}

void Coordinator::broken(SessionId session, const Error& reason) {
  const std::lock_guard lock(mutex_);
  const std::optional<WorkerId> worker = worker_of(session);
  if (!worker.has_value()) return;
  setup_.note("worker.disconnected",
              fmt::format("worker={} reason={}", worker->value(), reason.message));
  step(cluster::WorkerBroken{*worker});
}

std::optional<WorkerId> Coordinator::worker_of(SessionId session) const {
  for (const auto& [worker, member] : members_) {
    if (member.session == session) return worker;
  }
  return std::nullopt;
}

void Coordinator::send(WorkerId worker, const ToWorker& order) {
  const std::lock_guard lock(mutex_);
  const auto member = members_.find(worker);
  if (member == members_.end() || !leads_ || closed_) return;
  setup_.link.send(member->second.session, order);
}

std::string Coordinator::exchange_address(WorkerId worker) const {
  const std::lock_guard lock(mutex_);
  const auto found = addresses_.find(worker);
  return found == addresses_.end() ? std::string() : found->second;
}

void Coordinator::listens_on(const std::string& address) {
  const std::lock_guard lock(mutex_);
  address_ = address;
}

}  // namespace weir
