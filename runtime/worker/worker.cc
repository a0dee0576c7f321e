#include "runtime/worker/worker.h"

#include "engine/base/fail_point.h"
#include "runtime/messages/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

}  // namespace

Worker::Worker(WorkerSetup setup) : setup_(std::move(setup)) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  retire_all();
  for (auto& [number, retirement] : retirements_) retirement.join();
}

void Worker::start() {
  said_hello_us_ = monotonic_micros();
  thread_ = std::thread([this] { run(); });
  setup_.link.connect();
}

// What the connection before has still to say answers an earlier Hello: the time of the new one
// counts only when that connection is gone.
void Worker::connect() {
  const int64_t now = monotonic_micros();
  setup_.link.connect();
  const std::lock_guard lock(mutex_);
  said_hello_us_ = now;
}

void Worker::give(Mail mail) {
  const std::lock_guard lock(mutex_);
  mail_.push_back(std::move(mail));
  changed_.notify_all();
}

void Worker::welcomed(Welcome welcome) {
  const std::lock_guard lock(mutex_);
  mail_.emplace_back(Joined{std::move(welcome), said_hello_us_});
  changed_.notify_all();
}
void Worker::heard(ToWorker order) { give(std::move(order)); }
void Worker::renewed(uint64_t beat) { give(Renewed{beat}); }
void Worker::broken(Error reason) { give(std::move(reason)); }
void Worker::refused(const std::string& reason) {
  give(user_error("the coordinator refuses this worker: " + reason));
}

WorkerTotals Worker::totals() const {
  WorkerTotals totals;
  std::vector<std::shared_ptr<JobPart>> parts;
  {
    const std::lock_guard lock(mutex_);
    totals.registered = registered_;
    for (const auto& [job, part] : parts_) parts.push_back(part.part);
  }
  totals.jobs = parts.size();
  for (const auto& part : parts) {
    const TaskReports reports = part->reports();
    totals.tasks += reports.size();
    for (const auto& [task, report] : reports) totals.state_bytes += report.state_bytes;
  }
  return totals;
}

TaskReports Worker::reports(const std::string& job) const {
  std::shared_ptr<JobPart> part;
  {
    const std::lock_guard lock(mutex_);
    const auto found = parts_.find(job);
    if (found == parts_.end()) return {};
    part = found->second.part;
  }
  return part->reports();
}

bool Worker::is_over() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void Worker::run() {
  while (!is_over()) {
    std::optional<Mail> mail = next_mail();
    if (mail.has_value()) std::visit([this](auto& one) { handle(one); }, *mail);
    look_at_lease();
  }
}

// Absent: there is none, and the lease wants to be looked at, or it is over.
std::optional<Worker::Mail> Worker::next_mail() {
  std::unique_lock lock(mutex_);
  const auto has_news = [this] { return closed_ || !mail_.empty(); };
  if (lease_.has_value()) {
    const int64_t wait =
        std::clamp<int64_t>(lease_->next_wakeup() - monotonic_micros(), 0, kForeverMicros);
    changed_.wait_for(lock, std::chrono::microseconds(wait), has_news);
  } else {
    changed_.wait(lock, has_news);
  }
  if (closed_ || mail_.empty()) return std::nullopt;
  Mail mail = std::move(mail_.front());
  mail_.pop_front();
  return mail;
}

void Worker::look_at_lease() {
  const int64_t now = monotonic_micros();
  if (!lease_.has_value()) return;
  if (lease_->expired(now)) {
    leave("its lease has run out");
    return connect();
  }
  if (!lease_->beat_due(now)) return;
  lease_->sent(++beat_, now);
  setup_.link.beat(beat_);
  look_at_memory();
  tell_progress();
}

// Whoever welcomes this worker knows nothing of what it ran.
void Worker::handle(const Joined& joined) {
  const Welcome& welcome = joined.welcome;
  retire_all();
  Result<std::shared_ptr<SnapshotStore>> store = setup_.open_store(welcome);
  if (!store.ok()) return setup_.failed(store.error());
  store_ = std::move(store).value();
  ++joined_;
  const Lease::Settings settings{.lease_us = welcome.lease_us, .beat_us = welcome.lease_us / 3};
  lease_.emplace(settings, joined.said_hello_us);
  setup_.note("worker.joined", fmt::format("worker={} term={}", welcome.worker, welcome.term));
  const std::lock_guard lock(mutex_);
  registered_ = true;
}

void Worker::handle(const Renewed& renewed) {
  if (lease_.has_value()) lease_->renewed(renewed.beat, monotonic_micros());
}

// What runs here goes on until the lease runs out, or somebody welcomes this worker.
void Worker::handle(const Error& reason) {
  setup_.note("worker.disconnected", reason.message);
  if (reason.kind == ErrorKind::kUser) {
    leave(reason.message);
    return setup_.failed(reason);
  }
  {
    const std::lock_guard lock(mutex_);
    registered_ = false;
  }
  connect();
}

void Worker::leave(const std::string& why) {
  lease_.reset();
  retire_all();
  setup_.note("worker.stopped_tasks", why);
  const std::lock_guard lock(mutex_);
  registered_ = false;
}

void Worker::handle(ToWorker& order) {
  if (!lease_.has_value()) return;
  if (retiring_.contains(order.job)) return deferred_.push_back(std::move(order));
  if (std::holds_alternative<order::Drop>(order.what)) {
    return obey_drop(order.job, order.generation);
  }
  JobPart* part = part_for(order);
  if (part != nullptr) part->give(std::move(order));
}

void Worker::obey_drop(const std::string& job, Generation generation) {
  const auto found = parts_.find(job);
  if (found != parts_.end() && found->second.generation <= generation) {
    return retire(job, generation);
  }
  if (setup_.peers.refuse_below) {
    setup_.peers.refuse_below(job, Generation(generation.value() + 1));
  }
  setup_.link.send({job, generation, report::Dropped{}});
}

// Null: the order comes too late.
JobPart* Worker::part_for(const ToWorker& order) {
  const auto found = parts_.find(order.job);
  if (found != parts_.end()) {
    return found->second.generation == order.generation ? found->second.part.get() : nullptr;
  }
  const bool begins = std::holds_alternative<order::Prepare>(order.what) ||
                      std::holds_alternative<order::Replay>(order.what);
  if (!begins) return nullptr;
  PartSetup setup{.job = order.job,
                  .generation = order.generation,
                  .store = store_.get(),
                  .connectors = setup_.connectors,
                  .executors = setup_.executors,
                  .state_bytes = setup_.state_bytes,
                  .work_folder = setup_.work_folder,
                  .memory = setup_.memory,
                  .slots = setup_.slots,
                  .send = setup_.link.send};
  if (setup_.peers.connect) {
    setup.connect = [this, job = order.job, generation = order.generation](
                        const order::Prepare& life, const std::vector<RemoteEnd>& outbound,
                        const std::vector<RemoteEnd>& inbound, std::function<void(Error)> failed) {
      return setup_.peers.connect(job, generation, life, outbound, inbound, std::move(failed));
    };
  }
  auto part = std::make_shared<JobPart>(std::move(setup));
  JobPart* made = part.get();
  const std::lock_guard lock(mutex_);
  parts_[order.job] = {order.generation, std::move(part)};
  return made;
}

// Stopping waits for what is being delivered, so another thread does it; the lease is looked at
// meanwhile.
void Worker::retire(const std::string& job, std::optional<Generation> answered) {
  Part part;
  {
    const std::lock_guard lock(mutex_);
    part = std::move(parts_.at(job));
    parts_.erase(job);
  }
  ++retiring_[job];
  Gone gone{.job = job, .answered = answered, .joined = joined_, .retirement = ++retirement_};
  look_at_memory();
  retirements_[retirement_] = std::thread([this, part = std::move(part), store = store_, gone,
                                           peak = peak_memory_]() mutable {
    part.part->stop();
    FAIL_POINT("worker.part_stopped");
    if (gone.answered.has_value()) {
      setup_.link.send({gone.job, part.generation, report::Progress{part.part->reports(), peak}});
    }
    part.part.reset();
    give(std::move(gone));
  });
}

void Worker::retire_all() {
  std::vector<std::string> jobs;
  for (const auto& [job, part] : parts_) jobs.push_back(job);
  for (const std::string& job : jobs) retire(job, std::nullopt);
  deferred_.clear();
}

void Worker::handle(const Gone& gone) {
  retirements_.at(gone.retirement).join();
  retirements_.erase(gone.retirement);
  if (--retiring_[gone.job] != 0) return;
  retiring_.erase(gone.job);
  if (gone.answered.has_value() && gone.joined == joined_) obey_drop(gone.job, *gone.answered);
  std::deque<ToWorker> waiting = std::exchange(deferred_, {});
  for (ToWorker& order : waiting) handle(order);
}

void Worker::tell_progress() {
  std::vector<std::pair<std::string, Part>> parts;
  {
    const std::lock_guard lock(mutex_);
    parts.assign(parts_.begin(), parts_.end());
  }
  for (const auto& [job, part] : parts) {
    setup_.link.send({job, part.generation, report::Progress{part.part->reports(), peak_memory_}});
  }
}

void Worker::look_at_memory() {
  if (setup_.own_memory) peak_memory_ = std::max(peak_memory_, setup_.own_memory());
}

}  // namespace weir
