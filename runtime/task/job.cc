#include "runtime/task/job.h"

#include <algorithm>
#include <chrono>

namespace weir {
namespace {

constexpr int64_t kTimeoutMaxMicros = int64_t{365} * 24 * 3600 * 1'000'000;

}  // namespace

Job::Job(Plan plan) : plan_(std::move(plan)) {}

Job::~Job() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (rediscovery_.joinable()) rediscovery_.join();
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
  // Connectors may wake their task until they are gone, and tasks go before the executors they
  // wake.
  tasks_.reset();
}

Result<std::unique_ptr<Job>> Job::start(Plan plan, const ConnectorFactory& connectors,
                                        const RunOptions& options) {
  std::unique_ptr<Job> job(new Job(std::move(plan)));
  job->tasks_ = TRY(JobTasks::build(job->plan_, connectors, options.batch_rows));
  job->place_tasks(options.executors);
  TRY(job->tasks_->open_splits(connectors, wall_clock_micros()));
  for (const auto& executor : job->executors_) executor->start();
  if (job->tasks_->rediscovers()) {
    job->rediscovery_ = std::thread([raw = job.get()] { raw->rediscover(); });
  }
  return job;
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
    running_ += chain.size();
  }
  tasks_->on_wakeup(wakes);
}

// The background thread: looks for new splits now and then until the job ends.
void Job::rediscover() {
  std::unique_lock lock(mutex_);
  while (!stopping_ && running_ != 0 && !first_error_.has_value()) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    lock.unlock();
    const Result<bool> looked = tasks_->find_new_splits(wall_clock_micros());
    if (!looked.ok()) {
      task_ended(looked.error());
    } else if (*looked) {
      for (const auto& executor : executors_) executor->wake_all();
    }
    lock.lock();
  }
}

void Job::task_ended(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      --running_;
    } else if (!first_error_.has_value()) {
      first_error_ = status.error();
    }
  }
  changed_.notify_all();
}

void Job::stop() {
  tasks_->stop();
  for (const auto& executor : executors_) executor->wake_all();
}

std::optional<Status> Job::wait_for(int64_t timeout_micros) {
  {
    std::unique_lock lock(mutex_);
    // The wait adds it to the clock, which must not overflow.
    const int64_t timeout = std::min(timeout_micros, kTimeoutMaxMicros);
    changed_.wait_for(lock, std::chrono::microseconds(timeout),
                      [this] { return running_ == 0 || first_error_.has_value(); });
    if (running_ != 0 && !first_error_.has_value()) return std::nullopt;
  }
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
  const std::lock_guard lock(mutex_);
  if (first_error_.has_value()) return Status(*first_error_);
  if (finished_) return Status();
  finished_ = true;
  Status delivered = tasks_->deliver();
  if (!delivered.ok()) first_error_ = delivered.error();
  return delivered;
}

JobReport Job::report() const { return tasks_->report(finished_); }

std::vector<std::string> Job::unbalanced() const { return tasks_->unbalanced(); }

}  // namespace weir
