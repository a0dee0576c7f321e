#include "operators/project.h"

#include <algorithm>

namespace weir {
namespace {

std::vector<ExprPtr> trees_of(const ProjectSpec& spec, const NeededColumns& needed) {
  CHECK(needed.size() == spec.columns.size());
  std::vector<ExprPtr> trees;
  if (spec.filter != nullptr) trees.push_back(spec.filter);
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    if (needed[i].needed) trees.push_back(spec.columns[i].expr);
  }
  return trees;
}

}  // namespace

Project::Project(const ProjectSpec& spec, std::string id, SchemaPtr output,
                 const NeededColumns& needed, const SplitNames& names)
    : output_(std::move(output)),
      names_(names),
      evaluators_(trees_of(spec, needed)),
      filters_(spec.filter != nullptr),
      bad_rows_(spec.on_error, "step " + id, "evaluate") {
  CHECK(output_->fields.size() == spec.columns.size());
  for (const NeededField& column : needed) needed_.push_back(column.needed);
}

Result<Progress> Project::process(Port, const Element& element, int64_t now, Output& out) {
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  counters_.rows_in += batch->size();
  RecordBatch result = TRY(project(*batch, now, out));
  counters_.accepted += result.size();
  counters_.rows_out += result.size();
  if (result.size() != 0) out.emit(kRowsPort, std::move(result));
  return Progress::kDone;
}

Result<RecordBatch> Project::project(const RecordBatch& batch, int64_t now, Output& out) {
  RecordBatch result = batch;
  RowErrors errors;
  EvaluatorGroup::Pass pass = evaluators_.over(batch, now, errors);
  size_t tree = 0;
  if (filters_) {
    RowIndices kept;
    kept.reserve(batch.size());
    pass.filter(tree++, batch.selection(), kept);
    result = with_selection(std::move(result), std::move(kept));
  }
  // A row in error counts as bad, not as filtered, although the filter left it out.
  finish_errors(errors);
  counters_.filtered += batch.size() - result.size() - errors.size();

  result.schema = output_;
  result.columns.assign(needed_.size(), nullptr);
  const Selection selection = result.selection();
  for (size_t i = 0; i < needed_.size() && selection.size() != 0; ++i) {
    if (needed_[i]) result.columns[i] = pass.eval(tree++, selection);
  }
  if (errors.empty()) return result;

  finish_errors(errors);
  counters_.bad += errors.size();
  result = with_selection(std::move(result), without_errors(selection, errors));
  TRY(bad_rows_.handle(bad_rows_of(batch, errors, names_), now, out));
  return result;
}

}  // namespace weir
