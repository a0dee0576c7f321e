#include "engine/time/hold.h"

#include <catch2/catch.hpp>

#include <vector>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kNow = 1000 * kSecond;

SplitStanding reading(const char* split, int64_t watermark) {
  return {.table = "t", .split = split, .watermark = watermark, .has_read = true};
}
// Has had nothing for so many seconds.
SplitStanding silent(const char* split, int64_t watermark, int64_t seconds) {
  SplitStanding standing = reading(split, watermark);
  standing.silent_since = kNow - seconds * kSecond;
  return standing;
}
SplitStanding empty(const char* split, int64_t seconds) {
  SplitStanding standing = silent(split, kMinTime, seconds);
  standing.has_read = false;
  return standing;
}
SplitStanding idle(const char* split, int64_t watermark, int64_t seconds) {
  SplitStanding standing = silent(split, watermark, seconds);
  standing.idle = true;
  return standing;
}
SplitStanding finished(const char* split, int64_t watermark) {
  SplitStanding standing = reading(split, watermark);
  standing.finished = true;
  return standing;
}

std::optional<Hold> holder(const std::vector<SplitStanding>& splits) {
  return who_holds(splits, kNow);
}
std::string told(const std::vector<SplitStanding>& splits) {
  const std::optional<Hold> hold = holder(splits);
  return hold.has_value() ? hold_text(*hold) : "nobody";
}

TEST_CASE("TheSplitFurthestBehindHolds") {
  REQUIRE(told({reading("0", 30), reading("1", 10), reading("2", 20)}) ==
          "split 1 of table t: behind in event time");
}

TEST_CASE("ASplitThatReadsAloneHoldsNobodyBack") {
  REQUIRE(told({reading("0", 30)}) == "nobody");
  REQUIRE(told({reading("0", 30), finished("1", 40)}) == "nobody");
  REQUIRE(told({}) == "nobody");
}

TEST_CASE("ASilentSplitIsNamedWithItsSilence") {
  REQUIRE(told({reading("0", 30), silent("1", 10, 7)}) == "split 1 of table t: silent for 7 s");
  REQUIRE(told({silent("0", 30, 7)}) == "split 0 of table t: silent for 7 s");
}

TEST_CASE("ASplitWithoutAnyRecordHoldsTimeAtTheBeginning") {
  REQUIRE(told({reading("0", 30), empty("1", 12)}) ==
          "split 1 of table t: no record yet, silent for 12 s");
  REQUIRE(told({reading("0", 30), empty("1", 12), empty("2", 12), empty("3", 3)}) ==
          "split 1 of table t and 2 others: no record yet, silent for 12 s");
}

TEST_CASE("FinishedAndIdleSplitsHoldNothing") {
  REQUIRE(told({finished("0", 1), idle("1", 2, 99), silent("2", 10, 7)}) ==
          "split 2 of table t: silent for 7 s");
  REQUIRE(told({finished("0", 1), finished("1", 2)}) == "nobody");
}

TEST_CASE("WithAllIdleTheLastToHaveHadARecordIsNamed") {
  REQUIRE(told({idle("0", 10, 60), idle("1", 5, 40), finished("2", 7)}) ==
          "all splits are idle, the last was 1 of table t: silent for 40 s");
}

TEST_CASE("WhereTheClockDrivesTimeNobodyHoldsIt") {
  SplitStanding split = idle("0", 10, 60);
  split.advances = true;
  REQUIRE(told({split}) == "nobody");
}

TEST_CASE("ASilentSplitIsToldWithinTenSeconds") {
  REQUIRE_FALSE(is_worth_telling(*holder({silent("0", 1, 4)})));
  REQUIRE(is_worth_telling(*holder({silent("0", 1, 5)})));
  REQUIRE(is_worth_telling(*holder({reading("1", 30), empty("0", 5)})));
  REQUIRE_FALSE(is_worth_telling(*holder({idle("0", 1, 9)})));
  REQUIRE(is_worth_telling(*holder({idle("0", 1, 10)})));
  REQUIRE_FALSE(is_worth_telling(*holder({reading("0", 30), reading("1", 10)})));
}

TEST_CASE("AClockThatWasSetBackMakesNoNegativeSilence") {
  REQUIRE(told({silent("0", 10, -50)}) == "split 0 of table t: silent for 0 s");
}

TEST_CASE("EveryReasonHasAName") {
  REQUIRE(reason_name(HoldReason::kBehind) == "behind");
  REQUIRE(reason_name(HoldReason::kNoRecordYet) == "no_record_yet");
  REQUIRE(reason_name(HoldReason::kSilent) == "silent");
  REQUIRE(reason_name(HoldReason::kAllIdle) == "all_idle");
}

}  // namespace
}  // namespace weir
