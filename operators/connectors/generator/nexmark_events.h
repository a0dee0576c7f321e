// Which NEXMark event is where: ids, kinds and times of the events of one split, as pure
// arithmetic.
//
// The stream of `rows` events is cut into as many equal slices as there are splits (the last takes
// the rest). Slice k numbers its events n = 1, 2, ... and gives the n-th the id 1 + k * (rows /
// splits) + n, so ids are disjoint; all slices run through the same event time, each at its share
// of the event rate. A stream without end is cut like one of kEndlessRows events, which no run
// lives to see the end of: ids stay disjoint, and far below 2^63.
//
// Of 50 successive ids one is a person, three are auctions and 46 are bids. Person and auction ids
// count those of their kind.
#pragma once

#include "operators/connectors/generator/options.h"
#include "operators/connectors/generator/random.h"

#include <cstdint>
#include <optional>

namespace weir {

inline constexpr uint64_t kNexmarkCycle = 50;
inline constexpr uint64_t kEndlessRows = 368'934'881'474'191;  // 2^63 / (50 kinds * 500 bytes)

enum class NexmarkKind : uint8_t { kPerson = 0, kAuction = 1, kBid = 2 };

constexpr NexmarkKind nexmark_kind(uint64_t event) {
  const uint64_t place = event % kNexmarkCycle;
  return place < 1 ? NexmarkKind::kPerson : place < 4 ? NexmarkKind::kAuction : NexmarkKind::kBid;
}

// Index of the newest person at an event, itself included.
constexpr int64_t last_person(uint64_t event) {
  return static_cast<int64_t>(event / kNexmarkCycle);
}
// Index of the newest auction at an event, itself included; -1 before the first.
constexpr int64_t last_auction(uint64_t event) {
  const int64_t place = static_cast<int64_t>(event % kNexmarkCycle);
  return last_person(event) * 3 + (place >= 4 ? 2 : place - 1);
}

// A person near the newest one: of the last thousand, or up to ten ahead. `word` is random.
constexpr int64_t active_person(uint64_t event, uint64_t word) {
  const int64_t people = last_person(event) + 1;
  const int64_t active = people < 1000 ? people : 1000;
  return people - active + static_cast<int64_t>(below(word, static_cast<uint64_t>(active) + 10));
}

// An auction near the newest one: of the last hundred, or up to ten ahead.
constexpr int64_t open_auction(uint64_t event, uint64_t word) {
  const int64_t newest = last_auction(event);
  const int64_t oldest = newest < 100 ? 0 : newest - 100;
  return oldest + static_cast<int64_t>(below(word, static_cast<uint64_t>(newest - oldest + 11)));
}

class NexmarkSlice {
 public:
  NexmarkSlice(const GeneratorOptions& options, uint32_t split);

  std::optional<uint64_t> rows() const { return rows_; }

  // The number that row i (from 0) has on the slice's time line: i + 1, or shuffled within its
  // group.
  uint64_t number(uint64_t row) const { return group_ == 1 ? row + 1 : shuffled(row + 1); }
  uint64_t event(uint64_t number) const { return first_event_ + number; }
  // Milliseconds from the start.
  int64_t millis(uint64_t number) const {
    return static_cast<int64_t>(static_cast<double>(number) * delay_micros_) / 1000;
  }
  int64_t micros(uint64_t number) const { return start_micros_ + millis(number) * 1000; }

 private:
  uint64_t shuffled(uint64_t number) const;

  // Constant after construction.
  std::optional<uint64_t> rows_;
  uint64_t first_event_;
  uint64_t group_;
  double delay_micros_;
  int64_t start_micros_;  // Whole milliseconds.
};

}  // namespace weir
