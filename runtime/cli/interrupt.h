// Ctrl-C in good order: the first SIGINT or SIGTERM asks the job to stop, the second ends the
// process.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace weir {

// Blocks both signals in the calling thread, and so in every thread started later; make it before
// there are others.
class InterruptWatcher {
 public:
  InterruptWatcher();
  ~InterruptWatcher();
  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;

  // `stop` is called once, by a thread of the watcher.
  void start(std::function<void()> stop);
  bool interrupted() const { return interrupted_.load(); }

 private:
  void watch();

  std::function<void()> stop_;
  std::atomic<bool> interrupted_{false};
  std::thread thread_;
};

}  // namespace weir
