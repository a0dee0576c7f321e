#include "runtime/local/job.h"

#include "runtime/messages/clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

// The name of the job within its store, where it is alone.
constexpr const char* kNameInStore = "job";
// The worker that there is.
constexpr WorkerId kWorker{1};
// How long a job that is given up waits for what is being delivered. A transaction that is left
// open then is ended by the next start, or by the brokers.
constexpr int64_t kDeliveryMicros = 5'000'000;

// Owns nothing.
std::shared_ptr<SnapshotStore> borrowed(SnapshotStore& store) {
  return {std::shared_ptr<void>(), &store};
}

bool ends_replay(const FromWorker& report) {
  return std::holds_alternative<report::Replayed>(report.what) ||
         std::holds_alternative<report::Failed>(report.what) ||
         std::holds_alternative<report::Dropped>(report.what);
}

Status copy_of(const Status& status) { return status.ok() ? Status() : Status(status.error()); }

}  // namespace

Job::Job(PlannedJob job, RunOptions options)
    : job_(std::move(job)),
      options_(std::move(options)),
      plan_(make_plan(job_.graph, job_.options)),
      own_store_(options_.store == nullptr ? std::make_unique<VolatileStore>() : nullptr),
      store_(borrowed(options_.store == nullptr ? *own_store_ : *options_.store)) {}

Job::~Job() {
  if (control_ != nullptr) control_->close();
  worker_.reset();
}

Result<std::unique_ptr<Job>> Job::start(PlannedJob job, const ConnectorFactory& connectors,
                                        const RunOptions& options) {
  auto started = std::make_unique<Job>(std::move(job), options);
  TRY(started->begin(connectors));
  return started;
}

Status Job::begin(const ConnectorFactory& connectors) {
  const bool is_kept = own_store_ == nullptr || options_.takes_savepoint;
  JobSetup setup{.id = kNameInStore,
                 .graph = job_.graph,
                 .options = job_.options,
                 .batch_rows = static_cast<uint32_t>(options_.batch_rows),
                 .is_kept = is_kept,
                 .savepoint = options_.savepoint,
                 .forks = options_.forks,
                 .submitted_at = wall_clock_micros()};
  // Without what it knew, a job that begins again would deliver again.
  setup.settings.restart_attempts = is_kept ? job_.graph.options.restart_attempts : 0;
  make_worker(connectors);
  control_ = TRY(JobControl::begin(std::move(setup), *store_, port()));
  std::unique_lock lock(mutex_);
  ready_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return started_ || given_up_ || ended_.has_value(); });
  restored_from_ = control_->restored_from();
  if (given_up_) {
    lock.unlock();
    give_up();
    return {};
  }
  if (started_) return {};
  if (refusal_.has_value()) return *refusal_;
  was_finished_ = ended_->ok();
  return copy_of(*ended_);
}

void Job::give_up() {
  control_->tell(job::CancelRequested{});
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::microseconds(kDeliveryMicros),
                    [this] { return !replaying_; });
}

void Job::make_worker(const ConnectorFactory& connectors) {
  WorkerLink link{.connect = [] {},
                  .send =
                      [this](const FromWorker& report) {
                        if (ends_replay(report)) replaying(false);
                        if (control_ != nullptr) control_->hear(kWorker, report);
                      },
                  .beat = [](uint64_t) {}};
  worker_ = std::make_unique<Worker>(
      WorkerSetup{.connectors = connectors,
                  .open_store = [this](const Welcome&) -> Result<std::shared_ptr<SnapshotStore>> {
                    return store_;
                  },
                  .executors = options_.executors,
                  .state_bytes = options_.state_bytes,
                  .work_folder = options_.work_folder,
                  .link = std::move(link),
                  .note = [](const std::string&, const std::string&) {},
                  .failed = [](const Error&) {}});
  worker_->start();
  // Nobody else could run the job, so the lease never runs out.
  worker_->welcomed({.worker = kWorker.value(), .lease_us = 10 * kForeverMicros});
}

ClusterPort Job::port() {
  const auto wait_until_ready = [this] {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_; });
  };
  return {.want =
              [this, wait_until_ready](uint32_t parallelism) {
                wait_until_ready();
                control_->tell(job::Granted{std::vector<WorkerId>(parallelism, kWorker)});
              },
          .release = [] {},
          .give_up = [](WorkerId, const Error&) {},
          .send =
              [this](WorkerId, ToWorker order) {
                if (std::holds_alternative<order::Replay>(order.what)) replaying(true);
                worker_->heard(std::move(order));
              },
          .exchange_address = [](WorkerId) { return std::string(); },
          .changed = [this](const JobEvent& event) { changed(event); },
          .ended = [this](std::optional<JobState> state,
                          const std::optional<Error>& error) { ended(state, error); }};
}

void Job::changed(const JobEvent& event) {
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    if (event.state == JobState::kRunning && !given_up_) started_ = true;
    // What did not run even once is not tried again: somebody waits for the answer.
    refused = !started_ && event.state == JobState::kRestarting && !refusal_.has_value();
    if (refused) refusal_ = control_->failure();
  }
  changed_.notify_all();
  if (refused) control_->tell(job::CancelRequested{});
  if (options_.changed && !refused) options_.changed(event);
}

void Job::replaying(bool is_replaying) {
  const std::lock_guard lock(mutex_);
  replaying_ = is_replaying;
  changed_.notify_all();
}

void Job::ended(std::optional<JobState> state, const std::optional<Error>& error) {
  const std::lock_guard lock(mutex_);
  if (error.has_value()) {
    ended_ = Status(*error);
  } else if (!state.has_value()) {
    ended_ = Status(Error{ErrorKind::kFenced, "another process runs this job"});
  } else {
    ended_ = Status();
  }
  changed_.notify_all();
}

void Job::stop(const std::string& savepoint) {
  {
    const std::lock_guard lock(mutex_);
    given_up_ = !started_;
    changed_.notify_all();
    if (given_up_) return;
  }
  control_->stop(savepoint);
}

bool Job::was_given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

std::optional<Status> Job::wait_for(int64_t timeout_micros) {
  std::unique_lock lock(mutex_);
  // The wait adds it to the clock, which must not overflow.
  const int64_t timeout = std::min(timeout_micros, kForeverMicros);
  changed_.wait_for(lock, std::chrono::microseconds(timeout),
                    [this] { return ended_.has_value(); });
  if (!ended_.has_value()) return std::nullopt;
  return copy_of(*ended_);
}

JobReport Job::report() const {
  if (was_finished_) return {};
  const TaskReports now = worker_->reports(kNameInStore);
  JobReport report = job_report(plan_, now.empty() ? control_->reports() : now);
  report.checkpoints = control_->checkpoint_totals();
  return report;
}

std::vector<std::string> Job::unbalanced() const {
  if (was_finished_) return {};
  return weir::unbalanced(plan_, control_->reports());
}

}  // namespace weir
