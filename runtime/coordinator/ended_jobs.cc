// The part of Coordinator that writes down how jobs end, and remembers those that have.
#include "runtime/coordinator/coordinator.h"
#include "runtime/messages/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kClearMicros = 200'000;  // Each second
constexpr size_t kClearObjects = 64;       // At once

}  // namespace

void Coordinator::job_ended(const std::string& job, std::optional<JobState> state,
                            const std::optional<Error>& error) {
  // Somebody newer runs it, or this coordinator has been told to go: it is not ours to end.
  if (!state.has_value()) return;
  JobControl* control = nullptr;  // It calls this, so it is there until this returns.
  {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) return;
    found->second.ended = true;
    control = found->second.control.get();
  }
  const Status written = change_record(job, [&](JobRecord& record) {
    record.ended = state;
    record.ended_at = wall_clock_micros();
    if (error.has_value()) record.reason = error->message;
    if (control == nullptr) return;
    record.lineage = control->lineage();
    record.newest = control->newest();
  });
  note_unwritten(job, written);
}

// Of a job whose end nobody wrote down the next coordinator would begin another life.
void Coordinator::note_unwritten(const std::string& job, const Status& written) {
  if (written.ok()) return;
  setup_.note("job.record_not_written", written.error().message);
  // Where a record that somebody older wrote late is in the way, the next one goes above it.
  const ErrorKind kind = written.error().kind;
  if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kFenced) return;
  const std::lock_guard lock(mutex_);
  unwritten_.insert(job);
}

void Coordinator::write_unwritten() {
  std::set<std::string> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(unwritten_);
  }
  for (const std::string& job : jobs) note_unwritten(job, change_record(job, [](JobRecord&) {}));
}

// Jobs that have ended take no thread, and only the newest of them any memory.
void Coordinator::forget_ended() {
  std::vector<std::shared_ptr<JobControl>> over;  // Joined, and freed, without the lock.
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : jobs_) {
      const bool is_over = entry.ended && entry.control != nullptr && entry.control->is_over();
      if (is_over) over.push_back(entry.control);
    }
    for (const std::string& id : jobs_to_forget()) {
      const JobRecord& record = jobs_.at(id).record;
      const std::string& name = record.graph.options.job_name;
      past_[id] = {id, name, record.lineage, record.newest};
      forgotten_.push_back(past_[id]);
      jobs_.erase(id);
      std::erase(order_, id);
    }
  }
  for (const std::shared_ptr<JobControl>& control : over) control->close();
}

// What they left in the store goes bit by bit: leases are confirmed by the same thread.
void Coordinator::clear_forgotten() {
  const int64_t until = monotonic_micros() + kClearMicros;
  while (!forgotten_.empty() && monotonic_micros() < until) {
    const Result<bool> cleared = clear(forgotten_.front());
    if (cleared.ok() && !*cleared) continue;  // There is more of it.
    if (!cleared.ok()) {
      setup_.note("job.not_cleared",
                  fmt::format("id={} reason={}", forgotten_.front().id, cleared.error().message));
      if (cleared.error().kind == ErrorKind::kUnavailable) return;
    }
    forgotten_.pop_front();
  }
}

// The record goes last: by it the next coordinator finds what this one did not get to. True: all is
// done.
Result<bool> Coordinator::clear(const PastJob& job) {
  // Else a coordinator to come would begin it anew.
  const bool has_ended = TRY(registry_.has_ended(job.id));
  if (!has_ended) return corrupt("no record says that it has ended");
  const bool is_gone = TRY(JobHistory(*setup_.store, job.id).forget(kClearObjects));
  if (!is_gone) return false;
  TRY(registry_.forget(job));
  return true;
}

// The oldest of those that have ended, beyond as many as are shown. A job whose thread still tells
// of its end, or whose end is not written down yet, is not there to be forgotten.
std::vector<std::string> Coordinator::jobs_to_forget() const {
  std::vector<std::pair<int64_t, std::string>> ended;  // When, and which
  for (const std::string& id : order_) {
    const Entry& entry = jobs_.at(id);
    if (entry.ended) ended.emplace_back(entry.record.ended_at, id);
  }
  const size_t surplus = ended.size() - std::min(ended.size(), setup_.ended_jobs_max);
  std::stable_sort(ended.begin(), ended.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> oldest;
  for (size_t i = 0; i < surplus; ++i) {
    const std::string& id = ended[i].second;
    const std::shared_ptr<JobControl>& control = jobs_.at(id).control;
    const bool is_over = control == nullptr || control->is_over();
    if (is_over && !unwritten_.contains(id)) oldest.push_back(id);
  }
  return oldest;
}

Status Coordinator::change_record(const std::string& job,
                                  const std::function<void(JobRecord&)>& change) {
  const std::lock_guard one(record_mutex_);
  JobRecord record;
  {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) return {};
    change(found->second.record);
    record = found->second.record;
  }
  return registry_.write(record);
}

}  // namespace weir
