// The step against its promise: rows come through stamped, in order, and never below the time that
// it has told, whatever the clock does.
#include "operators/processing_time.h"

#include "engine/time/watermark.h"
#include "tests/operators/harness.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const SchemaPtr kInput = schema_of({"k text", "at timestamptz"});
const SchemaPtr kOutput = schema_of({"k text", "at timestamptz", "stamp timestamptz!"});

std::unique_ptr<Operator> make(TaskState& state) {
  return std::make_unique<ProcessingTime>("t.processing_time", kOutput, all_needed(*kOutput),
                                          state);
}

// The rows without their stamps, which depend on when they came.
std::vector<std::string> without_stamps(const Steps& steps) {
  std::vector<std::string> rows;
  for (const Step& step : steps) {
    const auto* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    RecordBatch plain = *batch;
    plain.schema = kInput;
    plain.columns.pop_back();
    for (std::string& row : json_rows(plain)) rows.push_back(std::move(row));
  }
  return rows;
}

// Of each element that left: what it is, and its time.
std::vector<std::string> marks_of(const Steps& steps) {
  std::vector<std::string> marks;
  for (const Step& step : steps) {
    if (const auto* watermark = std::get_if<Watermark>(&step.element)) {
      marks.push_back(watermark->time == kMaxTime ? "the end" : "watermark");
    } else if (std::holds_alternative<Barrier>(step.element)) {
      marks.emplace_back("barrier");
    } else if (std::holds_alternative<Idle>(step.element)) {
      marks.emplace_back("idle");
    }
  }
  return marks;
}

int64_t stamp_of(const RecordBatch& batch) {
  return batch.columns.back()->values<int64_t>()[batch.selection()[0]];
}

class Stamping {
 public:
  Stamping() : op(make(state)) {}

  int64_t stamp(int64_t now) {
    CollectedOutput out;
    REQUIRE(op->process(Port{0}, batch_of(kInput, {{"a", "@1"}}), now, out).ok());
    return stamp_of(out.batches().back().second);
  }

  TaskState state{128, {0, 127}, std::make_unique<MemoryResidency>()};
  std::unique_ptr<Operator> op;
};

TEST_CASE("RowsAreStampedAndNoneIsBelowTheTimeToldUnderEverySchedule") {
  OperatorCase the_case;
  the_case.make = make;
  the_case.outputs = {kOutput};
  // On by 30 ms each, and back by a second now and then.
  the_case.clock = [](size_t element) {
    return static_cast<int64_t>(element) * 30'000 - (element % 5 == 4 ? 1'000'000 : 0);
  };
  const RecordBatch rows = batch_of(kInput, {{"a", "@5"}, {kNull, "@1"}, {"b", kNull}});
  the_case.input = {rows_step(with_arrival(rows, {0, 7, 7})),
                    watermark_step(5),
                    {Port{0}, Idle{}},
                    barrier_step(1),
                    rows_step(with_selection(rows, {0, 2})),
                    watermark_step(9),
                    rows_step(rows),
                    final_watermark_step(),
                    end_step()};
  the_case.read_rows = without_stamps;
  std::vector<std::string> expected;
  for (const RecordBatch& batch : {rows, with_selection(rows, {0, 2}), rows}) {
    for (std::string& row : json_rows(batch)) expected.push_back(std::move(row));
  }
  the_case.expected[kRowsPort] = expected;
  check_operator(the_case);
}

TEST_CASE("OfTheMarksThatComeInOnlyTheFinalWatermarkAndBarriersAreLeft") {
  OperatorCase the_case;
  the_case.make = make;
  the_case.outputs = {kOutput};
  the_case.input = {watermark_step(5),
                    {Port{0}, Idle{}},
                    barrier_step(1),
                    watermark_step(6),
                    final_watermark_step()};
  const Run run = run_operator(the_case, {.name = "as given"});
  REQUIRE(marks_of(run.out) == std::vector<std::string>{"watermark", "barrier", "the end"});
}

TEST_CASE("TimeIsTheClockCutToTicks") {
  const Stamping step;
  const std::optional<ClockTime> time = step.op->clock_time(1'234'567);
  REQUIRE(time.has_value());
  REQUIRE(time->watermark == 1'200'000);
  REQUIRE(time->until == 1'250'000);
  REQUIRE(step.op->clock_time(1'250'000)->watermark == 1'250'000);
}

TEST_CASE("TimeStandsStillWhereTheClockIsSetBack") {
  Stamping step;
  REQUIRE(step.stamp(5'000'000) == 5'000'000);
  REQUIRE(step.stamp(4'000'000) == 5'000'000);
  REQUIRE(step.op->clock_time(4'000'000)->watermark == 5'000'000);
  REQUIRE(step.stamp(5'000'001) == 5'000'001);
}

TEST_CASE("TimeGoesOnFromASnapshotAlsoWithAnotherClock") {
  Stamping before;
  before.stamp(5'000'000);
  Stamping after;
  REQUIRE(restore(after.state, {whole_of(before.state)}).ok());
  REQUIRE(after.stamp(1'000'000) == 5'000'000);
}

TEST_CASE("ColumnsThatNobodyReadsAreLeftOut") {
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  NeededColumns needed(3);
  needed[1].needed = true;
  ProcessingTime step("t", kOutput, needed, state);
  CollectedOutput out;
  const RecordBatch rows = with_arrival(batch_of(kInput, {{"a", "@1"}}), {3});
  REQUIRE(step.process(Port{0}, rows, 9, out).ok());
  const RecordBatch& stamped = out.batches()[0].second;
  REQUIRE(stamped.columns[0] == nullptr);
  REQUIRE(stamped.columns[1] != nullptr);
  REQUIRE(stamp_of(stamped) == 9);
  REQUIRE(stamped.arrival_watermark == nullptr);
}

}  // namespace
}  // namespace weir
