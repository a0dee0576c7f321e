#include "runtime/task/input_gate.h"

#include "engine/base/match.h"
#include "engine/protocol/barrier_aligner.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// A gate over so many channels, and what comes out of it as text: "rows 2 @port", "watermark 5",
// "barrier 1", "end".
class Gate {
 public:
  // `readers`: whose time each channel carries; each that of readers of its own if it does not say.
  explicit Gate(size_t channels, const std::vector<size_t>& readers = {}) {
    for (size_t i = 0; i < channels; ++i) {
      channels_.push_back(std::make_shared<Channel>(16));
      gate_.add_channel(channels_.back(), Port(static_cast<uint16_t>(i)),
                        {.edge = i / 2, .readers = readers.empty() ? i : readers[i]});
    }
  }

  void send(size_t channel, Element element) { REQUIRE(channels_[channel]->push(element)); }
  void rows(size_t channel, size_t count) { send(channel, table_batch(many_rows(count))); }
  void watermark(size_t channel, int64_t time) { send(channel, Watermark{time}); }

  std::vector<std::string> take() {
    std::vector<std::string> all;
    while (std::optional<GateElement> next = gate_.next()) all.push_back(text(*next));
    return all;
  }

  static std::string text(const GateElement& element) {
    return std::visit(Match{[&](const RecordBatch& batch) {
                              return "rows " + std::to_string(batch.size()) + " @" +
                                     std::to_string(element.port.value());
                            },
                            [](const Watermark& watermark) {
                              if (watermark.time == kMaxTime) return std::string("watermark final");
                              return "watermark " + std::to_string(watermark.time);
                            },
                            [](const Barrier& barrier) {
                              return "barrier " + std::to_string(barrier.epoch.value());
                            },
                            [](const Idle&) { return std::string("idle"); },
                            [](const EndOfStream&) { return std::string("end"); }},
                      element.element);
  }

  InputGate gate_;
  std::vector<std::shared_ptr<Channel>> channels_;
};

using Texts = std::vector<std::string>;

TEST_CASE("RowsComeAtOnceByTheirPort") {
  Gate gate(2);
  gate.rows(1, 3);
  REQUIRE(gate.take() == Texts{"rows 3 @1"});
  gate.rows(0, 1);
  gate.rows(0, 2);
  REQUIRE(gate.take() == Texts{"rows 1 @0", "rows 2 @0"});
}

TEST_CASE("ChannelsTakeTurns") {
  Gate gate(2);
  for (int i = 0; i < 2; ++i) {
    gate.rows(0, 1);
    gate.rows(1, 2);
  }
  REQUIRE(gate.take() == Texts{"rows 1 @0", "rows 2 @1", "rows 1 @0", "rows 2 @1"});
}

TEST_CASE("AWatermarkPassesWhenAllChannelsHaveReachedIt") {
  Gate gate(2);
  gate.watermark(0, 10);
  REQUIRE(gate.take().empty());
  gate.watermark(1, 5);
  REQUIRE(gate.take() == Texts{"watermark 5"});
  gate.watermark(1, 20);
  REQUIRE(gate.take() == Texts{"watermark 10"});
  REQUIRE(gate.gate_.watermark() == 10);
}

// The rows before a channel's watermark have passed when the gate's watermark does.
TEST_CASE("WatermarksDoNotOvertakeRows") {
  Gate gate(2);
  gate.rows(0, 1);
  gate.watermark(0, 10);
  gate.rows(1, 2);
  gate.watermark(1, 10);
  const Texts taken = gate.take();
  REQUIRE(taken.size() == 3);
  REQUIRE(taken[2] == "watermark 10");
}

TEST_CASE("TheEndComesOnceAfterTheFinalWatermark") {
  Gate gate(2);
  for (const size_t channel : {0, 1}) {
    gate.watermark(channel, kMaxTime);
    gate.send(channel, EndOfStream{});
  }
  REQUIRE(gate.take() == Texts{"watermark final", "end"});
  REQUIRE(gate.take().empty());
}

TEST_CASE("AFinishedChannelNoLongerHoldsTimeBack") {
  Gate gate(2);
  gate.watermark(0, 3);
  gate.watermark(1, 7);
  REQUIRE(gate.take() == Texts{"watermark 3"});
  gate.watermark(0, kMaxTime);
  gate.send(0, EndOfStream{});
  REQUIRE(gate.take() == Texts{"watermark 7"});
  gate.watermark(1, 9);
  REQUIRE(gate.take() == Texts{"watermark 9"});
}

TEST_CASE("AStoppedChannelHoldsTimeWhereItWas") {
  Gate gate(2);
  gate.watermark(0, 3);
  gate.send(0, EndOfStream{});
  gate.watermark(1, 7);
  REQUIRE(gate.take() == Texts{"watermark 3"});
  gate.watermark(1, kMaxTime);
  gate.send(1, EndOfStream{});
  REQUIRE(gate.take() == Texts{"end"});
}

TEST_CASE("AnIdleChannelHoldsTimeBackAgainOnceItHasRows") {
  Gate gate(2);
  gate.watermark(0, 1);
  gate.watermark(1, 5);
  REQUIRE(gate.take() == Texts{"watermark 1"});
  gate.send(0, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 5"});
  gate.rows(0, 1);
  REQUIRE(gate.take() == Texts{"rows 1 @0"});
  gate.watermark(1, 9);
  REQUIRE(gate.take().empty());
  gate.watermark(0, 8);
  REQUIRE(gate.take() == Texts{"watermark 8"});
}

TEST_CASE("TheGateIsIdleOnlyWhenAllItsChannelsAre") {
  Gate gate(2);
  gate.watermark(0, 5);
  gate.watermark(1, 9);
  REQUIRE(gate.take() == Texts{"watermark 5"});
  gate.send(0, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 9"});
  gate.send(1, Idle{});
  REQUIRE(gate.take() == Texts{"idle"});
  gate.send(0, Idle{});
  REQUIRE(gate.take().empty());
}

TEST_CASE("AnIdleGateWakesWithRowsOrWithAWatermark") {
  Gate gate(2);
  gate.watermark(0, 5);
  gate.watermark(1, 9);
  REQUIRE(gate.take() == Texts{"watermark 5"});
  for (const size_t channel : {0, 1}) gate.send(channel, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 9", "idle"});
  SECTION("rows say so by themselves") {
    gate.rows(0, 1);
    REQUIRE(gate.take() == Texts{"rows 1 @0"});
  }
  SECTION("a higher watermark too") {
    gate.watermark(0, 12);
    REQUIRE(gate.take() == Texts{"watermark 12"});
  }
  SECTION("one that moves nothing is said as the last one again") {
    gate.watermark(0, 6);
    REQUIRE(gate.take() == Texts{"watermark 9"});
  }
  // And it can go idle again.
  gate.send(0, Idle{});
  REQUIRE(gate.take() == Texts{"idle"});
}

TEST_CASE("AChannelThatEndedDoesNotKeepTheGateAwake") {
  Gate gate(2);
  gate.watermark(0, kMaxTime);
  gate.send(0, EndOfStream{});
  gate.watermark(1, 9);
  gate.send(1, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 9", "idle"});
}

// It has sent the final watermark, but its end is still on its way.
TEST_CASE("AFinishedChannelIsNotOneThatIsFarAhead") {
  Gate gate(2);
  gate.watermark(0, 5);
  gate.watermark(1, 9);
  gate.send(1, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 5"});
  gate.watermark(0, kMaxTime);
  REQUIRE(gate.take() == Texts{"idle"});
  gate.send(0, EndOfStream{});
  gate.watermark(1, 10);
  REQUIRE(gate.take() == Texts{"watermark 10"});
  gate.watermark(1, kMaxTime);
  gate.send(1, EndOfStream{});
  REQUIRE(gate.take() == Texts{"watermark final", "end"});
}

// Steps that hear the same readers: the one has heard that they are awake, the other is behind.
TEST_CASE("ChannelsOfTheSameReadersAreIdleOnlyTogether") {
  Gate gate(3, {0, 0, 1});
  for (const size_t channel : {0, 1, 2}) gate.watermark(channel, 5);
  gate.send(0, Idle{});
  gate.watermark(1, 7);
  gate.watermark(2, 9);
  REQUIRE(gate.take() == Texts{"watermark 5"});
  gate.send(1, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 9"});
  gate.watermark(0, 12);
  REQUIRE(gate.take().empty());
  gate.watermark(2, 12);
  REQUIRE(gate.take().empty());
  gate.watermark(1, 11);
  REQUIRE(gate.take() == Texts{"watermark 11"});
}

// The step behind the gate may have made nothing of the rows, so that nobody has heard of them.
TEST_CASE("AGateThatWokeByRowsPassesOnTheWatermarkBehindThemEvenIfItMovesNothing") {
  Gate gate(1);
  gate.watermark(0, 5);
  gate.send(0, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 5", "idle"});
  gate.rows(0, 1);
  gate.watermark(0, 5);
  REQUIRE(gate.take() == Texts{"rows 1 @0", "watermark 5"});
}

// Rows whose "at" is the event time.
RecordBatch timed_rows(size_t count) {
  RecordBatch batch = table_batch(many_rows(count));
  batch.schema = output_schema(source_spec("t"), kRowsPort, nullptr);
  return batch;
}

// The rows of a batch that would be late at their own time.
size_t behind(const RecordBatch& batch) {
  if (batch.arrival_watermark == nullptr) return 0;
  size_t count = 0;
  batch.selection().each([&](uint32_t row) {
    count +=
        batch.columns[2]->values<int64_t>()[row] < batch.arrival_watermark->values<int64_t>()[row];
  });
  return count;
}

TEST_CASE("RowsOfAChannelThatWasOvertakenAreLiftedToTheGatesWatermark") {
  Gate gate(2);
  gate.watermark(0, 1'000'000);
  gate.watermark(1, 5'000'000);
  REQUIRE(gate.take() == Texts{"watermark 1000000"});
  gate.send(0, Idle{});
  REQUIRE(gate.take() == Texts{"watermark 5000000"});
  gate.send(0, timed_rows(7));  // Seconds 0 to 6
  std::optional<GateElement> next = gate.gate_.next();
  REQUIRE(behind(std::get<RecordBatch>(next->element)) == 5);
  REQUIRE(gate.gate_.rows_lifted() == 5);
  // Once it has caught up its rows are let through as they are.
  gate.watermark(0, 6'000'000);
  gate.send(0, timed_rows(7));
  next = gate.gate_.next();
  REQUIRE(behind(std::get<RecordBatch>(next->element)) == 0);
  REQUIRE(gate.gate_.rows_lifted() == 5);
}

TEST_CASE("NothingIsTakenFromAChannelWhoseBarrierCameFirst") {
  Gate gate(2);
  BarrierAligner aligner(2);
  gate.gate_.align_by(&aligner, 0);
  gate.send(0, Barrier{Epoch(4)});
  gate.rows(0, 2);
  gate.rows(1, 1);
  REQUIRE(gate.take() == Texts{"rows 1 @1"});
  REQUIRE_FALSE(aligner.aligned().has_value());
  gate.send(1, Barrier{Epoch(4)});
  REQUIRE(gate.take().empty());
  REQUIRE(aligner.aligned() == Epoch(4));
  REQUIRE(gate.take() == Texts{"rows 2 @0"});
}

TEST_CASE("TimeGoesOnFromACheckpoint") {
  Gate gate(2);
  gate.gate_.restore(5'000'000);
  gate.send(0, timed_rows(7));  // Seconds 0 to 6
  const std::optional<GateElement> next = gate.gate_.next();
  REQUIRE(behind(std::get<RecordBatch>(next->element)) == 0);
  gate.watermark(0, 4'000'000);
  gate.watermark(1, 6'000'000);
  REQUIRE(gate.take() == Texts{"watermark 5000000"});
  gate.watermark(0, 6'000'000);
  REQUIRE(gate.take() == Texts{"watermark 6000000"});
}

// Who is behind the gate was told in another life of the job.
TEST_CASE("TheTimeOfACheckpointIsToldAgain") {
  Gate ended(2);
  ended.gate_.restore(kMaxTime);
  ended.watermark(0, kMaxTime);
  ended.send(0, EndOfStream{});
  ended.watermark(1, kMaxTime);
  ended.send(1, EndOfStream{});
  REQUIRE(ended.take() == Texts{"watermark final", "end"});

  Gate quiet(2);
  quiet.gate_.restore(5'000'000);
  quiet.send(0, Idle{});
  REQUIRE(quiet.take() == Texts{"watermark 5000000"});
  quiet.watermark(1, 5'000'000);
  REQUIRE(quiet.take().empty());

  Gate idle(1);
  idle.gate_.restore(5'000'000);
  idle.send(0, Idle{});
  REQUIRE(idle.take() == Texts{"idle"});
  idle.watermark(0, 5'000'000);
  REQUIRE(idle.take() == Texts{"watermark 5000000"});

  Gate timeless(1);
  timeless.gate_.restore(kMinTime);
  timeless.watermark(0, kMinTime);
  REQUIRE(timeless.take().empty());
}

TEST_CASE("RowsAreCountedByEdge") {
  Gate gate(4);  // Edge 0 has channels 0 and 1, edge 1 has 2 and 3.
  for (size_t channel = 0; channel < 4; ++channel) gate.rows(channel, channel + 1);
  gate.send(0, with_selection(table_batch(many_rows(10)), {1, 2}));
  gate.take();
  REQUIRE(gate.gate_.rows_received(0) == 1 + 2 + 2);
  REQUIRE(gate.gate_.rows_received(1) == 3 + 4);
}

}  // namespace
}  // namespace weir
