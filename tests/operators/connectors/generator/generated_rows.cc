#include "tests/operators/connectors/generator/generated_rows.h"

#include "engine/data/text_form.h"

#include <algorithm>

namespace weir {
namespace {

std::string cell_text(const ColumnPtr& column, size_t row) {
  if (column == nullptr || column->is_null(row)) return "-";
  if (column->type().kind() != TypeKind::kComposite) return value_text(*column, row);
  std::string text = "(";
  for (const ColumnPtr& child : column->children()) text += cell_text(child, row) + "|";
  return text + ")";
}

void need(NeededField& to, const Field& field, const std::string& name) {
  if (name == field.name) {
    to.needed = true;
    return;
  }
  if (!name.starts_with(field.name + ".")) return;
  const std::string inner = name.substr(field.name.size() + 1);
  const std::vector<Field>& fields = field.type.fields().fields;
  to.needed = true;
  to.fields.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) need(to.fields[i], fields[i], inner);
}

}  // namespace

GeneratorOptions generator_of(const std::map<std::string, std::string>& options) {
  const Result<GeneratorOptions> parsed = generator_options(options, /*now_micros=*/0);
  CHECK(parsed.ok());
  return *parsed;
}

RowShape shape_of(const GeneratorOptions& options, const std::vector<std::string>& names) {
  RowShape shape;
  shape.schema = std::make_shared<const Schema>(dataset_schema(options));
  shape.needed = all_needed(*shape.schema);
  if (names.empty()) return shape;
  for (size_t i = 0; i < shape.needed.size(); ++i) {
    shape.needed[i] = {};
    for (const std::string& name : names) need(shape.needed[i], shape.schema->fields[i], name);
  }
  return shape;
}

std::string each_batch(const GeneratorOptions& options, const RowShape& shape, const ReadPlan& plan,
                       const std::function<void(const RecordBatch&)>& seen) {
  const std::unique_ptr<Source> source = make_generator_source(options, shape).value();
  std::vector<Split> splits = source->discover().value();
  splits[plan.split].id = SplitId(7);
  const std::unique_ptr<SplitReader> reader =
      source->open(splits[plan.split], &plan.from, /*is_new=*/false).value();
  size_t read = 0;
  while (read < plan.rows_wanted) {
    DecodedRows rows;
    const ReadOutcome outcome = reader->read(plan.rows_max, /*now=*/0, rows).value();
    CHECK(rows.records == rows.batch.rows);
    CHECK(rows.records <= plan.rows_max);
    read += rows.records;
    if (rows.records > 0) seen(rows.batch);
    if (outcome.state != ReadState::kRows) break;
  }
  return reader->position();
}

std::string row_text(const RecordBatch& batch, size_t row) {
  std::string text;
  for (const ColumnPtr& column : batch.columns) text += cell_text(column, row) + "|";
  return text;
}

std::vector<std::string> rows_of(const GeneratorOptions& options, const RowShape& shape,
                                 const ReadPlan& plan) {
  std::vector<std::string> rows;
  each_batch(options, shape, plan, [&](const RecordBatch& batch) {
    for (size_t row = 0; row < batch.rows; ++row) rows.push_back(row_text(batch, row));
  });
  rows.resize(std::min(rows.size(), plan.rows_wanted));
  return rows;
}

}  // namespace weir
