// The two watermarks against their definitions: A of a row from the rows before it, W as a minimum
// that never falls.
#include "engine/time/watermark.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

ColumnPtr times_of(const std::vector<int64_t>& times) {
  ColumnWriter writer(TypeKind::kTimestamptz, times.size());
  for (const int64_t time : times) writer.append(time);
  return std::move(writer).finish();
}

std::vector<int64_t> values_of(const Column& column) {
  const int64_t* values = column.values<int64_t>();
  return {values, values + column.size()};
}

TEST_CASE("SubtractsWithoutLeavingTheRange") {
  REQUIRE(minus_saturated(10, 3) == 7);
  REQUIRE(minus_saturated(-10, 3) == -13);
  REQUIRE(minus_saturated(kMinTime, 3) == kMinTime);
  REQUIRE(minus_saturated(kMinTime, -3) == kMinTime);
  REQUIRE(minus_saturated(kMinTime + 2, 3) == kMinTime);
  REQUIRE(minus_saturated(kMaxTime - 2, -3) == kMaxTime);
  REQUIRE(minus_saturated(kMaxTime, 3) == kMaxTime - 3);
}

TEST_CASE("KnowsNothingBeforeTheFirstRow") {
  const SplitClock clock(5);
  REQUIRE(clock.highest() == kMinTime);
  REQUIRE(clock.arrival_watermark() == kMinTime);
}

TEST_CASE("RowsInOrderNeedNoArrivalWatermark") {
  SplitClock clock(0);
  REQUIRE(clock.observe(*times_of({10, 10, 20, 30}), Selection(4)) == nullptr);
  REQUIRE(clock.highest() == 30);
  REQUIRE(clock.arrival_watermark() == 30);
}

TEST_CASE("RowsInOrderHaveOneWhereItIsWanted") {
  SplitClock clock(1);
  const ColumnPtr arrival = clock.observe(*times_of({10, 10, 20}), Selection(3), true);
  REQUIRE(values_of(*arrival) == std::vector<int64_t>{kMinTime, 9, 9});
}

TEST_CASE("RowsWithinTheDelayNeedNoArrivalWatermark") {
  SplitClock clock(5);
  REQUIRE(clock.observe(*times_of({10, 5, 20, 15}), Selection(4)) == nullptr);
  REQUIRE(clock.arrival_watermark() == 15);
}

TEST_CASE("GivesEachRowTheHighestEarlierTimeLessTheDelay") {
  SplitClock clock(5);
  const ColumnPtr arrival = clock.observe(*times_of({10, 30, 24, 40, -7}), Selection(5));
  REQUIRE(arrival != nullptr);
  REQUIRE(values_of(*arrival) == std::vector<int64_t>{kMinTime, 5, 25, 25, 35});
}

TEST_CASE("RowsThatWereNotAcceptedDoNotMoveTime") {
  SplitClock clock(0);
  const RowIndices accepted = {0, 2, 3};
  const ColumnPtr arrival =
      clock.observe(*times_of({10, 1'000'000, 8, 12}), Selection(accepted.data(), 3));
  REQUIRE(arrival != nullptr);
  REQUIRE(values_of(*arrival) == std::vector<int64_t>{kMinTime, kMinTime, 10, 10});
  REQUIRE(clock.highest() == 12);
}

TEST_CASE("GoesOnWhereItWasRestored") {
  SplitClock clock(10);
  clock.restore(100);
  const ColumnPtr arrival = clock.observe(*times_of({80}), Selection(1));
  REQUIRE(arrival != nullptr);
  REQUIRE(values_of(*arrival) == std::vector<int64_t>{90});
}

// Whatever the batches, every row has the same A; absent columns stand for rows that are not
// behind.
TEST_CASE("ArrivalWatermarksDoNotDependOnBatching") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    const int64_t delay = static_cast<int64_t>(dice() % 20);
    std::vector<int64_t> times(1 + dice() % 40);
    for (int64_t& time : times) time = static_cast<int64_t>(dice() % 100) - 50;

    SplitClock clock(delay);
    int64_t highest = kMinTime;
    for (size_t from = 0; from < times.size();) {
      const size_t rows = std::min(times.size() - from, 1 + dice() % 7);
      const ColumnPtr column = times_of({times.begin() + from, times.begin() + from + rows});
      const ColumnPtr arrival = clock.observe(*column, Selection(rows));
      for (size_t i = 0; i < rows; ++i) {
        const int64_t time = times[from + i];
        const int64_t expected = minus_saturated(highest, delay);
        if (arrival != nullptr) REQUIRE(arrival->values<int64_t>()[i] == expected);
        if (arrival == nullptr) REQUIRE(time >= expected);
        highest = std::max(highest, time);
      }
      from += rows;
    }
    REQUIRE(clock.highest() == highest);
  }
}

TEST_CASE("MergedWatermarkIsTheLowest") {
  WatermarkMerger merger(2);
  merger.advance(0, 10);
  REQUIRE(merger.current() == kMinTime);
  merger.advance(1, 5);
  REQUIRE(merger.current() == 5);
  merger.advance(1, 20);
  REQUIRE(merger.current() == 10);
  REQUIRE(merger.of(1) == 20);
}

TEST_CASE("MergedWatermarkNeverFalls") {
  WatermarkMerger merger(1);
  merger.advance(0, 10);
  REQUIRE(merger.current() == 10);
  merger.advance(0, 3);
  REQUIRE(merger.of(0) == 10);
  const size_t late = merger.add_input();
  REQUIRE(merger.current() == 10);
  merger.advance(late, 4);
  REQUIRE(merger.current() == 10);
  merger.advance(late, 30);
  merger.advance(0, 20);
  REQUIRE(merger.current() == 20);
}

TEST_CASE("FinishedAndIdleInputsDoNotHoldTimeBack") {
  WatermarkMerger merger(3);
  merger.advance(0, 10);
  merger.set_idle(1, true);
  merger.finish(2);
  REQUIRE(merger.current() == 10);
  REQUIRE(merger.is_active(0));
  REQUIRE_FALSE(merger.is_active(1));
  REQUIRE_FALSE(merger.is_active(2));
  merger.advance(0, 30);
  merger.set_idle(1, false);
  REQUIRE(merger.current() == 10);
}

TEST_CASE("TimeStandsStillWhenAllAreIdleAndEndsWhenAllHaveFinished") {
  WatermarkMerger merger(2);
  merger.advance(0, 10);
  merger.advance(1, 20);
  REQUIRE(merger.current() == 10);
  merger.set_idle(0, true);
  merger.set_idle(1, true);
  REQUIRE(merger.all_idle());
  REQUIRE(merger.current() == 10);
  merger.finish(0);
  REQUIRE(merger.all_idle());
  REQUIRE(merger.current() == 10);
  merger.finish(1);
  REQUIRE_FALSE(merger.all_idle());
  REQUIRE(merger.all_finished());
  REQUIRE(merger.current() == kMaxTime);
}

// Rows of one or two event-time columns, with A where it is given.
RecordBatch rows_at(const std::vector<std::vector<int64_t>>& columns,
                    const std::vector<int64_t>& arrival = {}) {
  RecordBatch batch;
  auto schema = std::make_shared<Schema>();
  for (const std::vector<int64_t>& times : columns) {
    schema->fields.push_back({.name = "t" + std::to_string(schema->fields.size()),
                              .type = TypeKind::kTimestamptz,
                              .nullable = false,
                              .event_time = true});
    batch.columns.push_back(times_of(times));
  }
  batch.schema = schema;
  batch.rows = static_cast<uint32_t>(columns[0].size());
  if (!arrival.empty()) batch.arrival_watermark = times_of(arrival);
  return batch;
}

TEST_CASE("RowsBehindTheWatermarkAreLiftedToIt") {
  RecordBatch batch = rows_at({{5, 10, 9, 11}});
  REQUIRE(lift(batch, 10) == 2);
  REQUIRE(values_of(*batch.arrival_watermark) == std::vector<int64_t>{10, kMinTime, 10, kMinTime});
  // Once is enough.
  REQUIRE(lift(batch, 10) == 0);
}

TEST_CASE("RowsThatNobodyOvertookAreNotTouched") {
  RecordBatch batch = rows_at({{10, 11}});
  REQUIRE(lift(batch, 10) == 0);
  REQUIRE(batch.arrival_watermark == nullptr);
}

TEST_CASE("LiftingNeverLowersAnArrivalWatermark") {
  RecordBatch batch = rows_at({{5, 5, 30}}, {20, 7, 6});
  REQUIRE(lift(batch, 10) == 1);
  REQUIRE(values_of(*batch.arrival_watermark) == std::vector<int64_t>{20, 10, 6});
}

TEST_CASE("OnlySelectedRowsAreLiftedAndCounted") {
  RecordBatch batch = with_selection(rows_at({{5, 6, 7}}), {1});
  REQUIRE(lift(batch, 10) == 1);
  REQUIRE(values_of(*batch.arrival_watermark) == std::vector<int64_t>{kMinTime, 10, kMinTime});
}

TEST_CASE("ARowWithSeveralTimesIsBehindIfOneOfThemIs") {
  RecordBatch batch = rows_at({{5, 15}, {20, 20}});
  REQUIRE(lift(batch, 10) == 1);
  REQUIRE(values_of(*batch.arrival_watermark) == std::vector<int64_t>{10, kMinTime});
}

TEST_CASE("WithoutAnEventTimeNothingIsLifted") {
  RecordBatch batch = rows_at({{5}});
  SECTION("nobody reads the column") { batch.columns[0] = nullptr; }
  SECTION("the column is no event time") {
    auto schema = std::make_shared<Schema>(*batch.schema);
    schema->fields[0].event_time = false;
    batch.schema = schema;
  }
  REQUIRE(lift(batch, 10) == 0);
  REQUIRE(batch.arrival_watermark == nullptr);
}

}  // namespace
}  // namespace weir
