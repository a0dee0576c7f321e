#include "runtime/task/source_stage.h"

#include "runtime/task/split_directory.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

// One read of a scripted split.
struct Read {
  ReadState state = ReadState::kRows;
  Rows rows;
  std::optional<int64_t> wake_at;
  size_t lost = 0;  // Records that are counted and not handed on.
};

class ScriptedReader : public SplitReader {
 public:
  explicit ScriptedReader(std::vector<Read> script) : script_(std::move(script)) {}

  Result<ReadOutcome> read(size_t rows_max, int64_t, DecodedRows& out) override {
    if (next_ == script_.size()) return ReadOutcome{ReadState::kWaiting, {}};
    const Read& read = script_[next_++];
    CHECK(read.rows.size() <= rows_max);
    asked.push_back(rows_max);
    out.batch = table_batch(read.rows);
    out.records = read.rows.size() + read.lost;
    return ReadOutcome{read.state, read.wake_at};
  }
  SplitPosition position() const override { return std::to_string(next_); }

  static inline std::vector<size_t> asked;  // For how many rows, by all readers.

 private:
  const std::vector<Read> script_;
  size_t next_ = 0;
};

// A stage with splits by name, and the "v" of the rows that it gave.
class Stage : public Output {
 public:
  explicit Stage(SourceSpec spec = source_spec("t"), bool endless = false)
      : state_(128, {0, 127}, std::make_unique<MemoryResidency>()) {
    tables_.sources["t"].endless = endless;
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
  void note_width(const RecordBatch& batch) { stage_->note_width(batch); }
  SourceStep step() {
    const Result<SourceStep> step = stage_->step({now_, now_}, *this);
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
    batch.selection().each([&](uint32_t row) {
      const Column* arrival = batch.arrival_watermark.get();
      arrivals_.push_back(arrival == nullptr ? kMinTime : arrival->values<int64_t>()[row]);
    });
    batch.selection().each(
        [&](uint32_t row) { values_.push_back(batch.columns[1]->values<int64_t>()[row]); });
  }
  bool is_open(Port) const override { return true; }

  // Steps now and then for so long.
  void wait(int64_t micros) {
    const int64_t until = now_ + micros;
    step();
    while (now_ < until) {
      now_ = std::min(until, now_ + kSecond / 4);
      step();
    }
  }

  std::vector<int64_t> values_;
  std::vector<int64_t> arrivals_;  // A of each; kMinTime where no row of the batch is behind.
  int64_t now_ = 1'000'000 * kSecond;
  std::unique_ptr<SourceStage> stage_;

 private:
  Tables tables_;
  SplitDirectory names_;
  TaskState state_;
};

Rows row(int64_t value, int64_t at) { return {{.k = "k", .v = value, .at = at}}; }

// A batch of one row that keeps so many bytes.
RecordBatch wide_batch(size_t bytes) {
  ColumnWriter texts(TypeKind::kText, 1);
  texts.append_text(std::string(bytes, 'x'));
  RecordBatch batch;
  batch.rows = 1;
  batch.columns.push_back(std::move(texts).finish());
  return batch;
}

TEST_CASE("FewerRowsAreReadAtATimeWhereTheyAreWide") {
  Stage stage;
  const Read read{.rows = {{"a", 1, 1}}};
  stage.add("0", {read, read, read});
  ScriptedReader::asked.clear();
  stage.step();
  CHECK(ScriptedReader::asked.back() == 100);
  stage.note_width(wide_batch(200'000));
  stage.step();
  CHECK(ScriptedReader::asked.back() < 15);
  CHECK(ScriptedReader::asked.back() > 5);
  stage.note_width(wide_batch(20));
  stage.step();  // Grows again, by no more than the double.
  CHECK(ScriptedReader::asked.back() < 30);
}

TEST_CASE("FewResultsOfManyRowsAreNotWideRows") {
  Stage stage;
  const Read read{.rows = Rows(50, {"a", 1, 1})};
  stage.add("0", {read, read});
  ScriptedReader::asked.clear();
  stage.step();
  stage.note_width(wide_batch(1'000'000));  // 20,000 bytes for each row that was read.
  stage.step();
  CHECK(ScriptedReader::asked.back() == 100);
}

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

TEST_CASE("ASplitThatComesLaterStartsAtTheWatermarkAndHoldsTimeThere") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}, {.rows = row(2, 20)}});
  stage.step();
  REQUIRE(stage.stage_->watermark() == 10 * kSecond);
  stage.add("b", {{.rows = row(3, 3)}, {.rows = row(4, 12)}});
  stage.step();
  REQUIRE(stage.values_.back() == 3);
  REQUIRE(stage.arrivals_.back() == 10 * kSecond);
  REQUIRE(stage.stage_->watermark() == 10 * kSecond);
  stage.step();
  stage.step();
  REQUIRE(stage.values_ == std::vector<int64_t>{1, 3, 4, 2});
  REQUIRE(stage.arrivals_.back() == kMinTime);
  REQUIRE(stage.stage_->watermark() == 12 * kSecond);
  REQUIRE(stage.stage_->ingest().counters().lifted == 1);
}

TEST_CASE("ItRemembersWhereASplitBeginsThatCameSinceItsLastStep") {
  Stage stage;
  std::map<std::string, SplitState> splits;
  stage.add("0", {});
  stage.stage_->save_positions(splits);
  REQUIRE(splits.contains("0"));
  CHECK(splits.at("0").position == "0");
  CHECK_FALSE(splits.at("0").finished);
  CHECK(splits.at("0").highest_event_time == kMinTime);
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

SourceSpec with_timeout(WhenQuiet when_quiet = WhenQuiet::kHold) {
  SourceSpec spec = source_spec("t");
  spec.idle_timeout = 3 * kSecond;
  spec.when_quiet = when_quiet;
  return spec;
}

TEST_CASE("ASilentSplitNoLongerHoldsTimeBackAndItsRowsAreLiftedWhenItWakes") {
  Stage stage(with_timeout(), true);
  std::vector<Read> quiet(20, Read{.state = ReadState::kWaiting});
  quiet.push_back({.rows = row(7, 5)});
  quiet.insert(quiet.begin(), {.rows = row(1, 1)});
  stage.add("a", quiet);
  stage.add("b", std::vector<Read>(100, {.rows = row(2, 60)}));
  stage.step();
  stage.step();
  REQUIRE(stage.stage_->watermark() == 1 * kSecond);
  stage.wait(2 * kSecond);
  REQUIRE(stage.stage_->watermark() == 1 * kSecond);
  stage.wait(1 * kSecond);
  REQUIRE(stage.stage_->watermark() == 60 * kSecond);
  stage.wait(3 * kSecond);
  const auto woken = std::find(stage.values_.begin(), stage.values_.end(), 7);
  REQUIRE(woken != stage.values_.end());
  REQUIRE(stage.arrivals_[static_cast<size_t>(woken - stage.values_.begin())] == 60 * kSecond);
  REQUIRE(stage.stage_->ingest().counters().lifted == 1);
}

TEST_CASE("TimeInWhichTheTaskWasBlockedIsNoSilence") {
  Stage stage(with_timeout(), true);
  stage.add("a", {{.rows = row(1, 1)}});
  stage.add("b", {{.rows = row(2, 60)}});
  stage.step();
  stage.step();
  stage.wait(2 * kSecond);
  stage.stage_->pause();
  stage.now_ += 60 * kSecond;
  stage.step();
  REQUIRE(stage.stage_->watermark() == 1 * kSecond);
}

TEST_CASE("BoundedInputIsNeverIdle") {
  Stage stage(with_timeout(), false);
  stage.add("a", {{.rows = row(1, 1)}});
  stage.add("b", {{.rows = row(2, 60)}});
  stage.wait(60 * kSecond);
  REQUIRE(stage.stage_->watermark() == 1 * kSecond);
  REQUIRE_FALSE(stage.stage_->is_idle());
}

TEST_CASE("WithAllSplitsSilentTimeHoldsOrGoesOn") {
  const WhenQuiet when_quiet = GENERATE(WhenQuiet::kHold, WhenQuiet::kAdvance);
  Stage stage(with_timeout(when_quiet), true);
  stage.add("a", {{.rows = row(1, 60)}});
  stage.step();
  stage.wait(3 * kSecond);
  stage.wait(5 * kSecond);
  const bool holds = when_quiet == WhenQuiet::kHold;
  REQUIRE(stage.stage_->is_idle() == holds);
  REQUIRE(stage.stage_->watermark() == (holds ? 60 : 65) * kSecond);
}

TEST_CASE("ASilentReaderAsksToBeSteppedInTimeToSayThatItIsIdle") {
  Stage stage(with_timeout(), true);
  stage.add("a", {{.rows = row(1, 60)}});
  stage.step();
  for (int steps = 0; !stage.stage_->is_idle(); ++steps) {
    REQUIRE(steps < 100);
    const SourceStep step = stage.step();
    if (stage.stage_->is_idle()) break;
    REQUIRE(step.wake_at.has_value());
    REQUIRE(*step.wake_at > stage.now_);
    stage.now_ = *step.wake_at;
  }
  REQUIRE(stage.now_ == 1'000'000 * kSecond + 3 * kSecond);
  REQUIRE(stage.step().wake_at == std::nullopt);
}

// Two readers of one source, the first of them far behind in event time.
class TwoReaders {
 public:
  TwoReaders() {
    for (Stage* stage : {&behind, &ahead}) {
      stage->stage_->join(board, stage == &ahead);
      stage->stage_->on_wakeup([this, stage] { woken += stage == &ahead; });
    }
  }

  Stage behind{source_spec("t"), true};
  Stage ahead{source_spec("t"), true};
  std::shared_ptr<SourceBoard> board = std::make_shared<SourceBoard>(2);
  int woken = 0;
};

TEST_CASE("AReaderWaitsForOneThatIsFarBehind") {
  TwoReaders readers;
  readers.behind.add("a", {{.rows = row(1, 0)}, {.rows = row(2, 95)}, {.rows = row(3, 96)}});
  readers.ahead.add("b", {{.rows = row(4, 100)}, {.rows = row(5, 101)}});
  // Before the first look nothing is known of the other one.
  REQUIRE(readers.ahead.step().progress == SourceProgress::kRows);
  REQUIRE(readers.ahead.step().progress == SourceProgress::kWaiting);
  readers.behind.step();
  const SourceStep waiting = readers.ahead.step();
  REQUIRE(waiting.progress == SourceProgress::kWaiting);
  REQUIRE(waiting.wake_at > readers.ahead.now_);
  readers.woken = 0;
  readers.behind.step();
  REQUIRE(readers.woken == 1);
  REQUIRE(readers.ahead.step().progress == SourceProgress::kRows);
  REQUIRE(readers.ahead.values_ == std::vector<int64_t>{4, 5});
}

TEST_CASE("AReaderThatHasNothingToReadHoldsNoOtherBack") {
  TwoReaders readers;
  readers.ahead.add("b", {{.rows = row(4, 100)}, {.rows = row(5, 101)}});
  readers.ahead.step();
  REQUIRE(readers.ahead.step().progress == SourceProgress::kWaiting);
  SECTION("without a split") {}
  SECTION("with an empty one") { readers.behind.add("a", {{.state = ReadState::kWaiting}}); }
  SECTION("with one that has ended") { readers.behind.add("a", {{.state = ReadState::kEnd}}); }
  readers.behind.step();
  REQUIRE(readers.woken == 1);
  REQUIRE(readers.ahead.step().progress == SourceProgress::kRows);
}

TEST_CASE("SaysWhereItsSplitsStand") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}, {.state = ReadState::kWaiting}});
  stage.add("b", {{.state = ReadState::kEnd, .rows = row(2, 20)}});
  for (int i = 0; i < 3; ++i) stage.step();
  const int64_t heard_at = stage.now_;
  stage.now_ += 7 * kSecond;
  stage.step();
  const std::vector<SplitStanding> standings = stage.stage_->standings();
  REQUIRE(standings.size() == 2);
  REQUIRE(standings[0].table == "t");
  REQUIRE(standings[0].split == "a");
  REQUIRE(standings[0].watermark == 10 * kSecond);
  REQUIRE(standings[0].has_read);
  REQUIRE(standings[0].silent_since == heard_at);
  REQUIRE_FALSE(standings[0].finished);
  REQUIRE(standings[1].finished);
}

TEST_CASE("ARecordThatAReaderCountedAndDidNotHandOnIsLost") {
  Stage stage;
  stage.add("a", {{.rows = row(1, 10)}, {.rows = row(2, 11), .lost = 2}});
  stage.step();
  REQUIRE(stage.stage_->records_lost() == 0);
  stage.step();
  REQUIRE(stage.stage_->records_lost() == 2);
}

}  // namespace
}  // namespace weir
