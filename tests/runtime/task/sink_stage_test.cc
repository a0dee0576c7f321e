#include "runtime/task/sink_stage.h"

#include "engine/plan/specs.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Does what it is told, and keeps account.
class ObedientSink : public Sink {
 public:
  void tell_time(int64_t now) override { told = now; }
  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    if (during_write) during_write();
    const size_t count = std::min(room, batch.size() - from);
    const std::vector<std::string> rows = json_of(batch);
    written.insert(written.end(), rows.begin() + from, rows.begin() + from + count);
    return count;
  }
  Result<Flush> flush() override {
    ++flushes;
    return flushed ? Flush::kDone : Flush::kMore;
  }
  Result<Segment> seal(CheckpointId) override {
    return Segment{.contents = "s", .rows = written.size()};
  }
  bool waits_in_memory() const override { return waiting != 0; }
  uint64_t waiting_bytes() const override { return waiting; }
  Status deliver(CheckpointId, const Segment&) override { return {}; }

  uint64_t waiting = 0;
  size_t room = SIZE_MAX;
  bool flushed = true;
  int flushes = 0;
  int64_t told = 0;
  std::function<void()> during_write;
  std::vector<std::string> written;
};

class NoOutput : public Output {
 public:
  void emit(Port, RecordBatch) override { FAIL("a sink has no output"); }
  bool is_open(Port) const override { return false; }
};

struct Stage {
  Stage()
      : stage(std::make_unique<ObedientSink>()), sink(static_cast<ObedientSink&>(stage.sink())) {}

  Progress process(const Element& element) {
    const Result<Progress> progress = stage.process(Port{0}, element, 0, none);
    REQUIRE(progress.ok());
    return *progress;
  }

  SinkStage stage;
  ObedientSink& sink;
  NoOutput none;
};

TEST_CASE("WhatWaitsInMemoryIsCountedUntilItIsDelivered") {
  OutputBudget output;
  Stage stage;
  stage.stage.count_in(output);
  stage.sink.waiting = 700;
  REQUIRE(stage.process(table_batch(many_rows(5))) == Progress::kDone);
  CHECK(output.waiting() == 700);
  REQUIRE(stage.process(Barrier{Epoch(1)}) == Progress::kDone);
  CHECK(output.waiting() == 1);  // The sealed segment.
  stage.sink.waiting = 300;
  REQUIRE(stage.process(table_batch(many_rows(5))) == Progress::kDone);
  CHECK(output.waiting() == 301);
  output.subtract(1);
  CHECK(output.waiting() == 300);
}

TEST_CASE("ASinkIsToldTheTimeBeforeItWrites") {
  Stage stage;
  stage.sink.during_write = [&stage] { CHECK(stage.sink.told == 70); };
  REQUIRE(stage.stage.process(Port{0}, table_batch(many_rows(5)), 70, stage.none).ok());
  CHECK(stage.sink.told == 70);
}

TEST_CASE("WhatASinkWritesThroughIsNotCounted") {
  OutputBudget output;
  Stage stage;
  stage.stage.count_in(output);
  REQUIRE(stage.process(table_batch(many_rows(5))) == Progress::kDone);
  REQUIRE(stage.process(Barrier{Epoch(1)}) == Progress::kDone);
  CHECK(output.waiting() == 0);
}

TEST_CASE("GoesOnWhereTheSinkRefused") {
  Stage stage;
  const Element rows = table_batch(many_rows(5));
  stage.sink.room = 2;
  REQUIRE(stage.process(rows) == Progress::kMore);
  REQUIRE_FALSE(stage.stage.has_room());
  REQUIRE(stage.stage.counters().rows_in == 0);
  stage.stage.give_room();
  REQUIRE(stage.stage.has_room());
  REQUIRE(stage.process(rows) == Progress::kMore);
  REQUIRE(stage.process(rows) == Progress::kDone);
  REQUIRE(stage.stage.has_room());
  REQUIRE(stage.sink.written == json_of(many_rows(5)));
  REQUIRE(stage.stage.counters().rows_in == 5);
  REQUIRE(stage.stage.counters().balanced());

  stage.sink.room = SIZE_MAX;
  REQUIRE(stage.process(Element(table_batch(many_rows(1)))) == Progress::kDone);
  REQUIRE(stage.sink.written.size() == 6);
}

TEST_CASE("AWakeUpDuringTheWriteIsNotLost") {
  Stage stage;
  stage.sink.room = 1;
  stage.sink.during_write = [&stage] { stage.stage.give_room(); };
  REQUIRE(stage.process(Element(table_batch(many_rows(2)))) == Progress::kMore);
  REQUIRE(stage.stage.has_room());
}

TEST_CASE("OnlySelectedRowsAreWritten") {
  Stage stage;
  const Rows rows = many_rows(4);
  REQUIRE(stage.process(Element(with_selection(table_batch(rows), {1, 3}))) == Progress::kDone);
  REQUIRE(stage.sink.written == json_of({rows[1], rows[3]}));
}

TEST_CASE("WhenTheStreamEndsItFlushesAndSeals") {
  Stage stage;
  REQUIRE(stage.process(Element(table_batch(many_rows(3)))) == Progress::kDone);
  REQUIRE_FALSE(stage.stage.sealed().has_value());
  stage.sink.flushed = false;
  REQUIRE(stage.process(EndOfStream{}) == Progress::kMore);
  REQUIRE_FALSE(stage.stage.has_room());
  REQUIRE_FALSE(stage.stage.sealed().has_value());
  stage.sink.flushed = true;
  REQUIRE(stage.process(EndOfStream{}) == Progress::kDone);
  REQUIRE(stage.stage.sealed().has_value());
  REQUIRE(stage.stage.sealed()->rows == 3);
}

TEST_CASE("OtherMarksDoNothing") {
  Stage stage;
  REQUIRE(stage.process(Watermark{5}) == Progress::kDone);
  REQUIRE(stage.process(Barrier{Epoch(1)}) == Progress::kDone);
  REQUIRE(stage.sink.written.empty());
  REQUIRE(stage.stage.has_room());
}

TEST_CASE("DrainedInputFlushesWhatWasWrittenOnce") {
  Stage stage;
  REQUIRE(stage.stage.drained().ok());
  REQUIRE(stage.sink.flushes == 0);
  stage.process(Element(table_batch(many_rows(1))));
  stage.sink.flushed = false;
  REQUIRE(stage.stage.drained().ok());
  stage.sink.flushed = true;
  REQUIRE(stage.stage.drained().ok());
  REQUIRE(stage.stage.drained().ok());
  REQUIRE(stage.sink.flushes == 2);
}

}  // namespace
}  // namespace weir
