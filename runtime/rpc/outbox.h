// What waits to be written to one stream of gRPC, which takes one message at a time: bounded by
// bytes, in order. Owned by one end of a stream, which guards it by its mutex.
#pragma once

#include "engine/base/check.h"

#include <cstddef>
#include <deque>
#include <utility>

namespace weir {

template <typename Message>
class Outbox {
 public:
  explicit Outbox(size_t bytes_max) : bytes_max_(bytes_max) {}

  // False: there is no room, and the message was not taken. `bytes` are those of the message.
  bool add(Message message, size_t bytes) {
    if (bytes > bytes_max_ - bytes_) return false;
    bytes_ += bytes;
    waiting_.emplace_back(std::move(message), bytes);
    return true;
  }

  // The next message, which stays where it is until written(); null while one is being written, or
  // if there is none.
  const Message* write_next() {
    if (is_writing_ || waiting_.empty()) return nullptr;
    is_writing_ = true;
    return &waiting_.front().first;
  }
  void written() {
    CHECK(is_writing_);
    is_writing_ = false;
    bytes_ -= waiting_.front().second;
    waiting_.pop_front();
  }

  bool is_writing() const { return is_writing_; }
  bool is_empty() const { return waiting_.empty(); }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_max_;
  size_t bytes_ = 0;  // Of waiting_; never above the limit.
  bool is_writing_ = false;
  std::deque<std::pair<Message, size_t>> waiting_;
};

}  // namespace weir
