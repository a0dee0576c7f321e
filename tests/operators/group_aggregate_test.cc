// Aggregates without a window: what their changes come to, for rows that append and rows that are
// taken back, on every schedule.
#include "operators/group_aggregate.h"

#include "tests/operators/folded_changes.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using enum AggregateFunction;

SchemaPtr input() { return schema_of({"k text", "n bigint", "at timestamptz!"}); }

AggregateCall call_of(AggregateFunction function, const std::string& name, bool distinct = false) {
  AggregateCall call{.name = name, .function = function, .distinct = distinct, .order = {}};
  if (function != kCountStar) call.argument = 1;
  call.type = *call_type(call, *input());
  return call;
}

struct Options {
  std::vector<size_t> keys = {0};
  bool changing = false;
  std::optional<int64_t> state_ttl = {};
  SchemaPtr schema = input();
};

OperatorCase group_case(std::vector<AggregateCall> calls, const Options& options, Steps steps) {
  const GroupAggregateSpec spec{.keys = options.keys, .aggregates = std::move(calls)};
  StagePlan stage = stage_of(spec, options.schema, "g");
  stage.changing_input = options.changing;
  stage.state_ttl = options.state_ttl;
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<GroupAggregate>(spec, stage, state);
  };
  the_case.input = std::move(steps);
  the_case.outputs = {stage.outputs[0].schema};
  the_case.keys = spec.keys;
  the_case.read_rows = folded_rows;
  return the_case;
}

Steps ended(std::vector<RecordBatch> batches) {
  Steps steps;
  for (RecordBatch& batch : batches) steps.push_back(rows_step(std::move(batch)));
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return steps;
}

const std::vector<Cells> kRows = {{"a", "1", "@1"}, {"b", "5", "@2"},   {"a", "3", "@3"},
                                  {"a", "3", "@4"}, {kNull, "7", "@5"}, {"b", kNull, "@6"}};

TEST_CASE("AGroupHasOneRowAsItStands") {
  OperatorCase the_case = group_case({call_of(kCountStar, "c"), call_of(kSum, "s"),
                                      call_of(kMax, "hi"), call_of(kCount, "d", true)},
                                     {}, ended({batch_of(input(), kRows)}));
  the_case.expected[kRowsPort] = json_rows(
      the_case.outputs[0],
      {{"a", "3", "7", "3", "2"}, {"b", "2", "5", "5", "1"}, {kNull, "1", "7", "7", "1"}});
  check_operator(the_case);
}

TEST_CASE("WithoutAggregatesEachKeyLeavesOnce") {
  OperatorCase the_case = group_case({}, {}, ended({batch_of(input(), kRows)}));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], {{"a"}, {"b"}, {kNull}});
  check_operator(the_case);
}

TEST_CASE("RowsThatAreTakenBackAreTakenOut") {
  const RecordBatch rows = batch_of(input(), {{"a", "1", "@1"},
                                              {"a", "3", "@1"},
                                              {"b", "5", "@1"},
                                              {"a", "1", "@1"},
                                              {"a", "4", "@1"},
                                              {"b", "5", "@1"}});
  const std::vector<std::string> changes = {"+I", "+I", "+I", "-U", "+U", "-D"};
  OperatorCase the_case = group_case({call_of(kCountStar, "c"), call_of(kSum, "s")},
                                     {.changing = true}, ended({with_changes(rows, changes)}));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], {{"a", "2", "7"}});
  check_operator(the_case);
}

TEST_CASE("WhatCannotBeTakenOutIsAddedUpAnew") {
  const RecordBatch rows = batch_of(input(), {{"a", "1", "@1"},
                                              {"a", "9", "@1"},
                                              {"a", "3", "@1"},
                                              {"a", "9", "@1"},
                                              {"a", "3", "@1"},
                                              {"b", "2", "@1"},
                                              {"b", "2", "@1"}});
  const std::vector<std::string> changes = {"+I", "+I", "+I", "-D", "+I", "+I", "-D"};
  OperatorCase the_case =
      group_case({call_of(kMax, "hi"), call_of(kSum, "d", true), call_of(kCountStar, "c")},
                 {.changing = true}, ended({with_changes(rows, changes)}));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], {{"a", "3", "4", "3"}});
  check_operator(the_case);
}

TEST_CASE("OfNoKeysThereIsOneGroupAlsoOfNoRows") {
  OperatorCase the_case =
      group_case({call_of(kCountStar, "c"), call_of(kMin, "lo")}, {.keys = {}}, ended({}));
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], {{"0", kNull}});
  check_operator(the_case);
}

TEST_CASE("AnUpdateIsTheOldRowAndTheNewOne") {
  OperatorCase the_case = group_case(
      {call_of(kSum, "s")}, {},
      ended({batch_of(input(), {{"a", "1", "@1"}}), batch_of(input(), {{"a", "0", "@2"}}),
             batch_of(input(), {{"a", "2", "@3"}})}));
  the_case.read_rows = nullptr;
  const Run run = run_operator(the_case, {.name = "as given"});
  std::vector<std::string> seen;
  for (const Step& step : run.out) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    seen.push_back(std::to_string(static_cast<int>(change_of(*batch, 0))) + json_rows(*batch)[0]);
  }
  // A sum that stays what it is says nothing.
  CHECK(seen == std::vector<std::string>{"0{\"k\":\"a\",\"s\":1}", "1{\"k\":\"a\",\"s\":1}",
                                         "2{\"k\":\"a\",\"s\":3}"});
}

// The last row of a comes ten seconds behind the one before it: a begins anew, and what was shown
// stays.
TEST_CASE("AGroupIsForgottenAfterTheStateTtl") {
  OperatorCase the_case = group_case(
      {call_of(kCountStar, "c")}, {.state_ttl = seconds(10)},
      {rows_step(batch_of(input(), {{"a", "1", "@0"}, {"a", "1", "@9"}})), watermark_step(12),
       rows_step(batch_of(input(), {{"a", "1", "@19"}})), final_watermark_step(), end_step()});
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], {{"a", "1"}, {"a", "2"}});
  check_operator(the_case);
}

// What is due by then is far ahead of the watermark.
TEST_CASE("WithoutEventTimeAGroupIsForgottenByTheClock") {
  const SchemaPtr schema = schema_of({"k text", "n bigint"});
  for (const bool changing : {false, true}) {
    OperatorCase the_case = group_case(
        {call_of(kMax, "hi")}, {.changing = changing, .state_ttl = seconds(10), .schema = schema},
        {rows_step(batch_of(schema, {{"a", "1"}, {"b", "2"}})), watermark_step(1),
         rows_step(batch_of(schema, {{"c", "3"}})), watermark_step(2), barrier_step(1),
         watermark_step(3), final_watermark_step(), end_step()});
    the_case.clock = [](size_t element) { return static_cast<int64_t>(element) * seconds(100); };
    the_case.expected[kRowsPort] =
        json_rows(the_case.outputs[0], {{"a", "1"}, {"b", "2"}, {"c", "3"}});
    check_operator(the_case);
  }
}

}  // namespace
}  // namespace weir
