#include "engine/protocol/lease.h"

#include "engine/base/check.h"

#include <algorithm>

namespace weir {

Lease::Lease(const Settings& settings, int64_t joined_us)
    : settings_(settings),
      ends_us_(joined_us + settings.lease_us),
      next_beat_us_(joined_us + settings.beat_us) {
  CHECK(settings.beat_us > 0);
  CHECK(settings.beat_us < settings.lease_us);
}

void Lease::sent(uint64_t beat, int64_t now_us) {
  CHECK(unanswered_.empty() || beat > unanswered_.back().number);
  unanswered_.push_back({beat, now_us});
  next_beat_us_ = now_us + settings_.beat_us;
}

void Lease::renewed(uint64_t beat, int64_t now_us) {
  if (expired(now_us)) return;
  while (!unanswered_.empty() && unanswered_.front().number <= beat) {
    const Beat answered = unanswered_.front();
    unanswered_.pop_front();
    if (answered.number == beat) {
      ends_us_ = std::max(ends_us_, answered.sent_us + settings_.lease_us);
    }
  }
}

}  // namespace weir
