#include "runtime/worker/job_part.h"

#include "engine/base/fail_point.h"
#include "engine/plan/numbering.h"
#include "runtime/messages/clock.h"
#include "state/local_files.h"
#include "state/warm/rocks_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

namespace weir {
namespace {

// How long a reader's new standing waits for others of this worker, and for its own next one.
constexpr int64_t kStandingsMicros = 20'000;
// Of the memory for output, one part in so many may wait before reading pauses: what was read
// before still comes, and what is delivered is there twice. A store in memory has it once more.
constexpr uint64_t kWaitingPart = 3;

const SinkSpec* find_sink(const Plan& plan, const std::string& id) {
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (stage.id == id) return std::get_if<SinkSpec>(&stage.spec);
    }
  }
  return nullptr;
}

// Of this life alone.
std::string folder_of(const PartSetup& setup) {
  if (setup.work_folder.empty()) return {};
  return fmt::format("{}/{}/{}", setup.work_folder, name_part(setup.job), setup.generation.value());
}

Result<std::unique_ptr<WarmStore>> open_store(const std::string& folder) {
  TRY(make_local_folder(folder));
  return open_rocks_store(folder);
}

}  // namespace

JobPart::JobPart(PartSetup setup)
    : setup_(std::move(setup)),
      folder_(folder_of(setup_)),
      history_(*setup_.store, setup_.job),
      thread_([this] { run(); }) {}

JobPart::~JobPart() {
  stop();
  // Whoever feeds channels, and connectors that may wake their task until they are gone, go before
  // the executors that they wake.
  connection_.reset();
  tasks_.reset();
  if (folder_.empty()) return;
  (void)remove_local_folder(folder_);
  // Of the job, if this was its only life here.
  std::error_code ignored;
  std::filesystem::remove(std::filesystem::path(folder_).parent_path(), ignored);
}

void JobPart::give(ToWorker order) {
  CHECK(order.job == setup_.job);
  CHECK(order.generation == setup_.generation);
  const std::lock_guard lock(mutex_);
  mail_.emplace_back(std::move(order.what));
  changed_.notify_all();
}

void JobPart::stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (rediscovery_.joinable()) rediscovery_.join();
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
  if (tasks_ != nullptr) tasks_->publish_last_reports();
}

TaskReports JobPart::reports() const {
  const std::lock_guard lock(mutex_);
  return tasks_ == nullptr ? TaskReports() : tasks_->reports();
}

void JobPart::run() {
  while (std::optional<Mail> mail = next_mail()) {
    Status obeyed;
    if (auto* taken = std::get_if<Taken>(&*mail)) {
      obeyed = obey(std::move(*taken));
    } else {
      obeyed = std::visit([this](const auto& order) { return obey(order); },
                          std::get<decltype(ToWorker::what)>(*mail));
    }
    if (obeyed.ok()) continue;
    tell(report::Failed{history_.as_seen_by(setup_.generation, std::move(obeyed).error())});
    return;
  }
}

// Absent: it is over.
std::optional<JobPart::Mail> JobPart::next_mail() {
  std::unique_lock lock(mutex_);
  while (!closed_ && mail_.empty()) {
    if (standings_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const int64_t due = standings_told_us_ + kStandingsMicros - monotonic_micros();
    if (due > 0) {
      changed_.wait_for(lock, std::chrono::microseconds(due));
    } else {
      lock.unlock();
      tell_standings();
      lock.lock();
    }
  }
  if (closed_) return std::nullopt;
  Mail mail = std::move(mail_.front());
  mail_.pop_front();
  return mail;
}

Status JobPart::obey(const order::Prepare& life) {
  plan_ = make_plan(life.graph, life.options);
  with_state_ = life.with_state;
  if (life.from.has_value()) from_ = TRY(history_.read_manifest(*life.from));
  const Past past{.lineage = life.lineage,
                  .generation = setup_.generation,
                  .from = from_.has_value() ? &*from_ : nullptr};
  const std::optional<MemoryPlan> memory = TRY(plan_memory_of(life));
  TaskMemory of_tasks{.output = &output_};
  ConnectorFactory connectors = setup_.connectors;
  uint64_t state_bytes = setup_.state_bytes;
  if (memory.has_value()) {
    connectors = within(std::move(connectors), *memory);
    of_tasks.channel_bytes = memory->channel_bytes;
    output_.bound(memory->output_bytes / (life.with_state ? kWaitingPart : 2 * kWaitingPart));
    if (memory->state_bytes != 0) state_bytes = std::min(state_bytes, memory->state_bytes);
  }
  if (!folder_.empty()) TRY(remove_local_folder(folder_));
  budget_.emplace(state_bytes);
  std::unique_ptr<JobTasks> tasks = TRY(JobTasks::build(
      *plan_, connectors, life.batch_rows, past, {.self = life.self, .tasks = life.placement},
      {.folder = folder_, .open = open_store, .budget = &*budget_}, of_tasks));
  {
    const std::lock_guard lock(mutex_);
    tasks_ = std::move(tasks);
  }
  place_tasks();
  if (setup_.connect) {
    connection_ = TRY(setup_.connect(life, tasks_->outbound(), tasks_->inbound(),
                                     [this](Error error) { tell(report::Failed{error}); }));
  }
  std::vector<JobSplit> splits = TRY(tasks_->discover(setup_.connectors, monotonic_micros()));
  report::Prepared prepared{.tables = tasks_->tables(),
                            .splits = std::move(splits),
                            .is_bounded = tasks_->is_bounded(),
                            .waits_in_memory = tasks_->output_waits_in_memory()};
  if (memory.has_value()) {
    prepared.memory = MemoryShare{.bytes = memory->bytes,
                                  .least_bytes = memory->least_bytes,
                                  .parts = memory->parts,
                                  .worker_bytes = setup_.memory};
  }
  tell(std::move(prepared));
  return {};
}

// Absent: nothing bounds it.
Result<std::optional<MemoryPlan>> JobPart::plan_memory_of(const order::Prepare& life) const {
  MemorySetup setup{.is_copied = life.with_state};
  std::set<uint32_t> instances;
  const std::vector<TaskPlace> places = task_places(*plan_);
  for (uint32_t id = 0; id < places.size(); ++id) {
    setup.here.push_back(life.placement.empty() || life.placement[id] == life.self);
    if (setup.here.back()) instances.insert(places[id].instance);
  }
  const std::optional<uint64_t>& own = life.graph.options.memory;
  if (instances.empty() || (setup_.memory == 0 && !own.has_value())) {
    return std::optional<MemoryPlan>();
  }
  if (setup_.memory != 0) {
    setup.bytes = setup_.memory;
    setup.slots_used = static_cast<uint32_t>(instances.size());
    setup.slots = std::max(setup_.slots, setup.slots_used);
  }
  // What the job says for itself bounds its part on each worker.
  if (setup_.memory == 0 || (own.has_value() && *own < setup.own_bytes())) {
    setup.bytes = *own;
    setup.slots = setup.slots_used = 1;
  }
  return std::optional(TRY(plan_memory(*plan_, setup)));
}

void JobPart::tell_standings() {
  report::Standings standings;
  {
    const std::lock_guard lock(mutex_);
    standings.readers.swap(standings_);
  }
  standings_told_us_ = monotonic_micros();
  tell(std::move(standings));
}

// Tasks of one instance number share an executor: what is forward-connected shares a core.
void JobPart::place_tasks() {
  const std::vector<TaskPlace> places = task_places(*plan_);
  std::set<uint32_t> instances;
  for (const auto& [id, task] : tasks_->here()) instances.insert(places[id].instance);
  std::map<uint32_t, JobTasks::Wake> wakes;
  for (size_t i = 0; i < setup_.executors; ++i) {
    executors_.push_back(std::make_unique<Executor>(
        [this](Task& task, const Status& status) { task_ended(task, status); }));
  }
  for (const auto& [id, task] : tasks_->here()) {
    const auto nth = std::distance(instances.begin(), instances.find(places[id].instance));
    wakes[id] = executors_[nth % executors_.size()]->add(*task);
    enter(TaskId(id), *task);
  }
  tasks_->on_wakeup(wakes);
  if (!tasks_->spans_workers()) return;
  tasks_->on_standing([this](uint32_t task, const ReaderStanding& standing) {
    const std::lock_guard lock(mutex_);
    standings_[task] = standing;
    changed_.notify_all();
  });
}

void JobPart::task_ended(const Task& task, const Status& status) {
  if (status.ok()) return;
  for (const auto& [id, entry] : entries_) {
    if (entry.task == &task) tell(report::TaskFailed{TaskId(id), status.error()});
  }
}

void JobPart::enter(TaskId id, Task& task) {
  const std::vector<StagePlan>& stages = task.chain().stages;
  const std::vector<SlotPlace> slots = slot_places(*plan_);
  Entry entry{.task = &task,
              .chain = stages.back().id,
              .instance = task_places(*plan_)[id.value()].instance};
  if (task.source() != nullptr) entry.source = stages[0].id;
  for (uint32_t slot = 0; slot < slots.size(); ++slot) {
    if (slots[slot].task != id) continue;
    Sink& sink = task.sinks()[entry.slots.size()]->sink();
    entry.slots.push_back(SlotIndex(slot));
    slots_[slot] = {.sink_id = slots[slot].sink, .sink = &sink};
  }
  entries_[id.value()] = std::move(entry);
}

// One sink after the other, since each knows by itself what it delivered before.
Status JobPart::obey(const order::Replay& replay) {
  const Plan plan = make_plan(replay.graph, replay.options);
  const Manifest from = TRY(history_.read_manifest(replay.manifest));
  for (const SlotOutput& slot : from.slots) {
    if (slot.sealed.empty()) continue;
    const SinkLane lane{.lineage = from.lineage,
                        .sink = slot.sink,
                        .slot = slot.slot,
                        .generation = setup_.generation,
                        .is_restored = true};
    const SinkSpec* spec = find_sink(plan, slot.sink);
    if (spec == nullptr) return corrupt("no such sink in the plan: " + slot.sink);
    const std::unique_ptr<Sink> sink = TRY(setup_.connectors.sink(*spec, lane));
    for (const SlotOutput::Sealed& sealed : slot.sealed) {
      std::string contents = TRY(history_.read_object(sealed.contents));
      FAIL_POINT("recovery.delivery_due");
      TRY(sink->deliver(sealed.id, {.contents = std::move(contents), .rows = sealed.rows}));
      FAIL_POINT("recovery.delivered");
    }
  }
  tell(report::Replayed{});
  return {};
}

Status JobPart::obey(const order::Start& start) {
  if (from_.has_value()) {
    TRY(tasks_->restore(*from_, history_));
    for (const auto& [id, files] : tasks_->adopted()) entries_.at(id).warm.adopt(files);
  }
  tasks_->know_splits(start.splits);
  TRY(tasks_->read_splits(start.splits.size()));
  const uint64_t before = from_.has_value() ? from_->id.epoch.value() : 0;
  for (const auto& [id, entry] : entries_) {
    const TaskId task(id);
    entry.task->take_checkpoints({setup_.generation, Epoch(before + 1)}, with_state_,
                                 [this, task](TaskCheckpoint taken) {
                                   const std::lock_guard lock(mutex_);
                                   mail_.emplace_back(Taken{task, std::move(taken)});
                                   changed_.notify_all();
                                 });
  }
  // Nothing can fail any more; a task that does comes after, and is not taken for a life that did
  // not start.
  tell(report::Started{});
  for (const auto& executor : executors_) executor->start();
  if (tasks_->rediscovers()) rediscovery_ = std::thread([this] { rediscover(); });
  return {};
}

// The background thread: looks for new splits now and then until the part ends.
void JobPart::rediscover() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return closed_; });
    if (closed_) return;
    lock.unlock();
    Result<std::vector<JobSplit>> found = tasks_->find_new_splits(monotonic_micros());
    if (!found.ok()) return tell(report::Failed{found.error()});
    if (!found->empty()) tell(report::SplitsFound{std::move(found).value()});
    lock.lock();
  }
}

Status JobPart::obey(const order::KnowSplits& more) {
  tasks_->know_splits(more.splits);
  tell(report::SplitsKnown{tasks_->known_splits()});
  return {};
}

Status JobPart::obey(const order::ReadSplits& read) {
  TRY(tasks_->read_splits(read.known));
  wake_all();
  return {};
}

Status JobPart::obey(const order::Standings& standings) {
  tasks_->post(standings.readers);
  return {};
}

Status JobPart::obey(const order::Drop&) { unreachable(); }

void JobPart::wake_all() {
  for (const auto& executor : executors_) executor->wake_all();
}

}  // namespace weir
