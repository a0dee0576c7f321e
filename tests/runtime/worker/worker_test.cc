// A worker and its coordinator, which is the test: what it dials and says is heard by hand, and
// its tasks run over tables in memory.
#include "runtime/worker/worker.h"

#include "runtime/local/volatile_store.h"
#include "runtime/messages/clock.h"
#include "tests/runtime/coordinator/played_cluster.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <optional>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kHour = 3'600 * kSecond;

// Reads wait until it is opened.
class GatedStore : public VolatileStore {
 public:
  Result<std::optional<std::string>> get(const std::string& name) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return VolatileStore::get(name);
  }
  void wait_for_reader() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::microseconds(kWatchdogMicros),
                              [this] { return waiting_ > 0; }));
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;    // Guarded by mutex_.
  bool open_ = false;  // Guarded by mutex_.
};

class Desk {
 public:
  explicit Desk(Peers peers = {}) {
    WorkerLink link{
        .connect = [this] { note([&] { ++connects; }); },
        .send = [this](const FromWorker& report) { note([&] { told.push_back(report); }); },
        .beat =
            [this](uint64_t beat) {
              bool answers = false;
              note([&] { ++beats, answers = renews; });
              if (answers) worker->renewed(beat);
            }};
    worker = std::make_unique<Worker>(WorkerSetup{
        .connectors = tables.factory(),
        .peers = std::move(peers),
        .open_store = [this](const Welcome& welcome) -> Result<std::shared_ptr<SnapshotStore>> {
          if (welcome.store_mark != "mark") return user_error("not the coordinator's store");
          return store;
        },
        .own_memory =
            [this] {
              uint64_t now = 0;
              note([&] {
                if (memory.empty()) return;
                now = memory.front();
                memory.pop_front();
              });
              return now;
            },
        .link = std::move(link),
        .note = [this](const std::string& event,
                       const std::string&) { note([&] { notes.push_back(event); }); },
        .failed = [this](const Error& error) { note([&] { failure = error; }); }});
  }
  // Parts report until they are gone.
  ~Desk() {
    store->open();
    worker.reset();
  }

  void join(int64_t lease_us = kHour) {
    worker->start();
    welcome(lease_us);
  }
  void welcome(int64_t lease_us = kHour) {
    worker->welcomed({.worker = 1, .term = 1, .store_mark = "mark", .lease_us = lease_us});
  }
  void order(uint64_t generation, decltype(ToWorker::what) what, const std::string& job = "j") {
    worker->heard({job, Generation(generation), std::move(what)});
  }
  static order::Prepare life() {
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    const PlannedJob job = graph.job(1);
    return {.graph = job.graph,
            .options = job.options,
            .batch_rows = 8,
            .peers = {""},
            .placement = {PeerIndex(0)},
            .lineage = "l"};
  }
  // A replay of what is not there: it waits at the gate of the store.
  static order::Replay stuck() {
    return {
        .graph = life().graph, .options = life().options, .manifest = {Generation(1), Epoch(1)}};
  }
  void run(uint64_t generation) {
    order(generation, life());
    order(generation, order::Start{await<report::Prepared>().first.splits});
    CHECK(await<report::Started>().second == Generation(generation));
  }
  // The next report of this kind; others are passed over.
  template <typename T>
  std::pair<T, Generation> await() {
    for (;;) {
      FromWorker next = await_any();
      if (auto* wanted = std::get_if<T>(&next.what)) return {std::move(*wanted), next.generation};
    }
  }
  FromWorker await_any() {
    FromWorker next;
    until([&] { return !told.empty(); },
          [&] {
            next = std::move(told.front());
            told.pop_front();
          });
    return next;
  }
  template <typename Condition>
  void until(
      Condition holds, const std::function<void()>& then = [] {}) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::microseconds(kWatchdogMicros), holds));
    then();
  }
  template <typename What>
  void note(What what) {
    const std::lock_guard lock(mutex);
    what();
    changed.notify_all();
  }
  void noted(const std::string& event) {
    until([&] { return std::find(notes.begin(), notes.end(), event) != notes.end(); });
  }

  Tables tables;
  std::shared_ptr<GatedStore> store = std::make_shared<GatedStore>();
  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex.
  int connects = 0;
  int beats = 0;
  bool renews = true;
  std::deque<FromWorker> told;
  std::vector<std::string> notes;
  std::optional<Error> failure;
  std::deque<uint64_t> memory;  // What the process has had, time after time; then nothing.
  std::unique_ptr<Worker> worker;
};

PlayedSource endless_table() { return {.splits = {{"0", many_rows(10)}}, .endless = true}; }

TEST_CASE("AWorkerDialsWhenItStartsAndIsRegisteredWhenItIsWelcomed") {
  Desk desk;
  CHECK(desk.connects == 0);
  desk.worker->start();
  desk.until([&] { return desk.connects == 1; });
  CHECK_FALSE(desk.worker->totals().registered);
  desk.welcome();
  desk.noted("worker.joined");
  desk.order(1, order::Drop{});
  desk.await<report::Dropped>();
  CHECK(desk.worker->totals().registered);
}

TEST_CASE("AWorkerRunsWhatItIsOrdered") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.run(1);
  desk.tables.wait_for_rows("out", 10);
  CHECK(desk.worker->totals().jobs == 1);
  CHECK(desk.worker->totals().tasks == 1);
  CHECK(desk.worker->reports("j").size() == 1);
  CHECK(desk.worker->reports("other").empty());
}

TEST_CASE("AWorkerThatBeatsTellsHowFarItsTasksAre") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join(3 * kSecond);
  desk.order(1, Desk::life());
  CHECK(desk.await<report::Progress>().second == Generation(1));
  CHECK(desk.beats > 0);
}

TEST_CASE("AWorkerTellsTheMostMemoryThatItSaw") {
  Desk desk;
  desk.note([&] { desk.memory = {3, 9, 4}; });
  desk.tables.sources["in"] = endless_table();
  desk.join(kSecond);
  desk.order(1, Desk::life());
  uint64_t peak = 0;
  while (peak < 9) peak = desk.await<report::Progress>().first.peak_memory_bytes;
  desk.until([&] { return desk.memory.empty(); });
  desk.order(1, order::Drop{});
  for (;;) {
    const FromWorker next = desk.await_any();
    if (std::holds_alternative<report::Dropped>(next.what)) break;
    const auto* progress = std::get_if<report::Progress>(&next.what);
    if (progress != nullptr) CHECK(progress->peak_memory_bytes == 9);
  }
}

TEST_CASE("WhoDropsItsTasksTellsTheirLastProgressFirst") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.run(1);
  desk.tables.wait_for_rows("out", 10);
  desk.order(1, order::Drop{});
  const auto progress = desk.await<report::Progress>();
  CHECK(progress.first.tasks.at(0).stages.at(0).counters.rows_in == 10);
  const FromWorker next = desk.await_any();
  CHECK(std::holds_alternative<report::Dropped>(next.what));
  CHECK(next.generation == Generation(1));
  CHECK(desk.worker->totals().jobs == 0);
}

TEST_CASE("ADropOfWhatDoesNotRunIsAnswered") {
  Desk desk;
  desk.join();
  desk.order(5, order::Drop{});
  CHECK(desk.await<report::Dropped>().second == Generation(5));
}

TEST_CASE("ADropOfAnEarlierLifeLeavesTheLaterOneAlone") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.run(2);
  desk.order(1, order::Drop{});
  CHECK(desk.await<report::Dropped>().second == Generation(1));
  CHECK(desk.worker->totals().jobs == 1);
}

TEST_CASE("PeersRefuseWhatWasDropped") {
  std::vector<std::pair<std::string, Generation>> refused;
  Peers peers{.connect = [](const std::string&, Generation, const order::Prepare&,
                            const std::vector<RemoteEnd>&, const std::vector<RemoteEnd>&,
                            const std::function<void(Error)>&) -> Result<std::shared_ptr<void>> {
                return std::shared_ptr<void>();
              },
              .refuse_below = [&](const std::string& job,
                                  Generation below) { refused.emplace_back(job, below); }};
  Desk desk(std::move(peers));
  desk.join();
  desk.order(5, order::Drop{});
  desk.await<report::Dropped>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].first == "j");
  CHECK(refused[0].second == Generation(6));
}

TEST_CASE("OrdersOfAnotherLifeAreNotObeyed") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.order(1, order::Inject{Epoch(1)});  // Nothing runs.
  desk.run(2);
  desk.order(1, order::Inject{Epoch(1)});
  desk.order(3, order::Inject{Epoch(1)});
  desk.order(2, order::Inject{Epoch(2)});
  CHECK(desk.await<report::SnapshotTaken>().second == Generation(2));
}

TEST_CASE("OrdersBeforeAWelcomeAreNotObeyed") {
  Desk desk;
  desk.worker->start();
  desk.order(1, order::Drop{});
  desk.welcome();
  desk.order(2, order::Drop{});
  CHECK(desk.await<report::Dropped>().second == Generation(2));
}

// The replay waits for the store, and so does who stops it.
TEST_CASE("OrdersThatComeWhileAPartIsStoppedAreObeyedAfterIt") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.order(1, Desk::stuck());
  desk.store->wait_for_reader();
  desk.order(1, order::Drop{});
  desk.order(2, Desk::life());
  desk.order(1, order::Drop{}, "other");  // Waits for nobody.
  FromWorker first = desk.await_any();
  CHECK(first.job == "other");
  desk.store->open();
  CHECK(desk.await<report::Dropped>().second == Generation(1));
  CHECK(desk.await<report::Prepared>().second == Generation(2));
}

TEST_CASE("AWelcomeEndsAllThatRanBefore") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.run(1);
  desk.worker->broken(unavailable("connection lost"));
  desk.until([&] { return desk.connects == 2; });
  CHECK(desk.worker->totals().jobs == 1);  // It goes on until its lease runs out.
  CHECK_FALSE(desk.worker->totals().registered);
  desk.welcome();
  desk.run(2);
  CHECK(desk.worker->totals().registered);
  CHECK(desk.worker->totals().jobs == 1);
}

// Nobody waits for it: whoever welcomes this worker does not know of it.
TEST_CASE("ADropIsNotAnsweredToAnotherCoordinator") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join();
  desk.order(1, Desk::stuck());
  desk.store->wait_for_reader();
  desk.order(1, order::Drop{});
  desk.welcome();
  desk.order(2, order::Drop{});
  desk.store->open();
  CHECK(desk.await<report::Dropped>().second == Generation(2));
}

TEST_CASE("AWorkerWhoseLeaseRunsOutStopsItsTasksAndDialsAnew") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  desk.join(kSecond);
  desk.run(1);
  desk.note([&] { desk.renews = false; });
  desk.until([&] { return desk.connects == 2; });
  desk.noted("worker.stopped_tasks");
  CHECK(desk.worker->totals().jobs == 0);
  CHECK_FALSE(desk.worker->totals().registered);
  desk.order(2, order::Drop{});  // Not a member: not heard.
  desk.welcome();
  desk.order(3, order::Drop{});
  CHECK(desk.await<report::Dropped>().second == Generation(3));
}

TEST_CASE("AStoreThatIsNotTheCoordinatorsEndsAWorker") {
  Desk desk;
  desk.worker->start();
  desk.worker->welcomed({.worker = 1, .store_mark = "another", .lease_us = kHour});
  desk.until([&] { return desk.failure.has_value(); });
  CHECK(desk.failure->kind == ErrorKind::kUser);
  CHECK_FALSE(desk.worker->totals().registered);
}

TEST_CASE("AWorkerThatIsRefusedEnds") {
  Desk desk;
  desk.worker->start();
  desk.worker->refused("it runs version 1");
  desk.until([&] { return desk.failure.has_value(); });
  CHECK(desk.failure->kind == ErrorKind::kUser);
  CHECK_THAT(desk.failure->message, Catch::Contains("it runs version 1"));
}

// However late the answer comes.
TEST_CASE("AWelcomeIsCountedFromTheHelloThatItAnswers") {
  Desk desk;
  desk.worker->start();
  desk.until([&] { return desk.connects == 1; });
  const int64_t long_after = monotonic_micros() + 1'000;
  eventually([&] { return monotonic_micros() > long_after; });
  desk.welcome(1'000);
  desk.until([&] { return desk.connects == 2; });
  CHECK_FALSE(desk.worker->totals().registered);
}

TEST_CASE("AWorkerEndsWhateverItDoes") {
  Desk desk;
  desk.tables.sources["in"] = endless_table();
  SECTION("before it started") {}
  SECTION("before it was welcomed") { desk.worker->start(); }
  SECTION("with tasks") {
    desk.join();
    desk.run(1);
  }
  SECTION("while a part is stopped") {
    desk.join();
    desk.order(1, Desk::stuck());
    desk.store->wait_for_reader();
    desk.order(1, order::Drop{});
    desk.order(2, Desk::life());
  }
  desk.store->open();
  desk.worker.reset();
}

}  // namespace
}  // namespace weir
