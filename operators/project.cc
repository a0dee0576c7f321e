#include "operators/project.h"

#include <algorithm>

namespace weir {

Project::Project(const ProjectSpec& spec, std::string id, SchemaPtr output,
                 const NeededColumns& needed, const SplitNames& names)
    : output_(std::move(output)),
      names_(names),
      bad_rows_(spec.on_error, "step " + id, "evaluate") {
  CHECK(output_->fields.size() == spec.columns.size());
  CHECK(needed.size() == spec.columns.size());
  if (spec.filter != nullptr) filter_.emplace(spec.filter);
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    std::optional<Evaluator>& column = columns_.emplace_back();
    if (needed[i].needed) column.emplace(spec.columns[i].expr);
  }
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
  if (filter_.has_value()) {
    RowIndices kept;
    kept.reserve(batch.size());
    filter_->filter(batch, batch.selection(), now, kept, errors);
    result = with_selection(std::move(result), std::move(kept));
  }
  // A row in error counts as bad, not as filtered, although the filter left it out.
  finish_errors(errors);
  counters_.filtered += batch.size() - result.size() - errors.size();

  result.schema = output_;
  result.columns.assign(columns_.size(), nullptr);
  const Selection selection = result.selection();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].has_value() && selection.size() != 0) {
      result.columns[i] = columns_[i]->eval(batch, selection, now, errors);
    }
  }
  if (errors.empty()) return result;

  finish_errors(errors);
  counters_.bad += errors.size();
  result = with_selection(std::move(result), without_errors(selection, errors));
  TRY(bad_rows_.handle(bad_rows_of(batch, errors, names_), now, out));
  return result;
}

}  // namespace weir
