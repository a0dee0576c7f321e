// The part of JobPart that takes checkpoints: barriers in, files and output out.
#include "engine/base/fail_point.h"
#include "runtime/messages/clock.h"
#include "runtime/task/declared_tables.h"
#include "runtime/worker/job_part.h"
#include "runtime/worker/side_by_side.h"
#include "state/local_files.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Making a file takes a core that tasks want, until it is written and waits to be synced.
constexpr size_t kStoresAtOnce = 4;
// Each has a client of its own where it goes to Kafka, with several threads.
constexpr size_t kDeliveriesAtOnce = 16;
constexpr int64_t kRefreshMicros = int64_t{24} * 3600 * 1'000'000;  // Sink::refresh

}  // namespace

Status JobPart::obey(const order::Inject& barrier) {
  for (auto& [id, entry] : entries_) {
    entry.task->inject(barrier.epoch, barrier.last);
    std::optional<TaskCheckpoint> unsaved = std::exchange(entry.unsaved, std::nullopt);
    if (unsaved.has_value()) report(TaskId(id), *std::move(unsaved), barrier.epoch);
  }
  wake_all();
  FAIL_POINT("checkpoint.injected");
  return {};
}

Status JobPart::obey(const order::Cancel& cancel) {
  for (const auto& [id, entry] : entries_) entry.task->cancel(cancel.epoch);
  wake_all();
  return {};
}

// Storing is waiting for the disk, and a barrier comes to all tasks at about the same time: what
// the others have handed over meanwhile is stored beside it.
Status JobPart::obey(Taken first) {
  std::vector<Taken> all = take_others(std::move(first));
  side_by_side({all.size(), kStoresAtOnce}, [&](size_t i) {
    auto& [task, checkpoint] = all[i];
    FAIL_POINT("checkpoint.reported");
    keep_output(entries_.at(task.value()), checkpoint);
    const Epoch epoch = checkpoint.epoch;
    report(task, std::move(checkpoint), epoch);
  });
  return {};
}

// One of each task, since those of one task are in order.
std::vector<JobPart::Taken> JobPart::take_others(Taken first) {
  std::vector<Taken> all;
  all.push_back(std::move(first));
  const std::lock_guard lock(mutex_);
  while (!mail_.empty()) {
    Taken* next = std::get_if<Taken>(&mail_.front());
    const auto is_of_next = [&](const Taken& one) { return one.task == next->task; };
    if (next == nullptr || std::any_of(all.begin(), all.end(), is_of_next)) break;
    all.push_back(std::move(*next));
    mail_.pop_front();
  }
  return all;
}

void JobPart::keep_output(const Entry& entry, TaskCheckpoint& taken) {
  const CheckpointId id{setup_.generation, taken.epoch};
  for (size_t i = 0; i < taken.segments.size(); ++i) {
    Segment& segment = taken.segments[i];
    if (segment.contents.empty()) continue;
    slots_.at(entry.slots[i].value())
        .undelivered.push_back({.id = id, .segment = std::move(segment)});
  }
}

// Makes durable what a task handed over, and what failed to become it before, and reports it for
// `epoch`.
void JobPart::report(TaskId id, TaskCheckpoint taken, Epoch epoch) {
  Result<report::SnapshotTaken> stored = store(id, taken);
  if (stored.ok()) {
    stored->epoch = epoch;
    return tell(std::move(stored).value());
  }
  if (taken.final) entries_.at(id.value()).unsaved = std::move(taken);
  tell(report::SnapshotFailed{id, epoch, stored.error()});
}

Result<report::SnapshotTaken> JobPart::store(TaskId id, TaskCheckpoint& taken) {
  Entry& entry = entries_.at(id.value());
  report::SnapshotTaken told{.task = id, .epoch = taken.epoch, .final = taken.final};
  told.snapshot = {.chain = entry.chain, .instance = entry.instance, .source = entry.source};
  told.snapshot.tables = declared_tables(entry.task->chain(), entry.task->state());
  told.snapshot.splits = taken.splits;
  told.snapshot.watermarks = taken.watermarks;
  told.rows = taken.rows;
  TRY(store_state(entry, taken));
  told.snapshot.files = entry.state.files();
  told.snapshot.warm = entry.warm.files();
  for (const SlotIndex index : entry.slots) {
    Slot& slot = slots_.at(index.value());
    std::vector<SlotOutput::Sealed> sealed;
    for (Undelivered& output : slot.undelivered) {
      if (!output.stored.has_value()) {
        output.stored = TRY(history_.put_file(output.id, entry.chain, entry.instance,
                                              "output." + slot.sink_id, output.segment.contents));
      }
      sealed.push_back({.id = output.id, .rows = output.segment.rows, .contents = *output.stored});
    }
    told.outputs.emplace_back(index, std::move(sealed));
  }
  FAIL_POINT("checkpoint.task_stored");
  return told;
}

Status JobPart::store_state(Entry& entry, TaskCheckpoint& taken) {
  if (taken.state.has_value()) {
    FrozenState frozen = *std::exchange(taken.state, std::nullopt);
    take_cut(entry, std::move(frozen.warm));
    entry.state.take({{setup_.generation, taken.epoch}, frozen.what, frozen.encode_last()});
    entry.task->give_back(std::move(frozen.memory));
  }
  const CheckpointId id{setup_.generation, taken.epoch};
  Status stored = store_rows(entry);
  if (stored.ok()) stored = store_cut(entry, id);
  // The next checkpoint has a cut of its own, but for a task that has ended.
  if (stored.ok() || !taken.final) drop_cut(entry);
  if (entry.state.wants_merge()) merge_changes(entry, id);
  if (entry.state.wants_whole()) entry.task->save_whole();
  return stored;
}

Status JobPart::store_rows(Entry& entry) {
  while (const StateFiles::Unstored* file = entry.state.next()) {
    Result<StoredObject> object =
        history_.put_file(file->id, entry.chain, entry.instance, "state", file->bytes);
    if (!object.ok()) return std::move(object).error();
    entry.state.stored(std::move(object).value());
  }
  return {};
}

// Rows that were not in memory at the barrier.
Status JobPart::store_cut(Entry& entry, CheckpointId id) {
  while (const std::string* name = entry.warm.next()) {
    const std::string path = entry.cut->folder + "/" + *name;
    const std::string called = "warm." + *name;
    if (WarmFiles::never_changes(*name)) {
      entry.warm.stored(
          TRY(history_.put_local_file(id, entry.chain, entry.instance, called, path)));
      continue;
    }
    const std::string bytes = TRY(read_local_file(path));
    const StoredObject* before = entry.warm.unchanged(bytes);
    StoredObject object =
        before != nullptr ? *before
                          : TRY(history_.put_file(id, entry.chain, entry.instance, called, bytes));
    entry.warm.stored(std::move(object), bytes);
  }
  return {};
}

void JobPart::take_cut(Entry& entry, std::optional<WarmCut> cut) {
  drop_cut(entry);
  entry.warm.take(cut.has_value() ? cut->files : std::vector<std::string>());
  entry.cut = std::move(cut);
}

// What cannot be removed goes with the folder of this life.
void JobPart::drop_cut(Entry& entry) {
  if (entry.cut.has_value()) (void)remove_local_folder(entry.cut->folder);
  entry.cut.reset();
}

// What fails is done another time: the files are good as they are. Before the checkpoint `id` is
// reported, since only what it or a later one names outlives the next collection.
void JobPart::merge_changes(Entry& entry, CheckpointId id) {
  const std::vector<StoredObject>& files = entry.state.files();
  StateImage changes(Freeze::kChanges);
  for (size_t i = 1; i < files.size(); ++i) {
    Result<ObjectBytes> bytes = history_.open_object(files[i]);
    if (!bytes.ok() || !changes.add(std::move(bytes).value()).ok()) return;
  }
  Result<StoredObject> object =
      history_.put_file(id, entry.chain, entry.instance, "changes", changes.encode());
  if (object.ok()) entry.state.merged(std::move(object).value());
}

Status JobPart::obey(const order::Commit& commit) {
  const CheckpointId id{setup_.generation, commit.epoch};
  // Slots know nothing of each other.
  side_by_side({commit.slots.size(), kDeliveriesAtOnce}, [&](size_t i) {
    const SlotIndex index = commit.slots[i];
    const Status delivered = deliver(slots_.at(index.value()), id);
    if (delivered.ok()) {
      tell(report::OutputCommitted{index, commit.epoch});
    } else {
      tell(report::CommitFailed{index, commit.epoch, delivered.error()});
    }
  });
  return refresh_slots();
}

Status JobPart::deliver(Slot& slot, CheckpointId id) {
  while (!slot.undelivered.empty() && slot.undelivered.front().id <= id) {
    const Undelivered& first = slot.undelivered.front();
    FAIL_POINT("checkpoint.delivery_due");
    TRY(slot.sink->deliver(first.id, first.segment));
    FAIL_POINT("checkpoint.delivered");
    if (slot.sink->waits_in_memory()) output_.subtract(first.segment.contents.size());
    slot.undelivered.erase(slot.undelivered.begin());
  }
  return {};
}

// What cannot be reached today is renewed tomorrow, long before it is forgotten. What is forgotten
// already ends the life: nobody may go on as if it were not.
Status JobPart::refresh_slots() {
  const int64_t now = monotonic_micros();
  if (!refreshed_at_.has_value()) refreshed_at_ = now;  // They were opened a moment ago.
  if (now - *refreshed_at_ < kRefreshMicros) return {};
  refreshed_at_ = now;
  for (const auto& [index, slot] : slots_) {
    Status renewed = slot.sink->refresh();
    if (!renewed.ok() && renewed.error().kind != ErrorKind::kUnavailable) return renewed;
  }
  return {};
}

}  // namespace weir
