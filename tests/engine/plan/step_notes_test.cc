// What explain says about what a step remembers, and for how long.
#include "engine/plan/step_notes.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

std::string kept(VertexSpec spec, std::optional<int64_t> state_ttl = {}) {
  const std::vector<Field> fields = {
      {.name = "card", .type = TypeKind::kText},
      {.name = "at", .type = TypeKind::kTimestamptz, .nullable = false, .event_time = true}};
  return state_text({.id = "step",
                     .spec = std::move(spec),
                     .input = std::make_shared<const Schema>(Schema{fields}),
                     .state_ttl = state_ttl});
}

}  // namespace

TEST_CASE("SaysHowLongOrderedRowsAreKept") {
  OverCall count{.name = "n", .type = TypeKind::kBigint};
  OverSpec over{.keys = {0}, .time_column = 1, .calls = {count}};
  CHECK(kept(over) ==
        "per (card) for the life of the job: no state_ttl; rows wait for the watermark");
  CHECK(kept(over, kSecond) ==
        "per (card) until '1 second' without a row (state_ttl); rows wait for the watermark");
  over.calls[0].range = 10 * kSecond;
  CHECK(kept(over) == "per (card) until '10 seconds' have passed; rows wait for the watermark");
  over.order = OverOrder::kLog;
  CHECK(kept(over) == "per (card) until '10 seconds' have passed");
  CHECK(kept(SuppressSpec{.time_column = 1}) ==
        "for all rows for the life of the job: no state_ttl; rows wait for the watermark");
}

TEST_CASE("SaysHowLongWindowsAreKept") {
  CHECK(kept(WindowAggregateSpec{.window = {}, .keys = {0}}) ==
        "per (card, window) until the window closes; no state_ttl");
  CHECK(kept(WindowAggregateSpec{.window = {}, .phase = AggregatePhase::kPartial}) ==
        "per (window) until it is sent on: at a checkpoint at the latest");
  CHECK(kept(ProjectSpec()) == "none");
}

TEST_CASE("SaysWhereTheClockIsAsked") {
  SourceSpec source;
  source.max_future = 3600 * kSecond;
  const std::vector<std::string> texts = clock_texts({.id = "in", .spec = source});
  REQUIRE(texts.size() == 1);
  CHECK(texts[0] == "max_future: a record stamped more than 1 hour ahead is bad");
  const StagePlan stamp{.id = "stamp", .spec = ProcessingTimeSpec{}};
  CHECK(clock_texts(stamp).size() == 1);
  CHECK(state_text(stamp) == "the clock as last told");
}

}  // namespace weir
