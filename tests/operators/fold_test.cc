// What changing rows come to, given once at the end of the input.
#include "operators/fold.h"

#include "tests/operators/folded_changes.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SchemaPtr input() { return schema_of({"k text", "n numeric(12,2)"}); }

TEST_CASE("OnlyWhatIsLeftAtTheEndLeavesAndAsOftenAsItIsThere") {
  const FoldSpec spec{.keys = {0, 1}};
  const StagePlan stage = stage_of(spec, input(), "f");
  const RecordBatch rows = batch_of(
      input(),
      {{"a", "1.00"}, {"a", "1.00"}, {"a", "2.00"}, {"b", kNull}, {"b", kNull}, {"c", "3"}});
  OperatorCase the_case;
  the_case.make = [spec, stage](TaskState& state) -> std::unique_ptr<Operator> {
    return std::make_unique<Fold>(spec, stage, state);
  };
  the_case.input = {rows_step(with_changes(rows, {"+I", "-U", "+U", "+I", "+I", "+I"})),
                    watermark_step(100),
                    rows_step(with_changes(batch_of(input(), {{"c", "3"}}), {"-D"})),
                    final_watermark_step(), end_step()};
  the_case.outputs = {stage.outputs[0].schema};
  the_case.keys = spec.keys;
  the_case.expected[kRowsPort] = json_rows(input(), {{"a", "2.00"}, {"b", kNull}, {"b", kNull}});
  check_operator(the_case);
}

}  // namespace
}  // namespace weir
