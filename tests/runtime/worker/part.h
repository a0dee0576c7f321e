// A JobPart over tables in memory, ordered about by a test, and its store.
#pragma once

#include "runtime/local/volatile_store.h"
#include "runtime/worker/job_part.h"
#include "tests/runtime/local/jobs.h"
#include "tests/state/store_folder.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

// in -> out.
inline Graph passing_graph() {
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  return graph;
}

// Full, as far as files of state go, while `refuses` is set; or for those that rows are in which
// left memory, while `refuses_rows` is.
class RefusingStore : public VolatileStore {
 public:
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override {
    const bool refused =
        (refuses && name.ends_with("/state")) || (refuses_rows && name.ends_with(".sst"));
    if (refused) return unavailable("no space left for " + name);
    return VolatileStore::put_if_absent(name, bytes);
  }

  std::atomic<bool> refuses{false};
  std::atomic<bool> refuses_rows{false};
};

// Of memory, in bytes; 0: any.
struct PartBounds {
  uint64_t state = 0;  // Without one there is no folder for more.
  uint64_t all = 0;
};

class Part {
 public:
  explicit Part(Graph of_job = passing_graph(), PartBounds bounds = {}) : graph(std::move(of_job)) {
    part = std::make_unique<JobPart>(
        PartSetup{.job = "j",
                  .generation = Generation(1),
                  .store = &store,
                  .connectors = tables.factory(),
                  .state_bytes = bounds.state == 0 ? UINT64_MAX : bounds.state,
                  .work_folder = bounds.state == 0 ? "" : work.path(),
                  .memory = bounds.all,
                  .send = [this](FromWorker report) {
                    const std::lock_guard lock(mutex);
                    told.push_back(std::move(report.what));
                    changed.notify_all();
                  }});
  }

  void give(decltype(ToWorker::what) order) { part->give({"j", Generation(1), std::move(order)}); }
  // The next report of this kind; others are passed over.
  template <typename T>
  T await() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return !told.empty(); });
      decltype(FromWorker::what) next = std::move(told.front());
      told.pop_front();
      if (auto* wanted = std::get_if<T>(&next)) return std::move(*wanted);
    }
  }
  order::Prepare life() const {
    const PlannedJob job = graph.job(1);
    return {.graph = job.graph, .options = job.options, .batch_rows = 8, .lineage = "l"};
  }
  void start() {
    give(life());
    give(order::Start{await<report::Prepared>().splits});
    await<report::Started>();
  }

  Graph graph;
  Tables tables;
  RefusingStore store;
  const StoreFolder work = StoreFolder::quick();
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<decltype(FromWorker::what)> told;
  std::unique_ptr<JobPart> part;
};

}  // namespace weir
