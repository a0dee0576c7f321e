// A bounded queue of elements from one task to another: one producer thread, one consumer thread,
// no lock.
//
// The bound is soft at the producer's side: a task looks at has_room() before it works, and may
// then overshoot by what one step emits (OutputGate keeps that back). Waking the other side is the
// owner's business, through the two hooks.
#pragma once

#include "engine/time/element.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace weir {

class Channel {
 public:
  // REQUIRES: `capacity` is a power of two.
  explicit Channel(size_t capacity);

  // Set once, before either side runs. Called by the thread of the other side; must be cheap.
  void on_data(std::function<void()> wake_consumer) { wake_consumer_ = std::move(wake_consumer); }
  void on_room(std::function<void()> wake_producer) { wake_producer_ = std::move(wake_producer); }

  // Producer. False if it is full: the element is then untouched.
  bool push(Element& element);

  // Consumer.
  std::optional<Element> pop();

 private:
  const size_t mask_;
  std::vector<Element> slots_;
  std::function<void()> wake_consumer_;
  std::function<void()> wake_producer_;
  alignas(64) std::atomic<size_t> head_{0};  // Next to pop; written by the consumer.
  alignas(64) std::atomic<size_t> tail_{0};  // Next to push; written by the producer.
};

}  // namespace weir
