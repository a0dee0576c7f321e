#include "engine/plan/state_meaning.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

WindowAggregateSpec minute_sums() {
  WindowAggregateSpec spec;
  spec.window = {.kind = WindowKind::kTumble, .size = 60'000'000};
  spec.aggregates = {{.name = "total", .function = AggregateFunction::kSum}};
  return spec;
}

TEST_CASE("AnotherWindowOrFunctionMeansAnotherState") {
  const std::string before = state_meaning(minute_sums());
  WindowAggregateSpec wider = minute_sums();
  wider.window.size *= 2;
  CHECK(state_meaning(wider) != before);
  WindowAggregateSpec highest = minute_sums();
  highest.aggregates[0].function = AggregateFunction::kMax;
  CHECK(state_meaning(highest) != before);
}

TEST_CASE("NamesAndPhasesDoNotChangeWhatStateMeans") {
  WindowAggregateSpec renamed = minute_sums();
  renamed.aggregates[0].name = "spent";
  renamed.phase = AggregatePhase::kFinal;
  renamed.window.time_column = 3;
  CHECK(state_meaning(renamed) == state_meaning(minute_sums()));
}

TEST_CASE("ALongerRangeMeansAnotherState") {
  OverSpec over;
  over.calls = {{.name = "n", .range = 10}};
  OverSpec longer = over;
  longer.calls[0].range = 20;
  CHECK(state_meaning(over) != state_meaning(longer));
}

TEST_CASE("AnotherIntervalOfSuppressGoesOn") {
  CHECK(state_meaning(SuppressSpec{.interval = 1}) == state_meaning(SuppressSpec{.interval = 2}));
}

}  // namespace
}  // namespace weir
