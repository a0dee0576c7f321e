#include "operators/connectors/generator/card_episodes.h"

#include "engine/base/check.h"
#include "engine/data/calendar.h"
#include "operators/connectors/generator/random.h"

#include <algorithm>

namespace weir {
namespace {

constexpr uint64_t kVictimClasses = EpisodePlan::kClasses - 1;
constexpr uint64_t kStructuringClass = EpisodePlan::kClasses - 1;
constexpr uint64_t kStructuringStep = CardTimeline::kCycleSteps - 1;  // No other episode uses it.
constexpr uint64_t kStructuringGap = 16;  // Blocks from one deposit to the next.
constexpr uint64_t kStructuringRows = 3;
constexpr size_t kBurstRows = 5;
constexpr size_t kVelocityRows = 8;
constexpr int64_t kMinute = 60 * kMicrosPerSecond;

int64_t minute_of(int64_t micros) { return micros / kMinute - (micros % kMinute < 0 ? 1 : 0); }

// Of 20 episodes 8 are bursts, 5 small then large, 4 impossible travel and 3 velocity.
FraudRule rule_of(uint64_t word) {
  const uint64_t pick = below(word, 20);
  if (pick < 8) return FraudRule::kSpendingBurst;
  if (pick < 13) return FraudRule::kSmallThenLarge;
  if (pick < 17) return FraudRule::kImpossibleTravel;
  return FraudRule::kVelocity;
}

int64_t cents_between(uint64_t word, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(below(word, static_cast<uint64_t>(high - low)));
}

}  // namespace

std::string_view to_text(FraudRule rule) {
  switch (rule) {
    case FraudRule::kSpendingBurst: return "spending_burst";
    case FraudRule::kSmallThenLarge: return "small_then_large";
    case FraudRule::kImpossibleTravel: return "impossible_travel";
    case FraudRule::kVelocity: return "velocity";
    case FraudRule::kStructuring: return "structuring";
  }
  unreachable();
}

EpisodePlan::EpisodePlan(const CardTimeline& timeline)
    : timeline_(timeline),
      slot_key_(field_key(timeline.seed(), 2101)),
      episode_key_(field_key(timeline.seed(), 2102)),
      structuring_key_(field_key(timeline.seed(), 2103)) {
  CHECK(timeline.group_rows() >= kVelocityRows);
}

// Step s of a lane is some row of the lane's s-th group of the block.
uint64_t EpisodePlan::slot_row(Slot slot) const {
  const uint64_t rows = timeline_.group_rows();
  const uint64_t group =
      (slot.block * CardTimeline::kCycleSteps + slot.step) * timeline_.lanes() + slot.lane;
  return group * rows + below(random_word(slot_key_, timeline_.event(group)), rows);
}

// Where groups are small there are more of them; the share of rows in episodes stays the same.
bool EpisodePlan::is_active(uint64_t word) const {
  return below(word, CardTimeline::kGroupRowsMax) < timeline_.group_rows();
}

std::optional<Episode> EpisodePlan::kept(const Episode& episode) const {
  const uint64_t last = episode.rows[episode.size - 1];
  if (timeline_.rows().has_value() && last >= *timeline_.rows()) return std::nullopt;
  return episode;
}

// From the first step on from which all rows fall into one minute. It comes soon: five steps take
// less than 40 seconds.
void EpisodePlan::place_burst(Episode& episode, Slot slot) const {
  for (slot.step = 0; slot.step + kBurstRows <= kStructuringStep; ++slot.step) {
    Slot at = slot;
    for (size_t i = 0; i < kBurstRows; ++i, ++at.step) episode.rows[i] = slot_row(at);
    const int64_t first = timeline_.nominal_micros(episode.rows[0]);
    const int64_t last = timeline_.nominal_micros(episode.rows[kBurstRows - 1]);
    if (minute_of(first) == minute_of(last)) return;
  }
  unreachable();
}

// Spread over one group, which takes less than ten seconds.
void EpisodePlan::place_velocity(Episode& episode, Slot slot) const {
  const uint64_t rows = timeline_.group_rows();
  const uint64_t first = slot_row(slot) / rows * rows;
  for (size_t i = 0; i < kVelocityRows; ++i) episode.rows[i] = first + i * (rows / kVelocityRows);
}

std::optional<Episode> EpisodePlan::episode(uint64_t block, uint64_t lane) const {
  const uint64_t number = timeline_.event(block * timeline_.lanes() + lane);
  const uint64_t word = random_word(episode_key_, number);
  // The very first one is always a burst, so that a demonstration has something to show.
  const bool is_first = number == 0;
  if (!is_first && !is_active(word)) return std::nullopt;
  Episode episode;
  episode.word = hash_word(word);
  episode.rule = is_first ? FraudRule::kSpendingBurst : rule_of(episode.word);

  // One of the accounts of the block's class, another one for each lane.
  const uint64_t range = timeline_.accounts() / kClasses;
  const double share = (static_cast<double>(lane) + unit(hash_word(episode.word))) /
                       static_cast<double>(timeline_.lanes());
  const uint64_t pick =
      std::min(range - 1, static_cast<uint64_t>(share * static_cast<double>(range)));
  const uint64_t account = pick * kClasses + block % kVictimClasses;
  episode.card = account * 2 + (episode.word & 1);

  Slot slot{.block = block, .lane = lane, .step = below(episode.word << 8, 12)};
  episode.size = 2;
  switch (episode.rule) {
    case FraudRule::kSpendingBurst:
      episode.size = kBurstRows;
      place_burst(episode, slot);
      break;
    case FraudRule::kVelocity:
      episode.size = kVelocityRows;
      place_velocity(episode, slot);
      break;
    case FraudRule::kSmallThenLarge:
    case FraudRule::kImpossibleTravel:
      episode.rows[0] = slot_row(slot);
      ++slot.step;
      episode.rows[1] = slot_row(slot);
      break;
    case FraudRule::kStructuring: unreachable();
  }
  return kept(episode);
}

// Deposits go into the last step of blocks b, b + 16 and b + 32, where b counts as a first block in
// 16 of every 64 blocks: so no two of them meet in one block.
std::optional<Episode> EpisodePlan::structuring(uint64_t first_block, uint64_t lane) const {
  const uint64_t number = timeline_.event(first_block * timeline_.lanes() + lane);
  const uint64_t word = random_word(structuring_key_, number);
  if (!is_active(word) || (word & 3) != 0) return std::nullopt;
  Episode episode;
  episode.rule = FraudRule::kStructuring;
  episode.word = hash_word(word);
  const uint64_t account =
      below(episode.word, timeline_.accounts() / kClasses) * kClasses + kStructuringClass;
  episode.card = account * 2;
  episode.size = kStructuringRows;
  for (uint64_t i = 0; i < kStructuringRows; ++i) {
    episode.rows[i] = slot_row(
        {.block = first_block + i * kStructuringGap, .lane = lane, .step = kStructuringStep});
  }
  return kept(episode);
}

std::optional<Episode> EpisodePlan::structuring_ending(uint64_t block, uint64_t lane) const {
  if (block / kStructuringGap % 4 != kStructuringRows - 1) return std::nullopt;
  return structuring(block - (kStructuringRows - 1) * kStructuringGap, lane);
}

void EpisodePlan::find(uint64_t from, uint64_t count, std::vector<EpisodeRow>& out) const {
  out.clear();
  if (count == 0) return;
  const uint64_t rows = timeline_.group_rows();
  for (uint64_t group = from / rows; group <= (from + count - 1) / rows; ++group) {
    const uint64_t lane = group % timeline_.lanes();
    const uint64_t step = group / timeline_.lanes() % CardTimeline::kCycleSteps;
    const uint64_t block = group / timeline_.lanes() / CardTimeline::kCycleSteps;
    std::optional<Episode> found;
    if (step < kStructuringStep) {
      found = episode(block, lane);
    } else if (const uint64_t deposit = block / kStructuringGap % 4; deposit < kStructuringRows) {
      found = structuring(block - deposit * kStructuringGap, lane);
    }
    if (!found.has_value()) continue;
    for (size_t i = 0; i < found->size; ++i) {
      const uint64_t row = found->rows[i];
      if (row / rows != group || row < from || row >= from + count) continue;
      out.push_back({.row = row, .step = i, .episode = *found});
    }
  }
}

std::array<uint8_t, EpisodePlan::kClasses> EpisodePlan::honest_shifts(uint64_t block) const {
  std::array<bool, kClasses> avoided{};
  for (uint64_t near = block == 0 ? 0 : block - 1; near <= block + 1; ++near) {
    avoided[near % kVictimClasses] = true;
  }
  std::array<uint8_t, kClasses> shifts{};
  for (uint64_t own = 0; own < kClasses; ++own) {
    while (avoided[(own + shifts[own]) % kClasses]) ++shifts[own];
  }
  return shifts;
}

int64_t EpisodePlan::cents(const Episode& episode, size_t step) {
  const uint64_t word = random_word(episode.word, step);
  switch (episode.rule) {
    case FraudRule::kSpendingBurst: return cents_between(word, 105'000, 240'000);
    case FraudRule::kSmallThenLarge:
      return step == 0 ? cents_between(word, 10, 100) : cents_between(word, 60'000, 240'000);
    case FraudRule::kImpossibleTravel: return cents_between(word, 2'000, 20'000);
    case FraudRule::kVelocity: return cents_between(word, 500, 4'000);
    case FraudRule::kStructuring: return cents_between(word, 820'000, 980'000);
  }
  unreachable();
}

}  // namespace weir
