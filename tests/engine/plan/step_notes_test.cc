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

TEST_CASE("SaysWhereTheClockEndsState") {
  const std::vector<Field> timeless = {{.name = "card", .type = TypeKind::kText}};
  std::vector<Field> timed = timeless;
  timed.push_back({.name = "at", .type = TypeKind::kTimestamptz, .event_time = true});
  const auto by_clock = [](VertexSpec spec, const std::vector<Field>& input,
                           std::optional<int64_t> state_ttl) {
    return !clock_texts({.id = "step",
                         .spec = std::move(spec),
                         .input = std::make_shared<const Schema>(Schema{input}),
                         .state_ttl = state_ttl})
                .empty();
  };
  EquiJoinSpec join{.left = {.columns = timed}, .right = {.columns = timed}};
  OverSpec rows{.order = OverOrder::kLog, .calls = {{.frame = FrameKind::kRows}}};
  for (const VertexSpec& spec :
       {VertexSpec(GroupAggregateSpec()), VertexSpec(TopSpec()), VertexSpec(rows)}) {
    CHECK(by_clock(spec, timeless, kSecond));
    CHECK_FALSE(by_clock(spec, timeless, std::nullopt));
    CHECK_FALSE(by_clock(spec, timed, kSecond));
  }
  CHECK_FALSE(by_clock(join, timed, kSecond));
  join.right.columns = timeless;
  CHECK(by_clock(join, timed, kSecond));
  CHECK_FALSE(by_clock(ProjectSpec(), timeless, kSecond));
}

TEST_CASE("SaysWhereTheClockIsAsked") {
  SourceSpec source;
  source.max_future = 3600 * kSecond;
  const std::vector<std::string> texts = clock_texts({.id = "in", .spec = source});
  REQUIRE(texts.size() == 1);
  CHECK(texts[0] == "max_future: a record stamped more than 1 hour ahead is bad");
  source.max_future.reset();
  CHECK(clock_texts({.id = "in", .spec = source}).empty());
  source.connector = "kafka";
  CHECK(clock_texts({.id = "in", .spec = source}) ==
        std::vector<std::string>{
            "new partitions: what is added while the job runs is read once it is found"});
  source.options["stop"] = "latest";
  CHECK(clock_texts({.id = "in", .spec = source}).empty());
  const StagePlan stamp{.id = "stamp", .spec = ProcessingTimeSpec{}};
  CHECK(clock_texts(stamp).size() == 1);
  CHECK(state_text(stamp) == "the clock as last told");
}

}  // namespace weir
