// Goal: ids, kinds and times of events are those of the benchmark's definition.
#include "operators/connectors/generator/nexmark_events.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace weir {
namespace {

GeneratorOptions options_of(std::optional<uint64_t> rows, uint32_t splits, uint64_t group = 1) {
  GeneratorOptions options;
  options.dataset = Dataset::kNexmark;
  options.rows = rows;
  options.splits = splits;
  options.event_rate = 100'000;
  options.out_of_order_group = group;
  return options;
}

// The event ids of all splits.
std::multiset<uint64_t> all_events(const GeneratorOptions& options) {
  std::multiset<uint64_t> events;
  for (uint32_t split = 0; split < options.splits; ++split) {
    const NexmarkSlice slice(options, split);
    for (uint64_t row = 0; row < *slice.rows(); ++row)
      events.insert(slice.event(slice.number(row)));
  }
  return events;
}

}  // namespace

TEST_CASE("KindsComeInTheProportionOneThreeFortySix") {
  size_t counts[3] = {};
  for (uint64_t event = 0; event < 5000; ++event) {
    ++counts[static_cast<size_t>(nexmark_kind(event))];
  }
  CHECK(counts[0] == 100);
  CHECK(counts[1] == 300);
  CHECK(counts[2] == 4600);
}

TEST_CASE("NewestIdsCountEventsOfTheirKind") {
  int64_t persons = -1;
  int64_t auctions = -1;
  for (uint64_t event = 0; event < 5000; ++event) {
    if (nexmark_kind(event) == NexmarkKind::kPerson) ++persons;
    if (nexmark_kind(event) == NexmarkKind::kAuction) ++auctions;
    REQUIRE(last_person(event) == persons);
    REQUIRE(last_auction(event) == auctions);
  }
}

TEST_CASE("RandomIdsReachTenAheadAndNoFurtherBackThanAllowed") {
  const uint64_t event = 200'049;  // Newest person 4000, newest auction 12002.
  CHECK(active_person(event, 0) == 3001);
  CHECK(active_person(event, UINT64_MAX) == 4010);
  CHECK(open_auction(event, 0) == 11'902);
  CHECK(open_auction(event, UINT64_MAX) == 12'012);
  CHECK(active_person(2, 0) == 0);
  CHECK(active_person(2, UINT64_MAX) == 10);
  CHECK(open_auction(2, UINT64_MAX) == 11);
}

TEST_CASE("SlicesCoverEveryEventOnce") {
  for (const uint64_t group : {1, 7, 50}) {
    const std::multiset<uint64_t> events = all_events(options_of(1003, 4, group));
    REQUIRE(events.size() == 1003);
    CHECK(std::set<uint64_t>(events.begin(), events.end()).size() == 1003);
    CHECK(*events.begin() == 2);
    CHECK(*events.rbegin() == 1004);
  }
}

TEST_CASE("EndlessSlicesStayApartForLongerThanAnyRun") {
  const NexmarkSlice first(options_of(std::nullopt, 4), 0);
  const NexmarkSlice second(options_of(std::nullopt, 4), 1);
  CHECK(!first.rows().has_value());
  CHECK(second.event(1) - first.event(1) > uint64_t{1} << 46);
}

TEST_CASE("TimeAdvancesAtTheSlicesShareOfTheRateInWholeMilliseconds") {
  const NexmarkSlice slice(options_of(1000, 4), 2);  // 40 microseconds an event.
  CHECK(slice.millis(24) == 0);
  CHECK(slice.millis(25) == 1);
  CHECK(slice.millis(1'000'000) == 40'000);
  GeneratorOptions late = options_of(1000, 4);
  late.start_micros = 1'234'567;
  CHECK(NexmarkSlice(late, 0).micros(25) == 1'235'000);
  late.start_micros = -1;
  CHECK(NexmarkSlice(late, 0).micros(25) == 0);
}

TEST_CASE("GroupsAreShuffledWithinThemselves") {
  const NexmarkSlice slice(options_of(10'000, 1, 50), 0);
  size_t moved = 0;
  for (uint64_t row = 0; row < 10'000; ++row) {
    const uint64_t number = slice.number(row);
    REQUIRE(number / 50 == (row + 1) / 50);
    if (number != row + 1) ++moved;
  }
  CHECK(moved > 9000);
}

}  // namespace weir
