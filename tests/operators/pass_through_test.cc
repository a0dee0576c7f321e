#include "operators/pass_through.h"

#include "engine/plan/specs.h"
#include "tests/operators/harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("RowsOfAllInputsComeThroughUnderOneSchema") {
  const SchemaPtr first = schema_of({"k text", "v int"});
  const SchemaPtr second = schema_of({"key text", "value int"});
  const SchemaPtr out = schema_of({"a text", "b int"});
  OperatorCase the_case;
  the_case.make = [out](TaskState&) { return std::make_unique<PassThrough>(out); };
  the_case.outputs = {out};
  the_case.input = {rows_step(batch_of(first, {{"x", "1"}, {kNull, "2"}})),
                    watermark_step(5),
                    rows_step(batch_of(second, {{"x", kNull}})),
                    barrier_step(1),
                    rows_step(with_selection(batch_of(second, {{"no", "0"}, {"yes", "3"}}), {1})),
                    final_watermark_step(),
                    end_step()};
  the_case.expected[kRowsPort] =
      json_rows(out, {{"x", "1"}, {kNull, "2"}, {"x", kNull}, {"yes", "3"}});
  check_operator(the_case);
}

}  // namespace
}  // namespace weir
