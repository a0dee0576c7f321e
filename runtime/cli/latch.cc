#include "runtime/cli/latch.h"

#include <utility>

namespace weir {

void Latch::release() { open(std::nullopt); }

void Latch::fail(const Error& error) { open(error); }

void Latch::open(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(open_, true)) return;
  error_ = std::move(error);
  changed_.notify_all();
}

Status Latch::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_; });
  return error_.has_value() ? Status(*error_) : Status();
}

}  // namespace weir
