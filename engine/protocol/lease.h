// A worker's lease: for how long it may go on with what it does.
//
// A worker may have side effects (deliver output, write what a checkpoint names) only while its
// lease lasts. It sends a numbered heartbeat now and then, the coordinator renews it, and the lease
// then lasts from when that heartbeat was *sent*: so it ends, by the worker's own clock, before the
// coordinator, which counts from when it renewed, and adds a margin, may take the worker for dead
// (cluster.h). Once run out it stays so: what is renewed too late is not renewed. The worker stops
// all that it runs and joins anew, under a new number.
//
// Owned by the loop of the worker, one for each number under which it joined; one thread calls it.
// Times are microseconds of a monotonic clock of the worker that goes on while the machine sleeps.
#pragma once

#include "engine/base/ids.h"

#include <cstdint>
#include <deque>

namespace weir {

// A worker, from when it joined until it is lost. Never met before in the coordinator's term.
using WorkerId = StrongId<struct WorkerIdTag, uint64_t>;

class Lease {
 public:
  struct Settings {
    int64_t lease_us = 3'000'000;  // The coordinator says it (Welcome::lease_us).
    int64_t beat_us = 1'000'000;   // From one heartbeat to the next. Positive, below the lease.
  };

  // `joined_us`: when the Hello was sent that the coordinator has answered. It counts as a
  // heartbeat.
  Lease(const Settings& settings, int64_t joined_us);

  // A heartbeat leaves. REQUIRES: `beat` is above those before it.
  void sent(uint64_t beat, int64_t now_us);
  // The answer to it came. Of one that was not sent, or after the lease ran out: nothing.
  void renewed(uint64_t beat, int64_t now_us);

  bool expired(int64_t now_us) const { return now_us >= ends_us_; }
  bool beat_due(int64_t now_us) const { return now_us >= next_beat_us_; }
  int64_t ends_us() const { return ends_us_; }
  // When a heartbeat is due or the lease runs out, whichever comes first.
  int64_t next_wakeup() const { return next_beat_us_ < ends_us_ ? next_beat_us_ : ends_us_; }

 private:
  struct Beat {
    uint64_t number;
    int64_t sent_us;
  };

  Settings settings_;  // Constant after construction.
  int64_t ends_us_;
  int64_t next_beat_us_;
  std::deque<Beat> unanswered_;  // In their order.
};

}  // namespace weir
