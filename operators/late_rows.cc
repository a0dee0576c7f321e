#include "operators/late_rows.h"

#include "engine/data/json_form.h"
#include "engine/plan/specs.h"

namespace weir {

RecordBatch without_late(const RecordBatch& batch, size_t time_column, std::vector<LateRow>& late) {
  if (batch.arrival_watermark == nullptr) return batch;
  const int64_t* times = batch.columns[time_column]->values<int64_t>();
  const int64_t* arrival = batch.arrival_watermark->values<int64_t>();
  RowIndices on_time;
  batch.selection().each([&](uint32_t row) {
    if (times[row] >= arrival[row]) {
      on_time.push_back(row);
    } else {
      late.push_back({.row = row, .window_end = {}, .behind = arrival[row] - times[row]});
    }
  });
  RecordBatch out = with_selection(batch, std::move(on_time));
  out.arrival_watermark = nullptr;
  return out;
}

RecordBatch late_rows(const RecordBatch& batch, const std::vector<LateRow>& rows,
                      const std::string& step, const SplitNames& names) {
  RecordBatch out;
  out.schema = late_schema();
  out.rows = static_cast<uint32_t>(rows.size());
  std::vector<ColumnWriter> writers;
  for (const Field& field : out.schema->fields) writers.emplace_back(field.type, rows.size());
  std::string json;
  for (const LateRow& late : rows) {
    json.clear();
    append_json_row(json, batch, late.row);
    writers[0].append_text(json);
    if (batch.split != nullptr) {
      const int32_t split = batch.split->values<int32_t>()[late.row];
      const SplitName name = names.name_of(SplitId(static_cast<uint32_t>(split)));
      writers[1].append_text(name.source);
      writers[2].append_text(name.part);
      writers[3].append(batch.position->values<int64_t>()[late.row]);
    } else {
      writers[1].append_null();
      writers[2].append_null();
      writers[3].append_null();
    }
    writers[4].append_text(step);
    if (late.window_end.has_value()) {
      writers[5].append(*late.window_end);
    } else {
      writers[5].append_null();
    }
    writers[6].append(Interval{.micros = late.behind});
  }
  for (ColumnWriter& writer : writers) out.columns.push_back(std::move(writer).finish());
  return out;
}

}  // namespace weir
