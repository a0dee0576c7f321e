#include "runtime/local/job.h"

#include "engine/plan/numbering.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/local/volatile_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

// The name of the job within its store, where it is alone.
constexpr const char* kNameInStore = "job";

int64_t monotonic_micros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

Job::Job(PlannedJob job, SnapshotStore* store)
    : job_(std::move(job)),
      plan_(make_plan(job_.graph, job_.options)),
      own_store_(store == nullptr ? std::make_unique<VolatileStore>() : nullptr),
      store_(store == nullptr ? *own_store_ : *store),
      history_(store_, kNameInStore) {}

Job::~Job() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<Job>> Job::start(PlannedJob job, const ConnectorFactory& connectors,
                                        const RunOptions& options) {
  std::unique_ptr<Job> started(new Job(std::move(job), options.store));
  TRY(started->begin(connectors, options));
  return started;
}

Status Job::begin(const ConnectorFactory& connectors, const RunOptions& options) {
  Life life = TRY(begin_life(history_, plan_));
  if (life.from.has_value()) restored_from_ = life.from->id;
  was_finished_ = life.from.has_value() && life.from->finished;
  if (was_finished_ && !life.replays) {
    ended_ = Status();
    return {};
  }
  make_halves(std::move(life), connectors, options);
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return started_ || ended_.has_value(); });
  return started_ || ended_->ok() ? Status() : Status(ended_->error());
}

void Job::make_halves(Life life, const ConnectorFactory& connectors, const RunOptions& options) {
  const Generation generation = life.generation;
  life_ = life;
  LifeSetup setup{.graph = job_.graph,
                  .options = job_.options,
                  .life = std::move(life),
                  .peers = {""},
                  .placement = std::vector<PeerIndex>(task_places(plan_).size()),
                  .batch_rows = static_cast<uint32_t>(options.batch_rows),
                  .is_kept = own_store_ == nullptr};
  part_ = std::make_unique<JobPart>(
      PartSetup{.job = kNameInStore,
                .generation = generation,
                .store = &store_,
                .connectors = connectors,
                .executors = options.executors,
                .send = [this](FromWorker report) { give(std::move(report)); }});
  control_ = std::make_unique<LifeControl>(
      plan_, history_, std::move(setup), [this, generation](PeerIndex, auto order) {
        part_->give({kNameInStore, generation, std::move(order)});
      });
}

void Job::give(Mail mail) {
  const std::lock_guard lock(mutex_);
  mail_.push_back(std::move(mail));
  changed_.notify_all();
}

void Job::stop() { give(Stop{}); }

void Job::run() {
  Status ended = run_life();
  part_->stop();
  const std::lock_guard lock(mutex_);
  ended_ = std::move(ended);
  changed_.notify_all();
}

Status Job::run_life() {
  if (life_->replays) {
    control_->replay();
  } else {
    control_->prepare();
  }
  while (control_->ended() == nullptr) {
    const std::optional<Mail> mail = next_mail();
    if (mail.has_value()) {
      TRY(take(*mail));
    } else {
      control_->tick(monotonic_micros());
    }
    const std::lock_guard lock(mutex_);
    if (closed_ || (was_finished_ && started_)) return {};
    if (control_->checkpoints() != nullptr) totals_ = control_->checkpoints()->totals();
  }
  const Status& status = control_->ended()->status;
  return status.ok() ? Status() : Status(status.error());
}

Status Job::take(const Mail& mail) {
  const int64_t now = monotonic_micros();
  const auto* report = std::get_if<FromWorker>(&mail);
  if (report == nullptr) {
    control_->request_stop(now);
    return {};
  }
  const std::optional<LifeStep> step = TRY(control_->hear(PeerIndex(0), report->what, now));
  return step.has_value() ? go_on_after(*step) : Status();
}

Status Job::go_on_after(LifeStep step) {
  switch (step) {
    case LifeStep::kReplayed:
      TRY(end_replay(history_, *life_));
      if (!was_finished_) {
        control_->prepare();
        return {};
      }
      break;
    case LifeStep::kPrepared: return control_->start();
    case LifeStep::kStarted: break;
  }
  const std::lock_guard lock(mutex_);
  started_ = true;
  has_epochs_ = control_->has_epochs();
  changed_.notify_all();
  return {};
}

// Absent: there is none, and the life wants to know the time, or it is over.
std::optional<Job::Mail> Job::next_mail() {
  std::unique_lock lock(mutex_);
  const auto has_news = [this] { return closed_ || !mail_.empty(); };
  if (const std::optional<int64_t> at = control_->next_wakeup()) {
    const int64_t wait = std::clamp<int64_t>(*at - monotonic_micros(), 0, kForeverMicros);
    changed_.wait_for(lock, std::chrono::microseconds(wait), has_news);
  } else {
    changed_.wait(lock, has_news);
  }
  if (closed_ || mail_.empty()) return std::nullopt;
  Mail mail = std::move(mail_.front());
  mail_.pop_front();
  return mail;
}

std::optional<Status> Job::wait_for(int64_t timeout_micros) {
  std::unique_lock lock(mutex_);
  // The wait adds it to the clock, which must not overflow.
  const int64_t timeout = std::min(timeout_micros, kForeverMicros);
  changed_.wait_for(lock, std::chrono::microseconds(timeout),
                    [this] { return ended_.has_value(); });
  if (!ended_.has_value()) return std::nullopt;
  return ended_->ok() ? Status() : Status(ended_->error());
}

JobReport Job::report() const {
  if (was_finished_) return {};
  JobReport report = job_report(plan_, part_->reports());
  const std::lock_guard lock(mutex_);
  if (has_epochs_) report.checkpoints = totals_;
  return report;
}

std::vector<std::string> Job::unbalanced() const {
  return was_finished_ ? std::vector<std::string>() : weir::unbalanced(plan_, part_->reports());
}

}  // namespace weir
