// Filter and projection in one pass over the selection. Stateless; rows keep their order.
#pragma once

#include "engine/expr/evaluator.h"
#include "engine/plan/specs.h"
#include "operators/bad_rows.h"
#include "operators/operator.h"

#include <optional>
#include <vector>

namespace weir {

class Project : public Operator {
 public:
  // Only the columns in `needed` are computed; the others stay absent. `id` names the step in
  // messages.
  Project(const ProjectSpec& spec, std::string id, SchemaPtr output, const NeededColumns& needed,
          const SplitNames& names);

  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

  const BadRows& bad_rows() const { return bad_rows_; }

 private:
  Result<RecordBatch> project(const RecordBatch& batch, int64_t now, Output& out);

  const SchemaPtr output_;
  const SplitNames& names_;
  EvaluatorGroup evaluators_;  // The filter first, where there is one; then the needed columns.
  bool filters_ = false;
  std::vector<bool> needed_;  // One a column.
  BadRows bad_rows_;
};

}  // namespace weir
