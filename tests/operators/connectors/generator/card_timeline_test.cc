// Goal: rows are dealt to splits evenly, and the room for episodes has the same pace whatever the
// event rate.
#include "operators/connectors/generator/card_timeline.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

GeneratorOptions options_of(uint64_t event_rate, uint32_t splits,
                            std::optional<uint64_t> rows = {}) {
  GeneratorOptions options;
  options.dataset = Dataset::kCardTransactions;
  options.event_rate = event_rate;
  options.splits = splits;
  options.rows = rows;
  return options;
}

}  // namespace

TEST_CASE("SplitsShareTheRowsAndTheirEventNumbers") {
  for (const uint64_t rows : {0, 1, 3, 4, 1003}) {
    std::set<uint64_t> events;
    for (uint32_t split = 0; split < 4; ++split) {
      const CardTimeline timeline(options_of(100, 4, rows), split);
      for (uint64_t row = 0; row < *timeline.rows(); ++row) events.insert(timeline.event(row));
    }
    CHECK(events.size() == rows);
    if (rows > 0) CHECK(*events.rbegin() == rows - 1);
  }
}

TEST_CASE("AllSplitsAdvanceThroughEventTimeTogether") {
  const CardTimeline first(options_of(300, 4), 0);
  const CardTimeline last(options_of(300, 4), 3);
  CHECK(first.nominal_micros(0) == 2'000'000);
  CHECK(first.nominal_micros(75) == 3'000'000);
  CHECK(last.nominal_micros(75) == 3'010'000);
  CHECK(last.nominal_micros(75'000'000) == 1'000'002'010'000);
}

TEST_CASE("StepsOfALaneAreAboutFiveSecondsApart") {
  for (const uint64_t rate : {4, 5, 7, 20, 99, 100, 150, 154, 1000, 100'000, 1'000'000'000}) {
    const CardTimeline timeline(options_of(rate, 4), 0);
    const int64_t step = timeline.nominal_micros(timeline.group_rows() * timeline.lanes()) -
                         timeline.nominal_micros(0);
    INFO("event_rate " << rate);
    CHECK(step >= 3'300'000);
    CHECK(step <= 8'000'000);
    CHECK(timeline.group_rows() >= 8);
    CHECK(timeline.accounts() / 64 >= 2 * timeline.lanes());
  }
}

TEST_CASE("IdsAndNamesHaveTheirForm") {
  CHECK(transaction_id(42) == "t00000000042");
  CHECK(transaction_id(123'456'789'012) == "t123456789012");
  CHECK(card_name(0) == "card_0");
  const CardTimeline timeline(options_of(100, 4), 2);
  CHECK(timeline.card_number(5) == 22);
  CHECK(timeline.account_number(5) == 1'000'022);
}

}  // namespace weir
