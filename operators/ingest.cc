#include "operators/ingest.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Whether the source must see the column whatever the query reads.
bool is_contract_column(const SourceSpec& spec, const std::string& name) {
  if (name == spec.event_time) return true;
  return std::find(spec.not_null.begin(), spec.not_null.end(), name) != spec.not_null.end();
}

NeededColumns read_columns(const SourceSpec& spec, const Schema& output, NeededColumns needed) {
  for (size_t i = 0; i < needed.size(); ++i) {
    if (is_contract_column(spec, output.fields[i].name)) needed[i] = {.needed = true};
  }
  for (const Constraint& constraint : spec.constraints) {
    mark_needed(*constraint.condition, needed);
  }
  return needed;
}

}  // namespace

Ingest::Ingest(SourceSpec spec, SchemaPtr output, const NeededColumns& needed,
               const SplitNames& names, TaskState& state)
    : spec_(std::move(spec)),
      output_(std::move(output)),
      names_(names),
      state_(state),
      bad_decode_(spec_.on_error, "table " + spec_.table, "decode"),
      bad_contract_(spec_.on_error, "table " + spec_.table, "contract") {
  CHECK(output_->fields.size() == spec_.columns.size());
  const NeededColumns read = read_columns(spec_, *output_, needed);
  for (size_t i = 0; i < spec_.columns.size(); ++i) {
    std::optional<Evaluator>& column = columns_.emplace_back();
    if (read[i].needed) column.emplace(spec_.columns[i].expr);
  }
  for (const std::string& name : spec_.not_null) not_null_.push_back(*output_->find(name));
  for (const Constraint& constraint : spec_.constraints) {
    checks_.push_back({constraint.name, Evaluator(constraint.condition)});
  }
  if (!spec_.event_time.empty()) event_time_ = output_->find(spec_.event_time);
}

SplitState& Ingest::split_state(const std::string& split) {
  return state_.splits()
      .try_emplace(split, SplitState{.highest_event_time = kMinTime})
      .first->second;
}

int64_t Ingest::watermark(const std::string& split) const {
  const auto found = state_.splits().find(split);
  if (found == state_.splits().end() || !event_time_.has_value()) return kMinTime;
  return minus_saturated(found->second.highest_event_time, spec_.watermark_delay);
}

Status Ingest::accept(const std::string& split, const RecordBatch& rows, std::vector<BadRow> bad,
                      bool keep_position, int64_t now, Output& out) {
  counters_.rows_in += rows.rows + bad.size();
  counters_.bad += bad.size();
  if (rows.rows == 0) return bad_decode_.handle(std::move(bad), now, out);
  RecordBatch table = rows;
  table.schema = output_;
  if (!keep_position) table.split = table.position = nullptr;
  RowErrors errors;
  compute_columns(rows, table, now, errors);
  check_not_null(table, errors);
  check_constraints(table, now, errors);
  check_event_time(table, now, errors);
  finish_errors(errors);

  TRY(bad_decode_.handle(std::move(bad), now, out));
  if (!errors.empty()) {
    counters_.bad += errors.size();
    TRY(bad_contract_.handle(bad_rows_of(rows, errors, names_), now, out));
    table = with_selection(std::move(table), without_errors(Selection(rows.rows), errors));
  }
  counters_.accepted += table.size();
  counters_.rows_out += table.size();
  if (table.size() == 0) return {};
  if (event_time_.has_value()) {
    SplitState& state = split_state(split);
    SplitClock clock(spec_.watermark_delay);
    clock.restore(state.highest_event_time);
    const int64_t before = clock.arrival_watermark();
    table.arrival_watermark =
        clock.observe(*table.columns[*event_time_], table.selection(), gives_watermarks_);
    state.highest_event_time = clock.highest();
    if (before < sent_) counters_.lifted += lift(table, sent_);
  }
  out.emit(kRowsPort, std::move(table));
  return {};
}

void Ingest::compute_columns(const RecordBatch& rows, RecordBatch& table, int64_t now,
                             RowErrors& errors) {
  table.columns.assign(columns_.size(), nullptr);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].has_value()) continue;
    table.columns[i] = columns_[i]->eval(rows, Selection(rows.rows), now, errors);
  }
}

void Ingest::check_not_null(const RecordBatch& table, RowErrors& errors) const {
  for (const size_t i : not_null_) {
    const Column& column = *table.columns[i];
    if (!column.has_nulls()) continue;
    for (uint32_t row = 0; row < table.rows; ++row) {
      if (!column.is_null(row)) continue;
      errors.push_back(
          {row, fmt::format("NOT NULL {}: the value is missing or null", output_->fields[i].name)});
    }
  }
}

void Ingest::check_constraints(const RecordBatch& table, int64_t now, RowErrors& errors) {
  for (Check& check : checks_) {
    const ColumnPtr holds = check.condition.eval(table, Selection(table.rows), now, errors);
    for (uint32_t row = 0; row < table.rows; ++row) {
      if (holds->is_null(row) || holds->boolean(row)) continue;
      errors.push_back({row, check.name});
    }
  }
}

void Ingest::check_event_time(const RecordBatch& table, int64_t now, RowErrors& errors) const {
  if (!event_time_.has_value()) return;
  const Column& column = *table.columns[*event_time_];
  const int64_t* times = column.values<int64_t>();
  if (column.has_nulls()) {
    for (uint32_t row = 0; row < table.rows; ++row) {
      if (!column.is_null(row)) continue;
      errors.push_back(
          {row, fmt::format("event time {}: the value is missing or null", spec_.event_time)});
    }
  }
  if (!spec_.max_future.has_value()) return;
  int64_t bound = 0;
  if (__builtin_add_overflow(now, *spec_.max_future, &bound)) return;
  for (uint32_t row = 0; row < table.rows; ++row) {
    if (times[row] <= bound || column.is_null(row)) continue;
    std::string at;
    append_timestamp(at, times[row], true, TimeStyle::kRfc3339);
    errors.push_back(
        {row, fmt::format("event time {} is beyond max_future: {}", spec_.event_time, at)});
  }
}

}  // namespace weir
