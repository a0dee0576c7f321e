// Project through the harness: what it keeps, what it computes, and what becomes of rows that it
// cannot compute.
#include "operators/project.h"

#include "engine/plan/job_graph.h"
#include "tests/operators/expressions.h"
#include "tests/operators/harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

OperatorCase project_case(const ProjectSpec& spec, const SchemaPtr& input, Steps steps,
                          std::optional<NeededColumns> needed = std::nullopt) {
  const SchemaPtr output = output_schema(spec, kRowsPort, input);
  if (!needed.has_value()) needed = all_needed(*output);
  OperatorCase the_case;
  the_case.make = [spec, output, needed](TaskState&) {
    return std::make_unique<Project>(spec, "p", output, *needed, kSplits);
  };
  the_case.outputs = {output, dead_letter_schema()};
  the_case.input = std::move(steps);
  the_case.input.push_back(final_watermark_step());
  the_case.input.push_back(end_step());
  return the_case;
}

const SchemaPtr kInput = schema_of({"k text", "v int", "at timestamptz!"});

ProjectSpec ratio_of_positive(OnError on_error) {
  const ExprPtr v = column_of(kInput, "v");
  return {.filter = call_of(">", {v, number_of("-100")}),
          .columns = {{"k", column_of(kInput, "k")},
                      {"ratio", call_of("/", {number_of("100"), v})},
                      {"more", call_of("+", {v, number_of("1")})},
                      {"at", column_of(kInput, "at")}},
          .on_error = on_error};
}

Steps good_and_bad_rows() {
  return {rows_step(with_position(
              batch_of(kInput, {{"a", "5", "@1"}, {"b", "0", "@2"}, {"c", "-500", "@3"}}), 1, 10)),
          watermark_step(3),
          rows_step(with_position(
              batch_of(kInput, {{"d", kNull, "@5"}, {"e", "2147483647", "@4"}, {"f", "50", "@4"}}),
              2, 20)),
          barrier_step(1)};
}

TEST_CASE("KeepsTheRowsForWhichTheFilterIsTrue") {
  const ProjectSpec spec = {
      .filter = call_of(">", {column_of(kInput, "v"), number_of("1")}),
      .columns = {{"k", column_of(kInput, "k")},
                  {"w", call_of("*", {column_of(kInput, "v"), number_of("2")})}}};
  OperatorCase the_case = project_case(
      spec, kInput,
      {rows_step(batch_of(kInput, {{"a", "1", "@1"}, {"b", "2", "@2"}, {"c", kNull, "@3"}})),
       watermark_step(2), rows_step(batch_of(kInput, {{"d", "-9", "@4"}})),
       rows_step(batch_of(kInput, {{"e", "7", "@5"}, {"f", "8", "@6"}}))});
  the_case.lost.filtered = 3;
  the_case.expected[kRowsPort] = {R"({"k":"b","w":4})", R"({"k":"e","w":14})",
                                  R"({"k":"f","w":16})"};
  check_operator(the_case);
}

TEST_CASE("WithoutAFilterAllRowsStay") {
  const ProjectSpec spec = {.filter = nullptr, .columns = {{"v", column_of(kInput, "v")}}};
  OperatorCase the_case = project_case(
      spec, kInput, {rows_step(batch_of(kInput, {{"a", "1", "@1"}, {"b", kNull, "@2"}}))});
  the_case.expected[kRowsPort] = {R"({"v":1})", R"({"v":null})"};
  check_operator(the_case);
}

TEST_CASE("RowsThatCannotBeComputedAreSkippedAndCounted") {
  OperatorCase the_case =
      project_case(ratio_of_positive(OnError::kSkip), kInput, good_and_bad_rows());
  the_case.lost = {.filtered = 2, .bad = 2};
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "20", "6", "@1"}, {"f", "2", "51", "@4"}});
  check_operator(the_case);
}

TEST_CASE("RowsThatCannotBeComputedBecomeDeadLetters") {
  OperatorCase the_case =
      project_case(ratio_of_positive(OnError::kDeadLetter), kInput, good_and_bad_rows());
  the_case.lost = {.filtered = 2, .bad = 2};
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "20", "6", "@1"}, {"f", "2", "51", "@4"}});
  const Run run = run_operator(the_case, {.name = "as given"});
  REQUIRE(run.rows.at(kBadPort).size() == 2);
  REQUIRE(run.rows.at(kBadPort)[0].find(
              R"("pos":11,"stage":"evaluate","reason":"division by zero")") != std::string::npos);
  REQUIRE(run.rows.at(kBadPort)[1].find(R"("part":"2","pos":21)") != std::string::npos);
  the_case.expected[kBadPort] = run.rows.at(kBadPort);
  check_operator(the_case);
}

TEST_CASE("AFilterThatCannotBeComputedMakesARowBad") {
  const ProjectSpec spec = {
      .filter =
          call_of(">", {call_of("/", {number_of("10"), column_of(kInput, "v")}), number_of("1")}),
      .columns = {{"v", column_of(kInput, "v")},
                  {"again", call_of("/", {number_of("10"), column_of(kInput, "v")})}},
      .on_error = OnError::kSkip};
  OperatorCase the_case = project_case(
      spec, kInput,
      {rows_step(batch_of(kInput, {{"a", "0", "@1"}, {"b", "5", "@2"}, {"c", "50", "@3"}}))});
  the_case.lost = {.filtered = 1, .bad = 1};
  the_case.expected[kRowsPort] = {R"({"v":5,"again":2})"};
  check_operator(the_case);
}

TEST_CASE("UnderFailTheFirstRowThatCannotBeComputedEndsTheJob") {
  const ProjectSpec spec = ratio_of_positive(OnError::kFail);
  const SchemaPtr output = output_schema(spec, kRowsPort, kInput);
  Project project(spec, "ratios", output, all_needed(*output), kSplits);
  CollectedOutput out;
  const Steps steps = good_and_bad_rows();
  const Result<Progress> progress = project.process(Port{0}, steps[0].element, 0, out);
  REQUIRE_FALSE(progress.ok());
  REQUIRE(progress.error().kind == ErrorKind::kBadData);
  for (const char* part : {"step ratios", "division by zero", R"("k":"b")", "position 11"}) {
    INFO(part << " in " << progress.error().message);
    REQUIRE(progress.error().message.find(part) != std::string::npos);
  }
}

TEST_CASE("OnlyNeededColumnsAreComputed") {
  const SchemaPtr output = output_schema(ratio_of_positive(OnError::kFail), kRowsPort, kInput);
  NeededColumns needed = all_needed(*output);
  needed[1] = {};  // The one with the division by zero.
  needed[2] = {};  // And the one that overflows.
  OperatorCase the_case =
      project_case(ratio_of_positive(OnError::kFail), kInput, good_and_bad_rows(), needed);
  the_case.lost.filtered = 2;
  the_case.expected[kRowsPort] = {
      R"({"k":"a","at":"1970-01-01T00:00:01Z"})", R"({"k":"b","at":"1970-01-01T00:00:02Z"})",
      R"({"k":"e","at":"1970-01-01T00:00:04Z"})", R"({"k":"f","at":"1970-01-01T00:00:04Z"})"};
  check_operator(the_case);
}

TEST_CASE("ArrivalWatermarksAndPositionsTravelWithTheRows") {
  const ProjectSpec spec = {.filter = call_of(">", {column_of(kInput, "v"), number_of("1")}),
                            .columns = {{"at", column_of(kInput, "at")}}};
  const SchemaPtr output = output_schema(spec, kRowsPort, kInput);
  REQUIRE(output->fields[0].event_time);
  Project project(spec, "p", output, all_needed(*output), kSplits);
  CollectedOutput out;
  RecordBatch rows = batch_of(kInput, {{"a", "1", "@9"}, {"b", "2", "@3"}});
  rows = with_arrival(with_position(std::move(rows), 1, 70), {2, 8});
  REQUIRE(project.process(Port{0}, rows, 0, out).ok());
  const RecordBatch& kept = out.batches().at(0).second;
  REQUIRE(kept.size() == 1);
  const uint32_t row = kept.selection()[0];
  REQUIRE(kept.arrival_watermark->values<int64_t>()[row] == seconds(8));
  REQUIRE(kept.position->values<int64_t>()[row] == 71);
}

}  // namespace
}  // namespace weir
