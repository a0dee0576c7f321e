#include "runtime/task/channel.h"

#include "engine/base/check.h"

#include <utility>

namespace weir {
namespace {

size_t bytes_of(const Element& element) {
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  return batch == nullptr ? 0 : batch->bytes();
}

}  // namespace

Channel::Channel(size_t capacity, size_t bytes_max)
    : mask_(capacity - 1), bytes_max_(bytes_max), slots_(capacity, Slot{Idle{}}) {
  CHECK(capacity != 0);
  CHECK((capacity & mask_) == 0);
}

bool Channel::push(Element& element) {
  const size_t tail = tail_.load(std::memory_order_relaxed);
  const size_t held = tail - head_.load(std::memory_order_acquire);
  if (held == slots_.size()) return false;
  Slot& slot = slots_[tail & mask_];
  if (bytes_max_ != kUnbounded) {
    // The consumer subtracts before it gives the slot back: an empty channel says zero.
    if (bytes_.load(std::memory_order_relaxed) >= bytes_max_) return false;
    slot.bytes = bytes_of(element);
    bytes_.fetch_add(slot.bytes, std::memory_order_relaxed);
  }
  slot.element = std::move(element);
  // Sequentially consistent, like the executor's ready flags: either the consumer sees the element,
  // or we see that it has gone to sleep and wake it.
  tail_.store(tail + 1, std::memory_order_seq_cst);
  if (wake_consumer_) wake_consumer_();
  return true;
}

std::optional<Element> Channel::pop() {
  const size_t head = head_.load(std::memory_order_relaxed);
  if (head == tail_.load(std::memory_order_seq_cst)) return std::nullopt;
  Slot& slot = slots_[head & mask_];
  Element element = std::exchange(slot.element, Idle{});
  if (bytes_max_ != kUnbounded) bytes_.fetch_sub(slot.bytes, std::memory_order_relaxed);
  head_.store(head + 1, std::memory_order_seq_cst);
  if (wake_producer_) wake_producer_();
  return element;
}

}  // namespace weir
