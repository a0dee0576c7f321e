// The version that was valid at the time of a row, on every schedule.
#include "operators/as_of_join.h"

#include "engine/time/watermark.h"
#include "tests/operators/harness.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

SchemaPtr left() { return schema_of({"k text", "n bigint", "at timestamptz!"}); }
SchemaPtr right() { return schema_of({"k2 text", "rate bigint", "since timestamptz!"}); }

OperatorCase as_of_case(JoinType type, Steps steps) {
  const AsOfJoinSpec spec{.type = type,
                          .left = {.columns = left()->fields, .keys = {0}, .time = 2},
                          .right = {.columns = right()->fields, .keys = {0}, .time = 2},
                          .condition = nullptr};
  const StagePlan stage = stage_of(spec, left(), "v");
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<AsOfJoin>(spec, stage, state, kSplits);
  };
  the_case.input = std::move(steps);
  the_case.input.push_back(final_watermark_step());
  the_case.input.push_back(end_step());
  for (const OutputPlan& output : stage.outputs) the_case.outputs.push_back(output.schema);
  the_case.keys = {{0}};
  the_case.right_keys = {{0}};
  return the_case;
}

TEST_CASE("ARowMeetsTheLastVersionThatIsNotBehindIt") {
  OperatorCase the_case = as_of_case(
      JoinType::kLeft,
      {rows_step(batch_of(left(), {{"a", "1", "@5"},
                                   {"a", "2", "@10"},
                                   {"b", "3", "@10"},
                                   {"a", "4", "@4"},
                                   {kNull, "5", "@9"}})),
       right_step(batch_of(
           right(),
           {{"a", "100", "@5"}, {"a", "101", "@9"}, {"a", "102", "@11"}, {kNull, "103", "@1"}})),
       watermark_step(11)});
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "1", "@5", "a", "100", "@5"},
                                      {"a", "2", "@10", "a", "101", "@9"},
                                      {"b", "3", "@10", kNull, kNull, kNull},
                                      {"a", "4", "@4", kNull, kNull, kNull},
                                      {kNull, "5", "@9", kNull, kNull, kNull}});
  check_operator(the_case);
}

TEST_CASE("AnInnerJoinDropsRowsWithoutAVersion") {
  OperatorCase the_case = as_of_case(
      JoinType::kInner, {right_step(batch_of(right(), {{"a", "100", "@5"}})),
                         rows_step(batch_of(left(), {{"a", "1", "@4"}, {"a", "2", "@5"}}))});
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "2", "@5", "a", "100", "@5"}});
  check_operator(the_case);
}

// Late rows of the left side are not answered; a late version is valid from where it was known.
TEST_CASE("ALateVersionIsValidFromItsArrivalWatermarkOn") {
  OperatorCase the_case = as_of_case(
      JoinType::kLeft,
      {right_step(
           with_arrival(batch_of(right(), {{"a", "100", "@1"}, {"a", "101", "@2"}}), {0, 8})),
       rows_step(with_arrival(
           batch_of(left(), {{"a", "1", "@7"}, {"a", "2", "@8"}, {"a", "3", "@3"}}), {0, 0, 4}))});
  the_case.lost.late = 1;
  the_case.open = {true, false, false};
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0],
                {{"a", "1", "@7", "a", "100", "@1"}, {"a", "2", "@8", "a", "101", "@2"}});
  check_operator(the_case);
}

TEST_CASE("VersionsThatNoRowCanMeetAreForgotten") {
  Steps steps;
  for (int i = 0; i < 50; ++i) {
    const std::string at = "@" + std::to_string(i);
    steps.push_back(right_step(batch_of(right(), {{"a", "1", at.c_str()}})));
    steps.push_back(watermark_step(i));
  }
  OperatorCase the_case = as_of_case(JoinType::kInner, steps);
  const Run few = run_operator(as_of_case(JoinType::kInner, {steps[0], steps[1]}), {.name = "few"});
  const Run many = run_operator(the_case, {.name = "many"});
  CHECK(many.state_bytes_max <= 2 * few.state_bytes_max);
}

}  // namespace
}  // namespace weir
