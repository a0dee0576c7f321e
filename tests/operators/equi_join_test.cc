// Joins without a bound in time: what their changes come to, for every type of join and every
// schedule.
#include "operators/equi_join.h"

#include "tests/operators/folded_changes.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

SchemaPtr left() { return schema_of({"k text", "n bigint"}); }
SchemaPtr right() { return schema_of({"k2 text", "m bigint"}); }

OperatorCase join_case(JoinType type, Steps steps, std::optional<int64_t> state_ttl = {}) {
  const EquiJoinSpec spec{.type = type,
                          .left = {.columns = left()->fields, .keys = {0}},
                          .right = {.columns = right()->fields, .keys = {0}},
                          .condition = nullptr};
  StagePlan stage = stage_of(spec, left(), "j");
  stage.state_ttl = state_ttl;
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<EquiJoin>(spec, stage, state, kSplits);
  };
  the_case.input = std::move(steps);
  the_case.input.push_back(final_watermark_step());
  the_case.input.push_back(end_step());
  the_case.outputs = {stage.outputs[0].schema};
  the_case.keys = {{0}};
  the_case.right_keys = {{0}};
  the_case.read_rows = folded_rows;
  return the_case;
}

Steps both_sides() {
  return {rows_step(batch_of(left(), {{"a", "1"}, {"b", "2"}, {kNull, "3"}})),
          right_step(batch_of(right(), {{"a", "10"}, {"a", "11"}, {kNull, "12"}, {"c", "13"}})),
          rows_step(batch_of(left(), {{"c", "4"}, {"a", "5"}}))};
}

void check(JoinType type, Steps steps, const std::vector<Cells>& expected) {
  OperatorCase the_case = join_case(type, std::move(steps));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

const std::vector<Cells> kPairs = {{"a", "1", "a", "10"},
                                   {"a", "1", "a", "11"},
                                   {"a", "5", "a", "10"},
                                   {"a", "5", "a", "11"},
                                   {"c", "4", "c", "13"}};

std::vector<Cells> pairs_and(const std::vector<Cells>& more) {
  std::vector<Cells> rows = kPairs;
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

TEST_CASE("RowsOfEqualKeysArePairedWheneverTheyCome") {
  check(JoinType::kInner, both_sides(), kPairs);
}

TEST_CASE("ALeftRowIsAloneUntilItsFirstPartnerComes") {
  check(JoinType::kLeft, both_sides(),
        pairs_and({{"b", "2", kNull, kNull}, {kNull, "3", kNull, kNull}}));
}

TEST_CASE("ARightRowIsAloneUntilItsFirstPartnerComes") {
  check(JoinType::kRight, both_sides(), pairs_and({{kNull, kNull, kNull, "12"}}));
}

// What is due by then is far ahead of the watermark.
TEST_CASE("WithoutEventTimeRowsAreForgottenByTheClock") {
  OperatorCase the_case = join_case(
      JoinType::kLeft,
      {rows_step(batch_of(left(), {{"a", "1"}})), right_step(batch_of(right(), {{"b", "2"}})),
       watermark_step(1), rows_step(batch_of(left(), {{"c", "3"}})), watermark_step(2),
       barrier_step(1), watermark_step(3)},
      seconds(10));
  the_case.clock = [](size_t element) { return static_cast<int64_t>(element) * seconds(100); };
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "1", kNull, kNull}, {"c", "3", kNull, kNull}});
  check_operator(the_case);
}

TEST_CASE("BothSidesKeepWhatHasNoPartner") {
  check(JoinType::kFull, both_sides(),
        pairs_and(
            {{"b", "2", kNull, kNull}, {kNull, "3", kNull, kNull}, {kNull, kNull, kNull, "12"}}));
}

TEST_CASE("PairsGoWithTheirRows") {
  const Steps steps = {
      rows_step(batch_of(left(), {{"a", "1"}, {"a", "2"}})),
      right_step(batch_of(right(), {{"a", "10"}})),
      rows_step(
          with_changes(batch_of(left(), {{"a", "1"}, {"a", "3"}, {"a", "2"}}), {"-U", "+U", "-D"})),
      right_step(batch_of(right(), {{"a", "11"}})),
      right_step(with_changes(batch_of(right(), {{"a", "10"}}), {"-D"}))};
  check(JoinType::kInner, steps, {{"a", "3", "a", "11"}});
}

TEST_CASE("ARowIsAloneAgainWhenItsLastPartnerGoes") {
  const Steps steps = {
      rows_step(batch_of(left(), {{"a", "1"}})),
      right_step(batch_of(right(), {{"a", "10"}, {"a", "11"}})),
      right_step(with_changes(batch_of(right(), {{"a", "11"}, {"a", "10"}}), {"-D", "-D"})),
      right_step(batch_of(right(), {{"b", "12"}}))};
  check(JoinType::kFull, steps, {{"a", "1", kNull, kNull}, {kNull, kNull, "b", "12"}});
}

TEST_CASE("AnInnerJoinOfRowsThatAppendTakesNothingBack") {
  const OperatorCase the_case = join_case(JoinType::kInner, both_sides());
  const Run run = run_operator(the_case, {.name = "as given"});
  for (const Step& step : run.out) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    CHECK((batch == nullptr || batch->change == nullptr));
  }
}

}  // namespace
}  // namespace weir
