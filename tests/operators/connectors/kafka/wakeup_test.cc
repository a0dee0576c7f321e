#include "operators/connectors/kafka/wakeup.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

HandlePtr handle() { return make_handle(RD_KAFKA_PRODUCER, ConfPtr(rd_kafka_conf_new())).value(); }

}  // namespace

TEST_CASE("CallsNobodyUntilSomebodyAsks") {
  Wakeup wakeup;
  wakeup.call();
  int calls = 0;
  wakeup.set([&calls] { ++calls; });
  wakeup.call();
  CHECK(calls == 1);
  wakeup.set({});
  wakeup.call();
  CHECK(calls == 1);
}

TEST_CASE("CallsTheNewestFunction") {
  Wakeup wakeup;
  std::string called;
  wakeup.set([&called] { called += 'a'; });
  wakeup.set([&called] { called += 'b'; });
  wakeup.call();
  CHECK(called == "b");
}

TEST_CASE("WatchedQueuesCallAndUnwatchedOnesDoNot") {
  Wakeup wakeup;
  int calls = 0;
  wakeup.set([&calls] { ++calls; });
  const HandlePtr owner = handle();
  const QueuePtr queue(rd_kafka_queue_new(owner.get()));
  wakeup.watch(queue.get());
  rd_kafka_queue_yield(queue.get());
  CHECK(calls == 1);
  Wakeup::unwatch(queue.get());
  rd_kafka_queue_yield(queue.get());
  CHECK(calls == 1);
}

}  // namespace weir::kafka
