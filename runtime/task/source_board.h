// What the readers of one source know of each other: how far each has come in event time, and
// whether it is quiet. Shared by the source's tasks in this process; every call is safe from any
// thread, and nothing blocks.
//
// It keeps readers within a drift bound, so that a backlog is merged in time order over all of
// them: a reader does not read a split that is more than the bound ahead of the lowest place at
// which another reader may find rows. Results do not depend on it, only how many windows are open.
//
// No deadlock is possible. A reader counts only while it may find rows: one whose splits are empty
// for now, idle, ended or stopped posts kMaxTime. A reader waits only for one that is strictly
// lower, so the lowest of those that count waits for nobody; whatever holds it up (a full output)
// is downstream, where no reader's progress is needed. When it finds nothing it no longer counts,
// and the next one is the lowest. What is posted first is minus infinity: nobody runs ahead of a
// reader that has not looked yet, and every reader looks when it is first stepped.
//
// Its second use is when_quiet = 'advance', which concerns all splits of a source.
#pragma once

#include "runtime/messages/task_report.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace weir {

class SourceBoard {
 public:
  explicit SourceBoard(size_t readers);

  // Set once, before any reader runs.
  void on_wakeup(size_t reader, std::function<void()> wake);

  // Called at each post(), by whoever posts; set once, before any reader runs.
  using Posted = std::function<void(size_t reader, const ReaderStanding& standing)>;
  void on_post(Posted posted) { posted_ = std::move(posted); }

  // Wakes the readers that wait if this one has moved on.
  void post(size_t reader, const ReaderStanding& standing);

  // The lowest place at which any other reader may find rows; kMaxTime if none may.
  int64_t lowest_of_others(size_t reader) const;
  // Wake the reader when another moves on. It looks at lowest_of_others() again after the call,
  // lest the move came in between.
  void wait(size_t reader);

  bool is_quiet() const;    // All readers are.
  int64_t highest() const;  // Of all readers.

 private:
  struct alignas(64) Place {
    std::atomic<int64_t> reading_at{kMinTime};
    std::atomic<int64_t> highest{kMinTime};
    std::atomic<bool> quiet{false};
    std::atomic<bool> waiting{false};
    std::function<void()> wake;
  };

  std::vector<std::unique_ptr<Place>> places_;
  Posted posted_;
};

}  // namespace weir
