// FirstRowsFinder by example, and at random against counting the rows before each.
#include "operators/first_rows.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

namespace weir {
namespace {

std::vector<RowId> first(RankFunction function, size_t limit,
                         const std::vector<uint64_t>& prefixes) {
  FirstRowsFinder finder(function, limit);
  for (RowId row = 0; row < prefixes.size(); ++row) finder.add(&row, &prefixes[row], 1);
  return finder.take();
}

TEST_CASE("TiesAtTheBorderAreKept") {
  const std::vector<uint64_t> prefixes = {5, 3, 9, 3, 5, 1};
  REQUIRE(first(RankFunction::kRank, 2, prefixes) == std::vector<RowId>{1, 3, 5});
  REQUIRE(first(RankFunction::kRowNumber, 3, prefixes) == std::vector<RowId>{1, 3, 5});
}

TEST_CASE("OfDenseRanksPeersTakeOnePlace") {
  const std::vector<uint64_t> prefixes = {5, 3, 9, 3, 5, 1};
  REQUIRE(first(RankFunction::kDenseRank, 2, prefixes) == std::vector<RowId>{1, 3, 5});
  REQUIRE(first(RankFunction::kDenseRank, 3, prefixes) == std::vector<RowId>{0, 1, 3, 4, 5});
}

TEST_CASE("FewerRowsThanTheLimitAllPass") {
  REQUIRE(first(RankFunction::kRank, 3, {7, 8}) == std::vector<RowId>{0, 1});
  REQUIRE(first(RankFunction::kRank, 3, {}).empty());
}

TEST_CASE("AFinderBeginsAnewWhenItWasEmptied") {
  FirstRowsFinder finder(RankFunction::kRank, 1);
  const std::vector<RowId> rows = {0, 1};
  const std::vector<uint64_t> low = {1, 2};
  const std::vector<uint64_t> high = {8, 7};
  finder.add(rows.data(), low.data(), 2);
  REQUIRE(finder.take() == std::vector<RowId>{0});
  finder.add(rows.data(), high.data(), 2);
  REQUIRE(finder.take() == std::vector<RowId>{1});
}

// Replay: the seed that is printed is the first of the loop.
TEST_CASE("AgreesWithCountingTheRowsBeforeEach") {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    const size_t limit = 1 + dice() % 20;
    const uint64_t values = seed % 3 == 0 ? 10 : 100'000;
    std::vector<uint64_t> prefixes(seed % 5 == 0 ? 20'000 : dice() % 200);
    // Falling ones surpass all that were kept.
    for (size_t i = 0; i < prefixes.size(); ++i) {
      prefixes[i] = seed % 2 == 0 ? prefixes.size() - i : dice() % values;
    }
    std::vector<uint64_t> sorted = prefixes;
    std::sort(sorted.begin(), sorted.end());
    std::vector<uint64_t> distinct = sorted;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<RowId> ranked;
    std::vector<RowId> dense;
    for (RowId row = 0; row < prefixes.size(); ++row) {
      const auto before = std::lower_bound(sorted.begin(), sorted.end(), prefixes[row]);
      if (static_cast<size_t>(before - sorted.begin()) < limit) ranked.push_back(row);
      const auto place = std::lower_bound(distinct.begin(), distinct.end(), prefixes[row]);
      if (static_cast<size_t>(place - distinct.begin()) < limit) dense.push_back(row);
    }
    REQUIRE(first(RankFunction::kRank, limit, prefixes) == ranked);
    REQUIRE(first(RankFunction::kDenseRank, limit, prefixes) == dense);
  }
}

}  // namespace
}  // namespace weir
