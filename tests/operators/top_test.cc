// The first rows of each partition as they stand, on every schedule.
#include "operators/top.h"

#include "tests/operators/folded_changes.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SchemaPtr input() { return schema_of({"k text", "n bigint"}); }

OperatorCase top_case(const TopSpec& spec, bool changing, std::vector<RecordBatch> batches,
                      bool with_place = false, std::optional<int64_t> state_ttl = {}) {
  StagePlan stage = stage_of(spec, input(), "t", with_place);
  stage.changing_input = changing;
  stage.state_ttl = state_ttl;
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<Top>(spec, stage, state);
  };
  for (RecordBatch& batch : batches) the_case.input.push_back(rows_step(std::move(batch)));
  the_case.input.push_back(final_watermark_step());
  the_case.input.push_back(end_step());
  the_case.outputs = {stage.outputs[0].schema};
  the_case.keys = spec.partition;
  the_case.read_rows = folded_rows;
  return the_case;
}

TopSpec by_n(uint32_t limit, const std::string& rank = "") {
  return {
      .partition = {0}, .order = {{.column = 1, .descending = true}}, .limit = limit, .rank = rank};
}

const std::vector<Cells> kRows = {{"a", "1"}, {"b", "4"}, {"a", "3"}, {"a", "2"}, {"a", "5"}};

TEST_CASE("OnlyTheFirstRowsStand") {
  OperatorCase the_case = top_case(by_n(2), false, {batch_of(input(), kRows)});
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "5"}, {"a", "3"}, {"b", "4"}});
  check_operator(the_case);
}

TEST_CASE("RowsAreNumberedAnewWhenOneComesBefore") {
  OperatorCase the_case = top_case(by_n(3, "r"), false, {batch_of(input(), kRows)});
  the_case.expected[kRowsPort] = json_rows(
      the_case.outputs[0], {{"a", "5", "1"}, {"a", "3", "2"}, {"a", "2", "3"}, {"b", "4", "1"}});
  check_operator(the_case);
}

TEST_CASE("ARowBehindComesAgainWhenOneBeforeItGoes") {
  const RecordBatch rows = batch_of(input(), {{"a", "5"}, {"a", "3"}, {"a", "1"}, {"a", "5"}});
  OperatorCase the_case = top_case(by_n(2), true, {with_changes(rows, {"+I", "+I", "+I", "-D"})});
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "3"}, {"a", "1"}});
  check_operator(the_case);
}

TEST_CASE("OfEqualRowsTheLaterInTheLogGoesFirst") {
  const SchemaPtr schema = schema_of({"k text", "n bigint"});
  TopSpec spec = by_n(1);
  spec.order = {};
  spec.ties = Ties::kLaterFirst;
  OperatorCase the_case =
      top_case(spec, false,
               {with_position(batch_of(input(), {{"a", "1"}, {"a", "9"}}), 0, 5),
                with_position(batch_of(input(), {{"a", "2"}}), 0, 8),
                with_position(batch_of(input(), {{"a", "7"}}), 0, 7)},
               true);
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "2"}});
  check_operator(the_case);
}

TEST_CASE("TheRowThatArrivedLastIsTheCurrentOneOfItsKey") {
  TopSpec spec = by_n(1);
  spec.order = {};
  spec.ties = Ties::kLastArrived;
  // The new row of b comes before the old one is taken back, as it may from another task.
  const RecordBatch rows =
      batch_of(input(), {{"a", "1"}, {"a", "1"}, {"a", "2"}, {"b", "3"}, {"b", "4"}, {"b", "3"}});
  OperatorCase the_case =
      top_case(spec, true, {with_changes(rows, {"+I", "-U", "+U", "+I", "+U", "-U"})});
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "2"}, {"b", "4"}});
  check_operator(the_case);
}

// What is due by then is far ahead of the watermark.
TEST_CASE("WithoutEventTimeAPartitionIsForgottenByTheClock") {
  OperatorCase the_case = top_case(by_n(2), false, {}, false, seconds(10));
  the_case.input = {rows_step(batch_of(input(), {{"a", "1"}, {"b", "2"}})),
                    watermark_step(1),
                    rows_step(batch_of(input(), {{"c", "3"}})),
                    watermark_step(2),
                    barrier_step(1),
                    watermark_step(3),
                    final_watermark_step(),
                    end_step()};
  the_case.clock = [](size_t element) { return static_cast<int64_t>(element) * seconds(100); };
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  check_operator(the_case);
}

TEST_CASE("ABatchGivesTheDifferenceAndNothingBetween") {
  OperatorCase the_case = top_case(by_n(1), false, {batch_of(input(), kRows)});
  const Run run = run_operator(the_case, {.name = "as given"});
  CHECK(run.counters.rows_out == 2);
}

}  // namespace
}  // namespace weir
