#include "tests/operators/over_cases.h"

#include "operators/over.h"
#include "tests/operators/stages.h"

namespace weir {
namespace {

const NumberedSplits kSplits;

std::optional<size_t> column(const Overs& overs, const std::string& name) {
  if (name.empty()) return std::nullopt;
  const std::optional<size_t> found = overs.input->find(name);
  CHECK(found.has_value());
  return found;
}

}  // namespace

OverSpec over_spec(const Overs& overs) {
  OverSpec spec;
  for (const std::string& key : overs.keys) spec.keys.push_back(*column(overs, key));
  spec.order = overs.order;
  spec.time_column = overs.input->find("at");
  for (const OverColumn& over : overs.columns) {
    OverCall& call = spec.calls.emplace_back();
    call.name = "c" + std::to_string(spec.calls.size() - 1);
    call.function = over.function;
    call.aggregate = over.aggregate;
    call.argument = column(overs, over.argument);
    call.filter = column(overs, over.filter);
    call.distance = over.distance;
    call.fallback = column(overs, over.fallback);
    call.frame = over.frame;
    call.range = over.range;
    call.rows = over.rows;
    const Result<Type> type = call_type(call, *overs.input);
    CHECK(type.ok());
    call.type = *type;
  }
  return spec;
}

SchemaPtr result_schema(const Overs& overs) {
  return output_schema(over_spec(overs), kRowsPort, overs.input);
}

OperatorCase over_case(const Overs& overs, Steps steps) {
  const OverSpec spec = over_spec(overs);
  StagePlan stage = stage_of(spec, overs.input, "o", overs.with_place);
  stage.state_ttl = overs.state_ttl;
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<Over>(spec, stage, state, kSplits);
  };
  the_case.input = std::move(steps);
  for (const OutputPlan& output : stage.outputs) the_case.outputs.push_back(output.schema);
  the_case.keys = spec.keys;
  return the_case;
}

void check_over(const Overs& overs, const Steps& steps, const std::vector<Cells>& expected) {
  OperatorCase the_case = over_case(overs, steps);
  the_case.expected[kRowsPort] = json_rows(result_schema(overs), expected);
  check_operator(the_case);
}

std::vector<std::string> rows_in_order(const OperatorCase& the_case) {
  std::vector<std::string> rows;
  for (const Step& step : run_operator(the_case, {.name = "as given"}).out) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    for (std::string& row : json_rows(*batch)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace weir
