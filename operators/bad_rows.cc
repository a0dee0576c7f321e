#include "operators/bad_rows.h"

#include "engine/data/json_form.h"

#include <fmt/format.h>

namespace weir {
namespace {

constexpr size_t kShownBytesMax = 512;

// Reasons of the evaluator begin with what is wrong and end with the value: the part before the
// colon is the label.
std::string label_of(const std::string& reason) { return reason.substr(0, reason.find(':')); }

void append_text_or_null(ColumnWriter& writer, const std::string& text) {
  if (text.empty()) {
    writer.append_null();
  } else {
    writer.append_text(text);
  }
}

}  // namespace

BadRows::BadRows(OnError on_error, std::string step, std::string stage)
    : on_error_(on_error), step_(std::move(step)), stage_(std::move(stage)) {}

Status BadRows::handle(std::vector<BadRow> rows, int64_t now, Output& out) {
  if (rows.empty()) return {};
  for (const BadRow& row : rows) ++counts_[row.label];
  switch (on_error_) {
    case OnError::kFail: return failure(rows.front());
    case OnError::kSkip: return {};
    case OnError::kDeadLetter:
      if (out.is_open(kBadPort)) out.emit(kBadPort, dead_letters(rows, now));
      return {};
  }
  unreachable();
}

Error BadRows::failure(const BadRow& row) const {
  std::string place = step_;
  if (!row.source.empty()) place += fmt::format(", {}", row.source);
  if (!row.part.empty() && row.part != row.source) place += fmt::format(", part {}", row.part);
  if (row.position.has_value()) place += fmt::format(", position {}", *row.position);
  const bool cut = row.raw.size() > kShownBytesMax;
  return bad_data(
      fmt::format("bad record in {} ({}): {}\n  record: {}{}\n  set on_error = 'skip' or "
                  "'dead_letter' on the table to go on "
                  "without such records",
                  place, stage_, row.reason, row.raw.substr(0, kShownBytesMax), cut ? " ..." : ""));
}

RecordBatch BadRows::dead_letters(const std::vector<BadRow>& rows, int64_t now) const {
  RecordBatch batch;
  batch.schema = dead_letter_schema();
  batch.rows = static_cast<uint32_t>(rows.size());
  std::vector<ColumnWriter> writers;
  for (const Field& field : batch.schema->fields) writers.emplace_back(field.type, rows.size());
  for (const BadRow& row : rows) {
    writers[0].append_text(row.raw);
    append_text_or_null(writers[1], row.source);
    append_text_or_null(writers[2], row.part);
    if (row.position.has_value()) {
      writers[3].append(*row.position);
    } else {
      writers[3].append_null();
    }
    writers[4].append_text(stage_);
    writers[5].append_text(row.reason);
    writers[6].append(now);
  }
  for (ColumnWriter& writer : writers) batch.columns.push_back(std::move(writer).finish());
  return batch;
}

std::vector<BadRow> bad_rows_of(const RecordBatch& batch, const RowErrors& errors,
                                const SplitNames& names) {
  std::vector<BadRow> rows;
  rows.reserve(errors.size());
  for (const RowError& error : errors) {
    BadRow& row = rows.emplace_back();
    append_json_row(row.raw, batch, error.row);
    if (batch.split != nullptr) {
      const int32_t split = batch.split->values<int32_t>()[error.row];
      const SplitName name = names.name_of(SplitId(static_cast<uint32_t>(split)));
      row.source = name.source;
      row.part = name.part;
      row.position = batch.position->values<int64_t>()[error.row];
    }
    row.reason = error.reason;
    row.label = label_of(error.reason);
  }
  return rows;
}

RowIndices without_errors(Selection selection, const RowErrors& errors) {
  RowIndices rows;
  rows.reserve(selection.size());
  size_t next = 0;
  selection.each([&](uint32_t row) {
    while (next < errors.size() && errors[next].row < row) ++next;
    if (next == errors.size() || errors[next].row != row) rows.push_back(row);
  });
  return rows;
}

}  // namespace weir
