// Jobs of several lives over one store: stopped, failed and begun again, with another parallelism
// too, they write what one long life would have written.
#include "runtime/local/volatile_store.h"
#include "state/state_files.h"
#include "tests/runtime/local/jobs.h"
#include "tests/runtime/worker/part.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <latch>
#include <set>

namespace weir {
namespace {

constexpr int64_t kInterval = 2'000;  // Microseconds between checkpoints

PlannedJob counting_job(uint32_t parallelism) {
  PlannedJob job = counting_graph().job(parallelism);
  job.graph.options.checkpoint_interval = kInterval;
  job.graph.options.restart_attempts = 0;
  return job;
}

std::map<std::string, int64_t> counts_of_one_life(const std::map<std::string, Rows>& splits) {
  Tables tables;
  tables.sources["in"].splits = splits;
  run_to_the_end(counting_graph().job(1), tables);
  return counts_of(tables.written("out").delivered);
}

TEST_CASE("AJobGoesOnWhereItWasStopped") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = splits, .endless = true};
  const RunOptions options{.executors = 2, .batch_rows = 3, .store = &store};
  uint32_t parallelism = 1;
  for (const size_t rows : {1, 30, 60, 90}) {
    const std::unique_ptr<Job> job = started(counting_job(parallelism), tables, options);
    REQUIRE(job->restored_from().has_value() == (rows != 1));
    tables.wait_for_rows("out", rows);
    job->stop();
    REQUIRE(ended(*job).ok());
    REQUIRE(job->unbalanced() == std::vector<std::string>());
    parallelism = parallelism % 3 + 1;
  }
  tables.sources["in"].endless = false;
  const std::unique_ptr<Job> last = started(counting_job(2), tables, options);
  REQUIRE(ended(*last).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));

  const std::unique_ptr<Job> nothing_left = started(counting_job(2), tables, options);
  CHECK(nothing_left->was_finished());
  CHECK(ended(*nothing_left).ok());
}

TEST_CASE("AJobGoesOnWhereItFailed") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  const RunOptions options{.executors = 2, .batch_rows = 3, .store = &store};
  for (const size_t rows : {40, 100, 200, 280}) {
    tables.sources["in"] = {.splits = splits, .breaks_after = rows};
    const std::unique_ptr<Job> job =
        started(counting_job(static_cast<uint32_t>(rows / 100 + 1)), tables, options);
    CHECK(ended(*job).error().kind == ErrorKind::kUnavailable);
  }
  tables.sources["in"] = {.splits = splits};
  const std::unique_ptr<Job> last = started(counting_job(3), tables, options);
  REQUIRE(ended(*last).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));
}

TEST_CASE("AJobBeginsAgainByItself") {
  const std::map<std::string, Rows> splits = four_splits(300);
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {
      .splits = splits, .breaks_after = 100, .breaks_left = std::make_shared<std::atomic<int>>(1)};
  PlannedJob job = counting_job(2);
  job.graph.options.restart_attempts = 3;
  std::mutex mutex;
  std::vector<JobState> states;
  const RunOptions options{
      .executors = 2, .batch_rows = 3, .store = &store, .changed = [&](const JobEvent& event) {
        const std::lock_guard lock(mutex);
        states.push_back(event.state);
      }};
  const std::unique_ptr<Job> running = started(job, tables, options);
  REQUIRE(ended(*running).ok());
  CHECK(counts_of(tables.written("out").delivered) == counts_of_one_life(splits));
  CHECK(std::count(states.begin(), states.end(), JobState::kRestarting) > 0);
  CHECK(states.back() == JobState::kFinished);
}

TEST_CASE("EndlessJobsDeliverEachInterval") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(50)}}, .endless = true};
  const std::unique_ptr<Job> job = started(counting_job(2), tables);
  tables.wait_for_delivered("out", 1);
  job->stop();
  REQUIRE(ended(*job).ok());
}

// Each delivery waits until the other one has begun.
TEST_CASE("SlotsAreDeliveredBesideEachOther") {
  Graph graph;
  const VertexIndex in = graph.source("in");
  graph.connect(in, graph.sink("out", table_schema()));
  graph.connect(in, graph.sink("copy", table_schema()));
  Part part(graph);
  part.tables.sources["in"] = {.splits = {{"0", many_rows(10)}}, .endless = true};
  std::latch both(2);
  const auto meet = [&] { both.arrive_and_wait(); };
  part.tables.sinks = {{"out", {.delivering = meet}}, {"copy", {.delivering = meet}}};
  part.start();
  part.tables.wait_for_rows("out", 10);
  part.tables.wait_for_rows("copy", 10);
  part.give(order::Inject{Epoch(1)});
  part.await<report::SnapshotTaken>();
  part.give(order::Commit{Epoch(1), {SlotIndex(0), SlotIndex(1)}});
  part.await<report::OutputCommitted>();
  part.await<report::OutputCommitted>();
  CHECK(part.tables.written("out").delivered.size() == 10);
  CHECK(part.tables.written("copy").delivered.size() == 10);
}

// in -> n by v in a window that does not end -> out, and what was read in "copy".
Graph many_groups() {
  Graph graph;
  WindowAggregateSpec spec = count_by_key();
  spec.keys = {1};
  spec.window.size = 1'000'000 * kSecond;
  const VertexIndex in = graph.source("in");
  const VertexIndex counts = graph.add("counts", spec);
  graph.connect(in, counts, {.kind = DistributionKind::kHash, .columns = {1}});
  graph.connect(in, graph.sink("copy", table_schema()));
  graph.connect(counts, graph.sink("out", graph.schema_of(counts)));
  return graph;
}

// Rows of many_groups(), each group met again and again.
Rows rows_of_groups(size_t count, uint64_t groups) {
  Rows rows = many_rows(count);
  for (size_t i = 0; i < count; ++i) rows[i].v = static_cast<int64_t>(i * 7919 % groups);
  return rows;
}

// As many groups as rows, 300 if nothing else is said.
class SavingPart : public Part {
 public:
  explicit SavingPart(size_t rows = 300, uint64_t state_bytes = 0)
      : Part(many_groups(), {.state = state_bytes}) {
    tables.sources["in"] = {.splits = {{"0", many_rows(rows)}}, .endless = true};
    start();
    tables.wait_for_rows("copy", 300);
  }

  // What the task with state reports for the epoch; absent: it could not be stored.
  std::optional<TaskSnapshot> checkpoint(uint64_t epoch) {
    give(order::Inject{Epoch(epoch)});
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return !told.empty(); });
      const decltype(FromWorker::what) next = std::move(told.front());
      told.pop_front();
      if (std::holds_alternative<report::SnapshotFailed>(next)) return std::nullopt;
      const auto* taken = std::get_if<report::SnapshotTaken>(&next);
      if (taken != nullptr && !taken->snapshot.files.empty()) return taken->snapshot;
    }
  }
  std::string names(const TaskSnapshot& snapshot) const {
    std::string all;
    for (const StoredObject& file : snapshot.files) {
      all += file.name.substr(file.name.rfind('/') + 1) + " ";
    }
    return all;
  }
  // How many rows the files hold together.
  size_t groups(const TaskSnapshot& snapshot) {
    StateImage image;
    for (const StoredObject& file : snapshot.files) {
      REQUIRE(image.add(store.get(file.name).value().value()).ok());
    }
    size_t rows = 0;
    for (const auto& [id, one] : image.tables().begin()->second.stores) {
      REQUIRE(one.each([&](const StateImage::Row&) -> Status {
                   ++rows;
                   return {};
                 })
                  .ok());
    }
    return rows;
  }
};

TEST_CASE("CheckpointsAddFilesOfChangesUntilTheyAreMerged") {
  SavingPart part;
  for (uint64_t epoch = 1; epoch < StateFiles::kFilesMax; ++epoch) {
    const TaskSnapshot snapshot = part.checkpoint(epoch).value();
    REQUIRE(snapshot.files.size() == epoch);
    REQUIRE(part.groups(snapshot) == 300);
  }
  const TaskSnapshot merged = part.checkpoint(StateFiles::kFilesMax).value();
  CHECK(part.names(merged) == "state changes ");
  CHECK(part.groups(merged) == 300);
  CHECK(part.names(part.checkpoint(100).value()) == "state changes state ");
}

TEST_CASE("StateThatCouldNotBeStoredIsStoredWhole") {
  SavingPart part;
  CHECK(part.checkpoint(1).value().files.size() == 1);
  CHECK(part.checkpoint(2).value().files.size() == 2);
  part.store.refuses = true;
  CHECK_FALSE(part.checkpoint(3).has_value());
  CHECK_FALSE(part.checkpoint(4).has_value());
  part.store.refuses = false;
  const TaskSnapshot snapshot = part.checkpoint(5).value();
  CHECK(snapshot.files.size() == 1);
  CHECK(part.groups(snapshot) == 300);
}

// Names of the objects that hold table files, of all tasks.
std::set<std::string> rows_of(const TaskSnapshot& snapshot) {
  std::set<std::string> objects;
  for (const WarmFile& file : snapshot.warm) {
    if (file.name.ends_with(".sst")) objects.insert(file.contents.name);
  }
  return objects;
}

std::vector<std::string> cuts_in(const StoreFolder& work) {
  std::vector<std::string> cuts;
  for (const std::string& entry : work.entries()) {
    const std::string name = std::filesystem::path(entry).filename();
    if (name.starts_with("cut-")) cuts.push_back(entry);
  }
  return cuts;
}

TEST_CASE("RowsThatLeftMemoryAreStoredOnceAndNamedByEachCheckpoint") {
  SavingPart part(4000, 32 << 10);
  part.tables.wait_for_rows("copy", 4000);
  const TaskSnapshot first = part.checkpoint(1).value();
  REQUIRE(rows_of(first).size() > 0);
  for (const WarmFile& file : first.warm) {
    REQUIRE(part.store.size(file.contents.name).value() == file.contents.bytes);
  }
  // What one does not name that went before it stored itself.
  std::set<std::string> before = rows_of(first);
  for (uint64_t epoch = 2; epoch < 8; ++epoch) {
    const std::set<std::string> named = rows_of(part.checkpoint(epoch).value());
    const std::string own = "/1/" + std::to_string(epoch) + "/";
    for (const std::string& name : named) {
      CHECK((before.count(name) != 0 || name.find(own) != std::string::npos));
    }
    before = named;
  }
  CHECK(cuts_in(part.work).empty());
}

TEST_CASE("ACutThatCannotBeStoredLeavesNoFolderAndTheNextCheckpointHasAllOfIt") {
  SavingPart part(4000, 32 << 10);
  part.tables.wait_for_rows("copy", 4000);
  part.store.refuses_rows = true;
  CHECK_FALSE(part.checkpoint(1).has_value());
  CHECK_FALSE(part.checkpoint(2).has_value());
  CHECK(cuts_in(part.work).empty());
  part.store.refuses_rows = false;
  part.store.refuses = true;
  CHECK_FALSE(part.checkpoint(3).has_value());
  CHECK(cuts_in(part.work).empty());
  part.store.refuses = false;
  const TaskSnapshot snapshot = part.checkpoint(4).value();
  CHECK(rows_of(snapshot).size() > 0);
  for (const WarmFile& file : snapshot.warm) {
    CHECK(part.store.size(file.contents.name).value() == file.contents.bytes);
  }
}

// Of the job, the life, the task that counts, and its database.
TEST_CASE("AHundredCheckpointsLeaveFourFolders") {
  SavingPart part(100'000, 64 << 10);
  for (uint64_t epoch = 1; epoch <= 100; ++epoch) REQUIRE(part.checkpoint(epoch).has_value());
  size_t folders = 0;
  for (const std::string& entry : part.work.entries()) {
    folders += std::filesystem::is_directory(part.work / entry) ? 1 : 0;
  }
  CHECK(folders == 4);
  CHECK(cuts_in(part.work).empty());
}

TEST_CASE("TheFolderOfALifeGoesWithIt") {
  SavingPart part(4000, 32 << 10);
  part.tables.wait_for_rows("copy", 4000);
  part.checkpoint(1);
  CHECK_FALSE(part.work.entries().empty());
  part.part.reset();
  CHECK(part.work.entries().empty());
}

std::map<std::string, int64_t> groups_of_one_life(const std::map<std::string, Rows>& splits) {
  Tables tables;
  tables.sources["in"].splits = splits;
  run_to_the_end(many_groups().job(1), tables);
  return counts_of(tables.written("out").delivered);
}

TEST_CASE("AJobWhoseStateIsLargerThanItsMemoryGoesOnWithAnyParallelism") {
  std::map<std::string, Rows> splits;
  for (const char* split : {"0", "1", "2"}) splits[split] = rows_of_groups(6000, 5003);
  const StoreFolder work = StoreFolder::quick();
  VolatileStore store;
  Tables tables;
  tables.sources["in"] = {.splits = splits, .endless = true};
  const RunOptions options{.executors = 2,
                           .batch_rows = 64,
                           .store = &store,
                           .state_bytes = 64 << 10,
                           .work_folder = work.path()};
  size_t rows = 0;
  for (const uint32_t parallelism : {1, 2, 2, 1, 1, 3}) {
    PlannedJob planned = many_groups().job(parallelism);
    planned.graph.options.checkpoint_interval = kInterval;
    planned.graph.options.restart_attempts = 0;
    const std::unique_ptr<Job> job = started(planned, tables, options);
    rows += 2500;
    tables.wait_for_rows("copy", rows);
    job->stop();
    const Status status = ended(*job);
    INFO((status.ok() ? "" : status.error().message));
    REQUIRE(status.ok());
  }
  CHECK(work.entries().empty());
  const bool left_memory = [&store] {
    for (const std::string& name : store.list("").value()) {
      if (name.ends_with(".sst")) return true;
    }
    return false;
  }();
  CHECK(left_memory);
  tables.sources["in"].endless = false;
  const std::unique_ptr<Job> last = started(many_groups().job(2), tables, options);
  REQUIRE(ended(*last).ok());
  CHECK(counts_of(tables.written("out").delivered) == groups_of_one_life(splits));
}

}  // namespace
}  // namespace weir
