// UNION ALL: rows of all its inputs, as they come.
#pragma once

#include "operators/operator.h"

namespace weir {

class PassThrough : public Operator {
 public:
  explicit PassThrough(SchemaPtr output) : output_(std::move(output)) {}

  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  SchemaPtr output_;
};

}  // namespace weir
