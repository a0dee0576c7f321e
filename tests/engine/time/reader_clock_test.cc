// The event time of one reader, told step by step: what each split gave, and how time passed.
#include "engine/time/reader_clock.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kTimeout = 3 * kSecond;
const QuietPolicy kHold{.idle_timeout = kTimeout};
const QuietPolicy kAdvance{.idle_timeout = kTimeout, .advances = true};

// A reader that is alone with its source.
class Reader {
 public:
  Reader(QuietPolicy policy, size_t splits) : clock(policy) {
    for (size_t i = 0; i < splits; ++i) clock.add_split(kMinTime);
  }

  void gave(size_t split, int64_t watermark) {
    clock.look(now);
    clock.gave(split, watermark);
    settle();
  }
  // So many seconds in which the splits are asked and give nothing.
  void silence(std::vector<size_t> splits, int seconds) {
    for (int i = 0; i <= seconds * 5; ++i) {
      if (i != 0) now += kSecond / 5;
      clock.look(now);
      for (const size_t split : splits) clock.gave_nothing(split);
      settle();
    }
  }
  void settle() { clock.settle(clock.is_quiet(), clock.highest()); }

  ReaderClock clock;
  int64_t now = 1'000'000 * kSecond;
};

TEST_CASE("WIsTheLowestOfTheSplitsAndThoseNotReadYetHoldIt") {
  Reader reader({}, 2);
  reader.gave(0, 10);
  REQUIRE(reader.clock.watermark() == kMinTime);
  reader.gave(1, 30);
  REQUIRE(reader.clock.watermark() == 10);
  reader.gave(0, 40);
  REQUIRE(reader.clock.watermark() == 30);
  REQUIRE_FALSE(reader.clock.is_idle());
}

TEST_CASE("AFinishedSplitHoldsNothingAndTheEndComesWhenNoMoreCan") {
  Reader reader({}, 2);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.clock.finish(0);
  reader.settle();
  REQUIRE(reader.clock.watermark() == 30);
  reader.clock.finish(1);
  reader.settle();
  REQUIRE(reader.clock.watermark() == 30);
  REQUIRE(reader.clock.is_idle());
  reader.clock.close();
  reader.settle();
  REQUIRE(reader.clock.watermark() == kMaxTime);
  REQUIRE_FALSE(reader.clock.is_idle());
}

TEST_CASE("AReaderWithoutSplitsIsIdle") {
  Reader reader({}, 0);
  reader.settle();
  REQUIRE(reader.clock.watermark() == kMinTime);
  REQUIRE(reader.clock.is_idle());
}

TEST_CASE("ASplitThatIsSilentForTheTimeoutIsIdle") {
  Reader reader(kHold, 2);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.silence({0}, 2);
  REQUIRE(reader.clock.watermark() == 10);
  reader.silence({0}, 1);
  REQUIRE(reader.clock.is_idle(0));
  REQUIRE(reader.clock.watermark() == 30);
  REQUIRE_FALSE(reader.clock.is_idle());
}

TEST_CASE("WithoutATimeoutSilenceHoldsTimeForEver") {
  Reader reader({}, 2);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.silence({0, 1}, 1000);
  REQUIRE(reader.clock.watermark() == 10);
  REQUIRE_FALSE(reader.clock.is_idle());
  REQUIRE(reader.clock.look_within() == std::nullopt);
}

TEST_CASE("ASplitThatNeverHadARecordBecomesIdleToo") {
  Reader reader(kHold, 2);
  reader.gave(1, 30);
  reader.silence({0}, 3);
  REQUIRE(reader.clock.watermark() == 30);
}

TEST_CASE("ARecordEndsTheSilence") {
  Reader reader(kHold, 2);
  reader.gave(1, 30);
  reader.silence({0}, 2);
  reader.gave(0, 10);  // Be it a bad one: its watermark need not move.
  reader.silence({0}, 2);
  REQUIRE_FALSE(reader.clock.is_idle(0));
  REQUIRE(reader.clock.watermark() == 10);
}

TEST_CASE("TimeInWhichTheTaskWasBlockedIsNoSilence") {
  Reader reader(kHold, 2);
  reader.gave(1, 30);
  reader.silence({0}, 2);
  reader.clock.pause();
  reader.now += 100 * kSecond;
  reader.silence({0}, 0);
  REQUIRE_FALSE(reader.clock.is_idle(0));
  reader.silence({0}, 1);
  REQUIRE(reader.clock.is_idle(0));
}

TEST_CASE("AMachineThatSleptHasNotBeenListening") {
  Reader reader({.idle_timeout = 10 * kSecond}, 2);
  reader.gave(1, 30);
  reader.silence({0}, 2);
  reader.now += 100 * kSecond;  // Counts as one second.
  reader.silence({0}, 6);
  REQUIRE_FALSE(reader.clock.is_idle(0));
  reader.silence({0}, 1);
  REQUIRE(reader.clock.is_idle(0));
}

TEST_CASE("ASplitThatWakesBehindWHoldsItWhereItIs") {
  Reader reader(kHold, 2);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.silence({0}, 3);
  reader.gave(0, 20);
  REQUIRE(reader.clock.watermark() == 30);
  reader.gave(1, 50);
  REQUIRE(reader.clock.watermark() == 30);
  reader.gave(0, 45);
  REQUIRE(reader.clock.watermark() == 45);
}

TEST_CASE("ASplitThatComesLaterStartsAtW") {
  Reader reader({}, 1);
  reader.gave(0, 30);
  const size_t late = reader.clock.add_split(kMinTime);
  reader.settle();
  REQUIRE(reader.clock.watermark() == 30);
  reader.gave(0, 60);
  REQUIRE(reader.clock.watermark() == 30);
  reader.gave(late, 40);
  REQUIRE(reader.clock.watermark() == 40);
}

TEST_CASE("WithAllSplitsIdleTimeHoldsAndTheReaderIsIdle") {
  Reader reader(kHold, 2);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.silence({0, 1}, 100);
  REQUIRE(reader.clock.watermark() == 10);
  REQUIRE(reader.clock.is_idle());
  reader.gave(0, 50);
  REQUIRE_FALSE(reader.clock.is_idle());
  REQUIRE(reader.clock.watermark() == 50);  // The other one is still idle.
}

TEST_CASE("WithAdvanceTimeGoesOnFromTheHighestSplitByTheTimeThatAllAreIdle") {
  Reader reader(kAdvance, 2);
  reader.gave(0, 10 * kSecond);
  reader.gave(1, 30 * kSecond);
  reader.silence({0, 1}, 3);
  REQUIRE(reader.clock.watermark() == 30 * kSecond);
  REQUIRE_FALSE(reader.clock.is_idle());
  reader.silence({0, 1}, 7);
  REQUIRE(reader.clock.watermark() == 37 * kSecond);
  reader.clock.pause();
  reader.now += 100 * kSecond;
  reader.silence({0, 1}, 0);
  REQUIRE(reader.clock.watermark() == 37 * kSecond);
  reader.gave(0, 35 * kSecond);
  REQUIRE(reader.clock.watermark() == 37 * kSecond);
  reader.gave(0, 40 * kSecond);
  REQUIRE(reader.clock.watermark() == 40 * kSecond);
}

TEST_CASE("WithAdvanceOthersAtWorkMakeTheReaderIdle") {
  Reader reader(kAdvance, 1);
  reader.gave(0, 10 * kSecond);
  reader.silence({0}, 3);
  reader.now += kSecond;
  reader.clock.look(reader.now);
  reader.clock.gave_nothing(0);
  reader.clock.settle(false, 99 * kSecond);
  REQUIRE(reader.clock.is_idle());
  REQUIRE(reader.clock.watermark() == 10 * kSecond);
  // Then the others are quiet too, and have come further.
  reader.clock.settle(true, 99 * kSecond);
  REQUIRE_FALSE(reader.clock.is_idle());
  REQUIRE(reader.clock.watermark() == 99 * kSecond);
}

TEST_CASE("WithAdvanceTimeDoesNotBeginBeforeTheFirstRecord") {
  Reader reader(kAdvance, 2);
  reader.silence({0, 1}, 100);
  REQUIRE(reader.clock.watermark() == kMinTime);
  REQUIRE(reader.clock.is_idle());
}

TEST_CASE("AsksToLookAgainUntilSilenceIsDecided") {
  Reader reader(kHold, 1);
  reader.gave(0, 10);
  REQUIRE(reader.clock.look_within() == std::nullopt);
  reader.silence({0}, 1);
  REQUIRE(reader.clock.look_within() == ReaderClock::kLookMicros);
  reader.silence({0}, 2);
  REQUIRE(reader.clock.is_idle());
  REQUIRE(reader.clock.look_within() == std::nullopt);
  Reader driven(kAdvance, 1);
  driven.gave(0, 10);
  driven.silence({0}, 3);
  REQUIRE(driven.clock.look_within() == ReaderClock::kLookMicros);
}

TEST_CASE("ReadsAtTheLowestSplitThatMayHaveRows") {
  Reader reader({}, 3);
  REQUIRE(reader.clock.reading_at() == kMinTime);
  reader.gave(0, 10);
  reader.gave(1, 30);
  reader.gave(2, 20);
  REQUIRE(reader.clock.reading_at() == 10);
  reader.silence({0}, 0);
  REQUIRE(reader.clock.reading_at() == 20);
  reader.clock.finish(2);
  REQUIRE(reader.clock.reading_at() == 30);
  reader.silence({1}, 0);
  REQUIRE(reader.clock.reading_at() == kMaxTime);
  REQUIRE(reader.clock.highest() == 30);
}

}  // namespace
}  // namespace weir
