// What goes into an aggregate: FILTER, NULL, and the places of what is left;
// window_aggregate_test.cc has the results.
#include "operators/aggregate_calls.h"

#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const SchemaPtr kInput = schema_of({"v bigint", "ok boolean"});

AggregateCalls sums(bool distinct) {
  AggregateCall sum{
      .name = "total", .function = AggregateFunction::kSum, .argument = 0, .filter = 1};
  sum.distinct = distinct;
  sum.type = *call_type(sum, *kInput);
  return AggregateCalls({sum}, AggregatePhase::kWhole, *kInput);
}

}  // namespace

TEST_CASE("ChoosesRowsByFilterAndNull") {
  AggregateCalls calls = sums(true);
  const RecordBatch batch = batch_of(
      kInput, {{"1", "true"}, {kNull, "true"}, {"3", "false"}, {"4", kNull}, {"5", "true"}});
  const RowLayout layout({}, calls.state_types());
  calls.bind(layout, 0);
  const std::vector<uint32_t> rows = {0, 1, 2, 3, 4};
  std::vector<std::byte> places(5);
  std::vector<std::byte*> targets;
  for (std::byte& place : places) targets.push_back(&place);
  const AccumulatorInput chosen =
      calls.chosen(0, batch, {rows.data(), targets.data(), rows.size()});
  REQUIRE(chosen.count == 2);
  CHECK(chosen.rows[0] == 0);
  CHECK(chosen.rows[1] == 4);
  CHECK(chosen.targets[1] == targets[4]);
  CHECK(calls.places()[0] == 0);
  CHECK(calls.places()[1] == 4);
}

TEST_CASE("KnowsWhatIsDistinctAndWhatCanBeTakenBack") {
  const RowLayout layout({}, sums(false).state_types());
  AggregateCalls plain = sums(false);
  plain.bind(layout, 0);
  CHECK(plain.can_retract());
  CHECK_FALSE(plain.is_distinct(0));
  CHECK(sums(true).is_distinct(0));
  AggregateCall most{
      .name = "most", .function = AggregateFunction::kMax, .argument = 0, .distinct = true};
  most.type = *call_type(most, *kInput);
  AggregateCalls extremes({most}, AggregatePhase::kWhole, *kInput);
  const RowLayout of_extremes({}, extremes.state_types());
  extremes.bind(of_extremes, 0);
  CHECK_FALSE(extremes.is_distinct(0));
  CHECK_FALSE(extremes.can_retract());
}

}  // namespace weir
