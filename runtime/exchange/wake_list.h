// How tasks tell the thread of the exchange that a Channel has something for it: a list of what has
// to be looked at, which any thread may add to without a lock, and a bell where the thread sleeps.
//
// A node is on the list once at most, so a busy Channel costs one atomic read for each push.
// The list and its nodes may outlive the exchange; nothing happens then.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace weir {

class WakeList;

class WakeNode : public std::enable_shared_from_this<WakeNode> {
 public:
  explicit WakeNode(std::shared_ptr<WakeList> list) : list_(std::move(list)) {}

  // Any thread.
  void wake();

  // Owned by the thread of the exchange: what to do. Empty: nothing any more.
  std::function<void()> action;

 private:
  friend class WakeList;

  const std::shared_ptr<WakeList> list_;
  std::atomic<bool> is_listed_{false};
  // Owned by whom made is_listed_ true, then by the thread of the exchange.
  WakeNode* next_ = nullptr;
  std::shared_ptr<WakeNode> self_;  // Keeps it alive while it is on the list.
};

class WakeList {
 public:
  // `ring` ends the sleep of the thread of the exchange; called by any thread, one at a time.
  explicit WakeList(std::function<void()> ring) : ring_(std::move(ring)) {}

  // The thread of the exchange: does the actions of all nodes that are on the list, in the order in
  // which they came.
  void run();
  // It is about to sleep. False if it must not, since there is something on the list.
  bool may_sleep();
  void awake() { is_asleep_.store(false); }
  // It is gone: from the return of this call on no action is done and the bell is not rung.
  void close();

  // Any thread: ends the sleep if there is one.
  void ring();

 private:
  friend class WakeNode;
  void add(WakeNode* node);
  void forget();

  std::atomic<WakeNode*> newest_{nullptr};
  std::atomic<bool> is_asleep_{false};
  std::atomic<bool> is_closed_{false};
  std::mutex mutex_;
  // Guarded by mutex_.
  std::function<void()> ring_;
};

}  // namespace weir
