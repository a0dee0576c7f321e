#include "runtime/exchange/wake_list.h"

#include <utility>

namespace weir {

void WakeNode::wake() {
  if (is_listed_.load() || is_listed_.exchange(true)) return;
  self_ = shared_from_this();
  list_->add(this);
}

void WakeList::add(WakeNode* node) {
  node->next_ = newest_.load(std::memory_order_relaxed);
  while (!newest_.compare_exchange_weak(node->next_, node)) {
  }
  // Either close() sees the node, or it is seen here that nobody will look at it.
  if (is_closed_.load()) return forget();
  ring();
}

void WakeList::ring() {
  if (!is_asleep_.load() || !is_asleep_.exchange(false)) return;
  const std::lock_guard lock(mutex_);
  if (ring_) ring_();
}

void WakeList::run() {
  WakeNode* reversed = newest_.exchange(nullptr);
  WakeNode* oldest = nullptr;
  while (reversed != nullptr) {
    WakeNode* next = std::exchange(reversed->next_, oldest);
    oldest = std::exchange(reversed, next);
  }
  while (oldest != nullptr) {
    const std::shared_ptr<WakeNode> node = std::move(oldest->self_);
    oldest = oldest->next_;
    // Before the action: what comes while it runs is seen by it, or lists the node again.
    node->is_listed_.store(false);
    if (node->action) node->action();
  }
}

bool WakeList::may_sleep() {
  is_asleep_.store(true);
  if (newest_.load() == nullptr) return true;
  is_asleep_.store(false);
  return false;
}

void WakeList::close() {
  is_closed_.store(true);
  forget();
  const std::lock_guard lock(mutex_);
  ring_ = nullptr;
}

void WakeList::forget() {
  WakeNode* node = newest_.exchange(nullptr);
  while (node != nullptr) {
    WakeNode* next = node->next_;
    node->self_.reset();
    node = next;
  }
}

}  // namespace weir
