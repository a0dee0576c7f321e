// One thread that steps its ready tasks in turn: a Boost.Asio io_context that runs them between
// events.
//
// A task is ready when it made progress or was woken. With nothing ready the executor sleeps until
// a wake-up or the earliest time that a task named; while wake-ups come fast, it looks a few tens
// of microseconds longer first. Tasks are added before start() and owned by the caller, who keeps
// them until join() has returned.
#pragma once

#include "runtime/task/task.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace weir {

class Executor {
 public:
  // Called by the executor's thread, once for each task: with the error that ended it, or ok when
  // it has finished.
  using Ended = std::function<void(Task& task, Status status)>;

  explicit Executor(Ended ended);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // The function wakes the task; safe from any thread until the executor is destroyed.
  std::function<void()> add(Task& task);

  void start();
  // Makes every task look for work. Safe from any thread.
  void wake_all();
  // Leaves the tasks where they are and ends the thread. Safe from any thread.
  void stop();
  // Waits until all tasks have ended or stop() was called.
  void join();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace weir
