#include "runtime/task/channel.h"

#include "engine/base/check.h"

#include <utility>

namespace weir {

Channel::Channel(size_t capacity) : mask_(capacity - 1), slots_(capacity, Element(Idle{})) {
  CHECK(capacity != 0);
  CHECK((capacity & mask_) == 0);
}

bool Channel::push(Element& element) {
  const size_t tail = tail_.load(std::memory_order_relaxed);
  if (tail - head_.load(std::memory_order_acquire) == slots_.size()) return false;
  slots_[tail & mask_] = std::move(element);
  // Sequentially consistent, like the executor's ready flags: either the consumer sees the element,
  // or we see that it has gone to sleep and wake it.
  tail_.store(tail + 1, std::memory_order_seq_cst);
  if (wake_consumer_) wake_consumer_();
  return true;
}

std::optional<Element> Channel::pop() {
  const size_t head = head_.load(std::memory_order_relaxed);
  if (head == tail_.load(std::memory_order_seq_cst)) return std::nullopt;
  Element element = std::move(slots_[head & mask_]);
  slots_[head & mask_] = Idle{};
  head_.store(head + 1, std::memory_order_seq_cst);
  if (wake_producer_) wake_producer_();
  return element;
}

}  // namespace weir
