#include "runtime/task/source_stage.h"

#include "runtime/task/split_directory.h"
#include "tests/runtime/task/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

// One read of a scripted split.
struct Read {
  ReadState state = ReadState::kRows;
  Rows rows;
  std::optional<int64_t> wake_at;
};

class ScriptedReader : public SplitReader {
 public:
  explicit ScriptedReader(std::vector<Read> script) : script_(std::move(script)) {}

  Result<ReadOutcome> read(size_t rows_max, int64_t, DecodedRows& out) override {
    if (next_ == script_.size()) return ReadOutcome{ReadState::kWaiting, {}};
    const Read& read = script_[next_++];
    CHECK(read.rows.size() <= rows_max);
    out.batch = table_batch(read.rows);
    out.records = read.rows.size();
    return ReadOutcome{read.state, read.wake_at};
  }
  SplitPosition position() const override { return std::to_string(next_); }

 private:
  const std::vector<Read> script_;
  size_t next_ = 0;
};

// A stage with splits by name, and the "v" of the rows that it gave.
class Stage : public Output {
 public:
  Stage() : state_(128, {0, 127}, std::make_unique<MemoryResidency>()) {
    tables_.sources["t"];
    const SourceSpec spec = source_spec("t");
    const SchemaPtr schema = output_schema(spec, kRowsPort, nullptr);
    stage_ = std::make_unique<SourceStage>(
        *tables_.factory().source(spec, table_shape()),
        std::make_unique<Ingest>(spec, schema, all_needed(*schema), names_, state_), false, 100);
  }

  void add(const std::string& name, std::vector<Read> script) {
    const SplitId id = names_.add({.source = "t", .part = name});
    stage_->add_split({.split = {.name = name, .source = "t", .number = 0, .id = id},
                       .reader = std::make_unique<ScriptedReader>(std::move(script))});
  }
  SourceStep step() {
    const Result<SourceStep> step = stage_->step(0, *this);
    REQUIRE(step.ok());
    return *step;
  }
  // Steps until nothing more comes.
  SourceProgress run() {
    SourceStep last;
    while ((last = step()).progress == SourceProgress::kRows) {
    }
    return last.progress;
  }

  void emit(Port, RecordBatch batch) override {
    batch.selection().each(
        [&](uint32_t row) { values_.push_back(batch.columns[1]->values<int64_t>()[row]); });
  }
  bool is_open(Port) const override { return true; }

  std::vector<int64_t> values_;
  std::unique_ptr<SourceStage> stage_;

 private:
  Tables tables_;
  SplitDirectory names_;
  TaskState state_;
};

Rows row(int64_t value, int64_t at) { return {{.k = "k", .v = value, .at = at}}; }

TEST_CASE("ReadsTheSplitThatIsFurthestBehind") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}, {.rows = row(2, 20)}, {.state = ReadState::kEnd}});
  stage.add("b", {{.rows = row(3, 15)}, {.rows = row(4, 16)}, {.state = ReadState::kEnd}});
  stage.stage_->close_splits();
  REQUIRE(stage.run() == SourceProgress::kEnd);
  REQUIRE(stage.values_ == std::vector<int64_t>{1, 3, 2, 4});
}

TEST_CASE("ItsWatermarkIsTheLowestOfItsSplits") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}});
  stage.add("b", {{.rows = row(1, 30)}, {.state = ReadState::kEnd, .rows = row(2, 40)}});
  stage.stage_->close_splits();
  REQUIRE(stage.stage_->watermark() == kMinTime);
  stage.step();
  REQUIRE(stage.stage_->watermark() == kMinTime);
  stage.step();
  REQUIRE(stage.stage_->watermark() == 10 * kSecond);
}

TEST_CASE("ASplitThatHasEndedHoldsNothingBack") {
  Stage stage;
  stage.add("a", {{.state = ReadState::kEnd, .rows = row(1, 10)}});
  stage.add("b", {{.rows = row(1, 30)}, {.state = ReadState::kEnd}});
  stage.stage_->close_splits();
  stage.step();
  stage.step();
  REQUIRE(stage.stage_->watermark() == 30 * kSecond);
  REQUIRE(stage.run() == SourceProgress::kEnd);
  REQUIRE(stage.stage_->watermark() == kMaxTime);
}

TEST_CASE("WithoutSplitsItEndsOnceNoneCanCome") {
  Stage stage;
  REQUIRE(stage.step().progress == SourceProgress::kWaiting);
  REQUIRE(stage.stage_->watermark() == kMinTime);
  stage.stage_->close_splits();
  REQUIRE(stage.step().progress == SourceProgress::kEnd);
  REQUIRE(stage.stage_->watermark() == kMaxTime);
}

TEST_CASE("TimeDoesNotEndWhileMoreSplitsMayCome") {
  Stage stage;
  stage.add("a", {{.state = ReadState::kEnd, .rows = row(1, 10)}});
  REQUIRE(stage.run() == SourceProgress::kWaiting);
  REQUIRE(stage.stage_->watermark() < kMaxTime);
  stage.add("b", {{.state = ReadState::kEnd, .rows = row(2, 5)}});
  stage.stage_->close_splits();
  REQUIRE(stage.run() == SourceProgress::kEnd);
  REQUIRE(stage.values_ == std::vector<int64_t>{1, 2});
}

TEST_CASE("ASplitThatWasAddedAndNotYetReadHoldsTimeBack") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}});
  stage.step();
  REQUIRE(stage.stage_->watermark() == 10 * kSecond);
  stage.add("b", {{.rows = row(1, 3)}});
  REQUIRE(stage.stage_->watermark() == kMinTime);
}

TEST_CASE("StoppingEndsTheSourceWithoutEndingTime") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}, {.rows = row(2, 20)}});
  stage.stage_->close_splits();
  SECTION("after a row") {
    stage.step();
    stage.stage_->stop();
    REQUIRE(stage.step().progress == SourceProgress::kEnd);
    REQUIRE(stage.stage_->watermark() == 10 * kSecond);
  }
  SECTION("before the first") {
    stage.stage_->stop();
    REQUIRE(stage.step().progress == SourceProgress::kEnd);
    REQUIRE(stage.stage_->watermark() == kMinTime);
  }
}

TEST_CASE("WaitsUntilTheFirstOfItsSplitsWantsToBeRead") {
  Stage stage;
  stage.add("a", {{.state = ReadState::kWaiting, .rows = {}, .wake_at = 70}});
  stage.add("b", {{.state = ReadState::kWaiting, .rows = {}, .wake_at = 30}});
  stage.add("c", {{.state = ReadState::kWaiting, .rows = {}, .wake_at = std::nullopt}});
  const SourceStep step = stage.step();
  REQUIRE(step.progress == SourceProgress::kWaiting);
  REQUIRE(step.wake_at == 30);
  REQUIRE(stage.step().wake_at == std::nullopt);
}

TEST_CASE("ASplitThatWaitsDoesNotBlockTheOthers") {
  Stage stage;
  stage.add("a", {{.state = ReadState::kWaiting}, {.state = ReadState::kEnd, .rows = row(9, 1)}});
  stage.add("b", {{.rows = row(1, 10)}, {.state = ReadState::kEnd, .rows = row(2, 20)}});
  stage.stage_->close_splits();
  REQUIRE(stage.step().progress == SourceProgress::kRows);
  REQUIRE(stage.values_ == std::vector<int64_t>{1});
  REQUIRE(stage.stage_->watermark() == kMinTime);
  REQUIRE(stage.run() == SourceProgress::kEnd);
  REQUIRE(stage.values_ == std::vector<int64_t>{1, 9, 2});
}

// A reader may come back empty-handed though there is more: nobody would wake the task.
TEST_CASE("AReadWithoutRecordsThatPromisesMoreIsProgress") {
  Stage stage;
  stage.add("a", {{.state = ReadState::kRows},
                  {.state = ReadState::kRows},
                  {.state = ReadState::kEnd, .rows = row(1, 1)}});
  stage.stage_->close_splits();
  REQUIRE(stage.run() == SourceProgress::kEnd);
  REQUIRE(stage.values_ == std::vector<int64_t>{1});
}

TEST_CASE("SplitsWithoutEventTimeTakeTurns") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 5)}, {.rows = row(2, 5)}, {.state = ReadState::kEnd}});
  stage.add("b", {{.rows = row(3, 5)}, {.rows = row(4, 5)}, {.state = ReadState::kEnd}});
  stage.stage_->close_splits();
  stage.run();
  REQUIRE(stage.values_ == std::vector<int64_t>{1, 3, 2, 4});
}

}  // namespace
}  // namespace weir
