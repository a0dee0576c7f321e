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
  bool interrupted() const { return signal_.load() != 0; }
  // Of a process that runs until it is told to end, and did so in good order: SIGTERM is how it is
  // told, SIGINT interrupts it.
  int exit_of_service() const;

 private:
  void watch();

  std::function<void()> stop_;
  std::atomic<int> signal_ = 0;  // The first one; 0: none.
  std::thread thread_;
};

}  // namespace weir
