// What a worker answers over HTTP, before and after a coordinator has it.
#include "runtime/cli/worker_http.h"

#include "runtime/local/volatile_store.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace weir {
namespace {

class Served {
 public:
  Served()
      : worker({.open_store = [](const Welcome&) -> Result<std::shared_ptr<SnapshotStore>> {
                  return std::shared_ptr<SnapshotStore>(std::make_shared<VolatileStore>());
                },
                .link = {.connect = [] {},
                         .send =
                             [this](const FromWorker&) {
                               const std::lock_guard lock(mutex);
                               answered = true;
                               changed.notify_all();
                             },
                         .beat = [](uint64_t) {}},
                .note = [](const std::string&, const std::string&) {},
                .failed = [](const Error&) {}}) {}

  ApiReply get(const std::string& target) const {
    return handle_worker_http(worker, {.method = "GET", .target = target});
  }
  // Until an order after the Welcome is answered.
  void join() {
    worker.start();
    worker.welcomed({.worker = 1, .lease_us = int64_t{3'600'000'000}});
    worker.heard({"j", Generation(1), order::Drop{}});
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::minutes(2), [this] { return answered; }));
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool answered = false;
  Worker worker;
};

TEST_CASE("AWorkerIsHealthyBeforeItIsRegisteredAndReadyAfter") {
  Served served;
  CHECK(served.get("/healthz").status == 200);
  CHECK(served.get("/readyz").status == 503);
  served.join();
  CHECK(served.get("/healthz").status == 200);
  CHECK(served.get("/readyz").status == 200);
}

TEST_CASE("AWorkersMetricsSayWhatRunsThere") {
  Served served;
  CHECK_THAT(served.get("/metrics").body, Catch::Contains("weir_worker_registered 0\n"));
  served.join();
  const ApiReply reply = served.get("/metrics");
  CHECK(reply.status == 200);
  CHECK_THAT(reply.body, Catch::Contains("weir_worker_registered 1\n"));
  CHECK_THAT(reply.body, Catch::Contains("weir_worker_jobs 0\n"));
  CHECK_THAT(reply.body, Catch::Contains("# TYPE weir_process_cpu_seconds_total counter\n"));
}

TEST_CASE("AWorkerHasNothingElseToSay") {
  const Served served;
  CHECK(served.get("/jobs").status == 404);
  CHECK(handle_worker_http(served.worker, {.method = "POST", .target = "/metrics"}).status == 405);
}

}  // namespace
}  // namespace weir
