// How the rows of `card_transactions` are dealt to splits, times and cards: pure arithmetic, shared
// by the transactions and by the table of the truth.
//
// Row i of split k is event i * splits + k of the whole stream. All splits run through event time
// together: the event's time is start + 2 s + event / event_rate. Cards belong to a split, two to
// an account, and there are 10,000 cards for each event per second, so that how often a card is
// used does not depend on the event rate.
//
// A split's rows are divided, for the episodes only, into groups of kGroupRowsMax (fewer where the
// stream is thin), the groups are dealt to lanes, and 16 successive groups of a lane are a cycle:
// the room of one episode, whose steps are about five seconds apart. All lanes begin their cycles
// together: these row ranges are the blocks of the split.
#pragma once

#include "operators/connectors/generator/options.h"

#include <cstdint>
#include <optional>
#include <string>

namespace weir {

class CardTimeline {
 public:
  static constexpr uint64_t kGroupRowsMax = 128;
  static constexpr uint64_t kCycleSteps = 16;
  static constexpr uint64_t kCardsPerEventRate = 10'000;
  static constexpr int64_t kDisorderMicros = 2'000'000;

  CardTimeline(const GeneratorOptions& options, uint32_t split);

  std::optional<uint64_t> rows() const { return rows_; }
  uint64_t seed() const { return seed_; }
  uint32_t split() const { return split_; }
  uint64_t splits() const { return splits_; }
  uint64_t event_rate() const { return event_rate_; }

  // The event's number in the whole stream.
  uint64_t event(uint64_t row) const { return row * splits_ + split_; }
  // The time on which a row's own disorder builds; rows of episodes stand at exactly this time.
  int64_t nominal_micros(uint64_t row) const;

  // Accounts and cards of the split, and their numbers in the whole stream.
  uint64_t accounts() const { return accounts_; }
  int64_t account_number(uint64_t account) const;
  uint64_t card_number(uint64_t card) const { return card * splits_ + split_; }

  uint64_t group_rows() const { return group_rows_; }
  uint64_t lanes() const { return lanes_; }
  uint64_t block_rows() const { return group_rows_ * lanes_ * kCycleSteps; }

 private:
  // Constant after construction.
  uint64_t seed_;
  uint32_t split_;
  uint64_t splits_;
  uint64_t event_rate_;
  int64_t start_micros_;
  std::optional<uint64_t> rows_;
  uint64_t accounts_;
  uint64_t group_rows_;
  uint64_t lanes_;
};

// "t00000000042", "card_42"
std::string transaction_id(uint64_t event);
std::string card_name(uint64_t card_number);

}  // namespace weir
