// The fraud in `card_transactions`: which rows belong to an episode, and what the episode does.
//
//   rule               rows  what they do
//   spending_burst       5   purchases of 1,050 to 2,400 that sum to over 5,000 within one minute
//   of the clock (UTC) small_then_large     2   0.10 to 0.99, directly followed, for the account,
//   by 600 to 2,400 within 20 seconds impossible_travel    2   at home, and within 20 seconds at
//   least 2,000 km away velocity             8   purchases of 5 to 40 within 10 seconds structuring
//   3   deposits of 8,200 to 9,800 into one account, about 20 minutes apart
//
// Between its first and last row an episode's account has no other row, except for structuring; its
// rows stand in the log in the order of their event times, undisturbed. An episode whose last row
// would lie beyond the end of a bounded stream does not happen at all. One row in some 500 belongs
// to an episode.
//
// How the account is kept to itself: block b takes its victims from the accounts of class b mod 63
// (the number mod 64), and honest rows of blocks b - 1 to b + 1 avoid that class. Structuring takes
// them from class 63.
#pragma once

#include "operators/connectors/generator/card_timeline.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir {

enum class FraudRule : uint8_t {
  kSpendingBurst,
  kSmallThenLarge,
  kImpossibleTravel,
  kVelocity,
  kStructuring,
};

std::string_view to_text(FraudRule rule);

struct Episode {
  FraudRule rule;
  uint64_t card;  // Within the split; its account is card / 2.
  size_t size;
  std::array<uint64_t, 8> rows;  // Of the split, ascending; `size` of them.
  uint64_t word;                 // Randomness of its own.
};

struct EpisodeRow {
  uint64_t row;
  size_t step;  // Which of the episode's rows.
  Episode episode;
};

class EpisodePlan {
 public:
  static constexpr uint64_t kClasses = 64;

  explicit EpisodePlan(const CardTimeline& timeline);

  // The episode, if any, that has its rows in this block and lane; and the structuring that ends
  // there.
  std::optional<Episode> episode(uint64_t block, uint64_t lane) const;
  std::optional<Episode> structuring_ending(uint64_t block, uint64_t lane) const;

  // The rows of episodes among [from, from + count), in ascending order.
  void find(uint64_t from, uint64_t count, std::vector<EpisodeRow>& out) const;

  // By how many an honest row of the block moves on from an account of each class.
  std::array<uint8_t, kClasses> honest_shifts(uint64_t block) const;

  // Amount in cents of one row of an episode.
  static int64_t cents(const Episode& episode, size_t step);

 private:
  struct Slot {
    uint64_t block;
    uint64_t lane;
    uint64_t step;
  };

  uint64_t slot_row(Slot slot) const;
  bool is_active(uint64_t word) const;
  std::optional<Episode> structuring(uint64_t first_block, uint64_t lane) const;
  std::optional<Episode> kept(const Episode& episode) const;
  void place_burst(Episode& episode, Slot slot) const;
  void place_velocity(Episode& episode, Slot slot) const;

  // Constant after construction.
  CardTimeline timeline_;
  uint64_t slot_key_;
  uint64_t episode_key_;
  uint64_t structuring_key_;
};

}  // namespace weir
