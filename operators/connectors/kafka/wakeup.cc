#include "operators/connectors/kafka/wakeup.h"

#include <utility>

namespace weir::kafka {

void Wakeup::set(std::function<void()> wake) {
  kept_.push_back(std::make_unique<const std::function<void()>>(std::move(wake)));
  current_.store(*kept_.back() ? kept_.back().get() : nullptr, std::memory_order_release);
}

void Wakeup::call() const {
  if (const auto* wake = current_.load(std::memory_order_acquire)) (*wake)();
}

void Wakeup::watch(rd_kafka_queue_t* queue) {
  rd_kafka_queue_cb_event_enable(
      queue, [](rd_kafka_t*, void* self) { static_cast<const Wakeup*>(self)->call(); }, this);
}

void Wakeup::unwatch(rd_kafka_queue_t* queue) {
  rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr);
}

}  // namespace weir::kafka
