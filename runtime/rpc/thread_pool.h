// A few threads for what may block, and a bounded queue before them. Owned by an end of the control
// plane; any thread adds work. The destructor does what is queued first.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir {

class ThreadPool {
 public:
  ThreadPool(size_t threads, size_t waiting_max);
  ~ThreadPool();

  // False: as many wait as may, or it is closed; the work will not be done.
  bool add(std::function<void()> work);

  // Takes no more work.
  void close();

 private:
  void run();

  // Constant after construction.
  const size_t waiting_max_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_closed_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace weir
