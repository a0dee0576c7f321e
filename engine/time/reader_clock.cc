#include "engine/time/reader_clock.h"

#include "engine/base/check.h"

#include <algorithm>

namespace weir {

size_t ReaderClock::add_split(int64_t watermark) {
  CHECK(!closed_);
  const size_t split = merger_.add_input();
  splits_.emplace_back();
  merger_.advance(split, watermark);
  highest_ = std::max(highest_, watermark);
  return split;
}

void ReaderClock::look(int64_t now) {
  if (looked_at_.has_value()) active_ += std::min(now - *looked_at_, kGapMaxMicros);
  looked_at_ = now;
}

void ReaderClock::gave(size_t split, int64_t watermark) {
  splits_[split].silent_since.reset();
  splits_[split].idle = false;
  merger_.set_idle(split, false);
  merger_.advance(split, watermark);
  highest_ = std::max(highest_, watermark);
}

void ReaderClock::gave_nothing(size_t index) {
  Split& split = splits_[index];
  if (!split.silent_since.has_value()) split.silent_since = active_;
  if (!policy_.idle_timeout.has_value() || split.idle) return;
  if (active_ - *split.silent_since < *policy_.idle_timeout) return;
  split.idle = true;
  merger_.set_idle(index, true);
}

void ReaderClock::finish(size_t split) {
  splits_[split].finished = true;
  merger_.finish(split);
}

void ReaderClock::settle(bool source_is_quiet, int64_t highest_of_source) {
  idle_ = false;
  if (is_over()) {
    watermark_ = kMaxTime;
    return;
  }
  if (!is_quiet()) {
    quiet_since_.reset();
    watermark_ = std::max(watermark_, merger_.current());
    return;
  }
  const bool advances = policy_.advances && policy_.idle_timeout.has_value() && source_is_quiet &&
                        highest_of_source != kMinTime;
  idle_ = !advances;
  if (!advances) {
    quiet_since_.reset();
    return;
  }
  if (!quiet_since_.has_value()) quiet_since_ = active_;
  watermark_ = std::max(watermark_, highest_of_source + (active_ - *quiet_since_));
}

bool ReaderClock::is_idle(size_t split) const { return splits_[split].idle; }

bool ReaderClock::may_give(size_t split) const {
  return !splits_[split].finished && !splits_[split].silent_since.has_value();
}

int64_t ReaderClock::reading_at() const {
  int64_t lowest = kMaxTime;
  for (size_t i = 0; i < splits_.size(); ++i) {
    if (may_give(i)) lowest = std::min(lowest, merger_.of(i));
  }
  return lowest;
}

bool ReaderClock::is_quiet() const {
  return std::none_of(splits_.begin(), splits_.end(),
                      [](const Split& s) { return !s.idle && !s.finished; });
}

std::optional<int64_t> ReaderClock::look_within() const {
  if (!policy_.idle_timeout.has_value() || is_over()) return std::nullopt;
  if (is_quiet()) return policy_.advances ? std::optional(kLookMicros) : std::nullopt;
  std::optional<int64_t> within;
  for (const Split& split : splits_) {
    if (split.finished || split.idle || !split.silent_since.has_value()) continue;
    const int64_t left = *policy_.idle_timeout - (active_ - *split.silent_since);
    within = std::min(within.value_or(kLookMicros), std::max<int64_t>(left, 0));
  }
  return within;
}

}  // namespace weir
