#include "runtime/task/job.h"

#include "runtime/task/volatile_store.h"

#include <algorithm>
#include <chrono>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

// The name of the job within its store, where it is alone.
constexpr const char* kNameInStore = "job";

}  // namespace

Job::Job(Plan plan, SnapshotStore* store)
    : plan_(std::move(plan)),
      own_store_(store == nullptr ? std::make_unique<VolatileStore>() : nullptr),
      history_(store == nullptr ? *own_store_ : *store, kNameInStore) {}

Job::~Job() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (rediscovery_.joinable()) rediscovery_.join();
  stop_executors();
  checkpointer_.reset();
  // Connectors may wake their task until they are gone, and tasks go before the executors they
  // wake.
  tasks_.reset();
}

Result<std::unique_ptr<Job>> Job::start(Plan plan, const ConnectorFactory& connectors,
                                        const RunOptions& options) {
  std::unique_ptr<Job> job(new Job(std::move(plan), options.store));
  TRY(job->begin(connectors, options));
  return job;
}

Status Job::begin(const ConnectorFactory& connectors, const RunOptions& options) {
  const Life life = TRY(begin_life(history_, plan_, connectors));
  const Manifest* from = life.from.has_value() ? &*life.from : nullptr;
  if (from != nullptr) restored_from_ = from->id;
  was_finished_ = from != nullptr && from->finished;
  if (was_finished_) {
    over_ = true;
    return {};
  }
  tasks_ =
      TRY(JobTasks::build(plan_, connectors, options.batch_rows,
                          {.lineage = life.lineage, .generation = life.generation, .from = from}));
  if (from != nullptr) {
    TRY(tasks_->restore(
        *from, [this](const StoredObject& object) { return history_.read_object(object); }));
  }
  place_tasks(options.executors);
  TRY(tasks_->open_splits(connectors, wall_clock_micros()));
  make_checkpointer(life);
  for (const auto& executor : executors_) executor->start();
  checkpointer_->start();
  if (tasks_->rediscovers()) rediscovery_ = std::thread([this] { rediscover(); });
  return {};
}

// A job that nobody continues and that ends by itself is one epoch long, if its output may wait.
void Job::make_checkpointer(const Life& life) {
  const bool is_kept = own_store_ == nullptr;
  has_epochs_ = is_kept || !tasks_->is_bounded() || tasks_->output_waits_in_memory();
  CheckpointSetup setup{.base = {.generation = life.generation, .epoch = {}},
                        .parent = restored_from_,
                        .lineage = life.lineage,
                        .script = plan_.options.job_name,
                        .with_state = is_kept};
  setup.settings.interval_us = has_epochs_ ? plan_.options.checkpoint_interval : kForeverMicros;
  setup.settings.max_alignment_us = plan_.options.max_alignment;
  if (life.from.has_value()) {
    setup.base.epoch = life.from->id.epoch;
    setup.slots_before = life.from->slots;
    for (SlotOutput& slot : setup.slots_before) slot.sealed.clear();
  }
  checkpointer_ = std::make_unique<Checkpointer>(
      plan_, *tasks_, history_, std::move(setup), [this] { wake_all(); },
      [this](CheckpointEnd how) { checkpoints_ended(std::move(how)); });
}

void Job::wake_all() {
  for (const auto& executor : executors_) executor->wake_all();
}

void Job::stop_executors() {
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
}

// Instance i of every chain goes to executor i: what is forward-connected shares a core.
void Job::place_tasks(size_t executors) {
  for (size_t i = 0; i < executors; ++i) {
    executors_.push_back(std::make_unique<Executor>(
        [this](Task&, Status status) { task_ended(std::move(status)); }));
  }
  std::vector<std::vector<JobTasks::Wake>> wakes;
  for (const JobTasks::ByInstance& chain : tasks_->chains()) {
    std::vector<JobTasks::Wake>& wakes_of_chain = wakes.emplace_back();
    for (size_t i = 0; i < chain.size(); ++i) {
      wakes_of_chain.push_back(executors_[i % executors]->add(*chain[i]));
    }
  }
  tasks_->on_wakeup(wakes);
}

// The background thread: looks for new splits now and then until the job ends.
void Job::rediscover() {
  std::unique_lock lock(mutex_);
  while (!stopping_ && !over_ && !first_error_.has_value()) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    lock.unlock();
    const Result<bool> looked = tasks_->find_new_splits(wall_clock_micros());
    if (!looked.ok()) {
      task_ended(looked.error());
    } else if (*looked) {
      wake_all();
    }
    lock.lock();
  }
}

void Job::task_ended(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (!status.ok() && !first_error_.has_value()) first_error_ = status.error();
  }
  changed_.notify_all();
}

void Job::checkpoints_ended(CheckpointEnd how) {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (!how.status.ok() && !first_error_.has_value()) first_error_ = how.status.error();
  }
  changed_.notify_all();
}

void Job::stop() {
  if (checkpointer_ != nullptr) checkpointer_->request_stop();
}

std::optional<Status> Job::wait_for(int64_t timeout_micros) {
  {
    std::unique_lock lock(mutex_);
    // The wait adds it to the clock, which must not overflow.
    const int64_t timeout = std::min(timeout_micros, kForeverMicros);
    changed_.wait_for(lock, std::chrono::microseconds(timeout),
                      [this] { return over_ || first_error_.has_value(); });
    if (!over_ && !first_error_.has_value()) return std::nullopt;
  }
  stop_executors();
  if (checkpointer_ != nullptr) checkpointer_->close();
  if (!was_finished_) tasks_->publish_reports();
  const std::lock_guard lock(mutex_);
  if (first_error_.has_value()) return Status(*first_error_);
  finished_ = true;
  return Status();
}

JobReport Job::report() const {
  if (was_finished_) return {};
  JobReport report = tasks_->report(finished_);
  if (has_epochs_) report.checkpoints = checkpointer_->totals();
  return report;
}

std::vector<std::string> Job::unbalanced() const {
  return was_finished_ ? std::vector<std::string>() : tasks_->unbalanced();
}

}  // namespace weir
