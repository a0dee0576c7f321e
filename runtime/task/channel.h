// A bounded queue of elements from one task to another: one producer thread, one consumer thread,
// no lock.
//
// It is bounded in elements and in bytes: by the one where rows are narrow or batches small, by the
// other where rows are wide. Whatever it weighs, one element has room in an empty channel. The
// bound is soft at the producer's side: a task looks at has_room() before it works, and may then
// overshoot by what one step emits (OutputGate keeps that back). Waking the other side is the
// owner's business, through the two hooks.
#pragma once

#include "engine/time/element.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace weir {

class Channel {
 public:
  static constexpr size_t kUnbounded = SIZE_MAX;

  // REQUIRES: `capacity` is a power of two. With `bytes_max` of batches in it nothing more is
  // taken.
  explicit Channel(size_t capacity, size_t bytes_max = kUnbounded);

  // Set once, before either side runs. Called by the thread of the other side; must be cheap.
  void on_data(std::function<void()> wake_consumer) { wake_consumer_ = std::move(wake_consumer); }
  void on_room(std::function<void()> wake_producer) { wake_producer_ = std::move(wake_producer); }

  // Producer. False if it is full: the element is then untouched.
  bool push(Element& element);

  // Consumer.
  std::optional<Element> pop();

 private:
  struct Slot {
    Element element;
    size_t bytes = 0;
  };

  const size_t mask_;
  const size_t bytes_max_;
  std::vector<Slot> slots_;
  std::function<void()> wake_consumer_;
  std::function<void()> wake_producer_;
  alignas(64) std::atomic<size_t> head_{0};  // Next to pop; written by the consumer.
  alignas(64) std::atomic<size_t> tail_{0};  // Next to push; written by the producer.
  std::atomic<size_t> bytes_{0};             // In it; counted where it is bounded.
};

}  // namespace weir
