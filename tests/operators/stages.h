// A stage as a plan would have it, for operators that are made from one: everybody downstream reads
// everything.
#pragma once

#include "engine/plan/plan.h"

#include <string>
#include <utility>

namespace weir {

inline StagePlan stage_of(VertexSpec spec, SchemaPtr input, std::string id,
                          bool with_position = false) {
  StagePlan stage{.id = std::move(id), .spec = std::move(spec), .input = std::move(input)};
  stage.with_position = with_position;
  for (size_t port = 0; port < output_ports(stage.spec); ++port) {
    OutputPlan output;
    output.schema = output_schema(stage.spec, Port(static_cast<uint16_t>(port)), stage.input);
    output.needed = all_needed(*output.schema);
    stage.outputs.push_back(std::move(output));
  }
  return stage;
}

}  // namespace weir
