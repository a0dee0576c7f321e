// The way from librdkafka's threads to whoever waits: calls the function that the runtime gave, if
// it gave one.
//
// set() belongs to the owner's thread; call() may be called by any thread at any time. A function
// that was replaced is kept until the Wakeup goes, because a thread may be inside it.
#pragma once

#include "operators/connectors/kafka/handles.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace weir::kafka {

class Wakeup {
 public:
  void set(std::function<void()> wake);
  void call() const;

  // Makes `queue` call this whenever it stops being empty. After unwatch() no call is under way and
  // none follows.
  void watch(rd_kafka_queue_t* queue);
  static void unwatch(rd_kafka_queue_t* queue);

 private:
  std::atomic<const std::function<void()>*> current_ = nullptr;
  std::vector<std::unique_ptr<const std::function<void()>>> kept_;
};

}  // namespace weir::kafka
