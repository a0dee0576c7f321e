// Goal: episodes are where the plan says, whichever way it is asked, at every event rate.
#include "operators/connectors/generator/card_episodes.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

namespace weir {
namespace {

CardTimeline timeline_of(uint64_t event_rate, std::optional<uint64_t> rows = {},
                         uint32_t splits = 4) {
  GeneratorOptions options;
  options.dataset = Dataset::kCardTransactions;
  options.event_rate = event_rate;
  options.splits = splits;
  options.rows = rows;
  return CardTimeline(options, 0);
}

struct Listed {
  std::map<uint64_t, std::pair<uint64_t, size_t>> rows;  // row -> card, step
  std::map<FraudRule, size_t> rules;
  size_t episodes = 0;
};

// Every episode that begins in the first `blocks`, by asking for episodes.
Listed list(const CardTimeline& timeline, uint64_t blocks) {
  const EpisodePlan plan(timeline);
  Listed listed;
  for (uint64_t block = 0; block < blocks; ++block) {
    for (uint64_t lane = 0; lane < timeline.lanes(); ++lane) {
      for (const auto& one : {plan.episode(block, lane), plan.structuring_ending(block, lane)}) {
        if (!one.has_value()) continue;
        ++listed.episodes;
        ++listed.rules[one->rule];
        REQUIRE(std::is_sorted(one->rows.begin(), one->rows.begin() + one->size));
        for (size_t i = 0; i < one->size; ++i) {
          REQUIRE(listed.rows.emplace(one->rows[i], std::pair(one->card, i)).second);
        }
      }
    }
  }
  return listed;
}

}  // namespace

TEST_CASE("FindGivesTheRowsOfTheListedEpisodesWhateverTheRanges") {
  for (const uint64_t rate : {4, 30, 100, 3000}) {
    const CardTimeline timeline = timeline_of(rate);
    const uint64_t blocks = 64;
    const uint64_t rows = blocks * timeline.block_rows();
    const Listed listed = list(timeline, blocks);
    const EpisodePlan plan(timeline);
    INFO("event_rate " << rate);
    for (const uint64_t step : {uint64_t{1000}, rows}) {
      std::map<uint64_t, std::pair<uint64_t, size_t>> found;
      std::vector<EpisodeRow> part;
      for (uint64_t from = 0; from < rows; from += step) {
        plan.find(from, std::min(step, rows - from), part);
        for (const EpisodeRow& one : part) {
          found.emplace(one.row, std::pair(one.episode.card, one.step));
        }
      }
      CHECK(found == listed.rows);
    }
  }
}

TEST_CASE("EpisodesAreEquallyFrequentAtEveryRate") {
  for (const uint64_t rate : {4, 30, 100, 3000}) {
    const CardTimeline timeline = timeline_of(rate);
    const uint64_t blocks = 640'000 / timeline.block_rows() / 64 * 64 + 64;
    const Listed listed = list(timeline, blocks);
    const double share = static_cast<double>(listed.rows.size()) /
                         static_cast<double>(blocks * timeline.block_rows());
    INFO("event_rate " << rate << " share " << share);
    CHECK(share > 1.0 / 700);
    CHECK(share < 1.0 / 400);
    CHECK(listed.rules.size() == 5);
  }
}

TEST_CASE("TheFirstEpisodeIsABurstWithinTheFirstTwoMinutes") {
  for (const uint64_t rate : {4, 30, 100, 3000, 1'000'000}) {
    const CardTimeline timeline = timeline_of(rate);
    const std::optional<Episode> first = EpisodePlan(timeline).episode(0, 0);
    REQUIRE(first.has_value());
    CHECK(first->rule == FraudRule::kSpendingBurst);
    CHECK(timeline.nominal_micros(first->rows[4]) < 120'000'000);
  }
}

TEST_CASE("EpisodesKeepTheirPromises") {
  for (const uint64_t rate : {4, 7, 30, 100, 150, 3000}) {
    const CardTimeline timeline = timeline_of(rate);
    const EpisodePlan plan(timeline);
    for (uint64_t block = 0; block < 2000 / timeline.lanes(); ++block) {
      for (uint64_t lane = 0; lane < timeline.lanes(); ++lane) {
        const std::optional<Episode> one = plan.episode(block, lane);
        if (!one.has_value()) continue;
        CHECK(one->card / 2 % 64 == block % 63);
        const int64_t starts = timeline.nominal_micros(one->rows[0]);
        const int64_t ends = timeline.nominal_micros(one->rows[one->size - 1]);
        if (one->rule == FraudRule::kSpendingBurst) {
          CHECK(starts / 60'000'000 == ends / 60'000'000);
        } else {
          CHECK(ends - starts < (one->rule == FraudRule::kVelocity ? 10'000'000 : 20'000'000));
        }
      }
    }
  }
}

TEST_CASE("HonestRowsAvoidTheClassesOfTheirAndTheNeighbouringBlocks") {
  const EpisodePlan plan(timeline_of(100));
  for (uint64_t block = 0; block < 200; ++block) {
    const auto shifts = plan.honest_shifts(block);
    for (uint64_t own = 0; own < 64; ++own) {
      const uint64_t shifted = (own + shifts[own]) % 64;
      CHECK(shifts[own] <= 4);
      CHECK(shifted != block % 63);
      CHECK(shifted != (block + 1) % 63);
      if (block > 0) CHECK(shifted != (block - 1) % 63);
    }
    CHECK(plan.honest_shifts(block)[63] == 0);
  }
}

TEST_CASE("AnEpisodeThatTheEndWouldCutShortDoesNotHappen") {
  const CardTimeline endless = timeline_of(100);
  const Listed all = list(endless, 40);
  for (uint64_t block = 0; block < 40; ++block) {
    const std::optional<Episode> one = EpisodePlan(endless).episode(block, 0);
    if (!one.has_value()) continue;
    const uint64_t last = one->rows[one->size - 1];
    CHECK(EpisodePlan(timeline_of(100, 4 * last + 1)).episode(block, 0).has_value());
    CHECK(!EpisodePlan(timeline_of(100, 4 * last)).episode(block, 0).has_value());
  }
  // What is left is as it would be without an end.
  const Listed kept = list(timeline_of(100, 300'000), 40);
  CHECK(kept.episodes < all.episodes);
  for (const auto& [row, card] : kept.rows) {
    CHECK(row < 75'000);
    CHECK(all.rows.at(row) == card);
  }
}

}  // namespace weir
