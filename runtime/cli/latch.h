// What the main thread of a process waits for: somebody tells it to end, or something cannot go on.
#pragma once

#include "engine/base/status.h"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace weir {

// Any thread. The first call of release() or fail() counts.
class Latch {
 public:
  void release();
  void fail(const Error& error);
  Status wait();

 private:
  void open(std::optional<Error> error);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;           // Guarded by mutex_.
  std::optional<Error> error_;  // Guarded by mutex_.
};

}  // namespace weir
