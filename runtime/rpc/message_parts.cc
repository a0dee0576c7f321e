#include "runtime/rpc/message_parts.h"

#include "runtime/rpc/strict_message.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace weir {
namespace {

proto::ErrorKind kind_to_proto(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUser: return proto::ERROR_KIND_USER;
    case ErrorKind::kBadData: return proto::ERROR_KIND_BAD_DATA;
    case ErrorKind::kUnavailable: return proto::ERROR_KIND_UNAVAILABLE;
    case ErrorKind::kFenced: return proto::ERROR_KIND_FENCED;
    case ErrorKind::kCorrupt: return proto::ERROR_KIND_CORRUPT;
  }
  unreachable();
}

std::optional<ErrorKind> kind_of(proto::ErrorKind kind) {
  for (const ErrorKind known : {ErrorKind::kUser, ErrorKind::kBadData, ErrorKind::kUnavailable,
                                ErrorKind::kFenced, ErrorKind::kCorrupt}) {
    if (kind_to_proto(known) == kind) return known;
  }
  return {};
}

void put_counters(proto::StepCounters& out, const StepCounters& counters) {
  out.set_rows_in(counters.rows_in);
  out.set_accepted(counters.accepted);
  out.set_filtered(counters.filtered);
  out.set_late(counters.late);
  out.set_bad(counters.bad);
  out.set_rows_out(counters.rows_out);
  out.set_late_pairs(counters.late_pairs);
  out.set_lifted(counters.lifted);
}

StepCounters counters_of(const proto::StepCounters& in) {
  return {.rows_in = in.rows_in(),
          .accepted = in.accepted(),
          .filtered = in.filtered(),
          .late = in.late(),
          .bad = in.bad(),
          .rows_out = in.rows_out(),
          .late_pairs = in.late_pairs(),
          .lifted = in.lifted()};
}

void put_stage(proto::StageReport& out, const StageReport& stage) {
  out.set_id(stage.id);
  put_counters(*out.mutable_counters(), stage.counters);
  for (const uint64_t rows : stage.emitted) out.add_emitted(rows);
  for (const auto& [label, rows] : stage.bad_by_label) {
    proto::LabelRows& added = *out.add_bad_by_label();
    added.set_label(label);
    added.set_rows(rows);
  }
  if (stage.written) {
    out.mutable_written()->set_rows(stage.written->rows);
    out.mutable_written()->set_checksum(stage.written->checksum);
  }
}

Result<StageReport> stage_of(const proto::StageReport& in, std::string_view what) {
  TRY(require_part(in.has_counters(), what, "counters of a stage"));
  StageReport stage{.id = in.id(),
                    .counters = counters_of(in.counters()),
                    .emitted = {in.emitted().begin(), in.emitted().end()}};
  for (const proto::LabelRows& label : in.bad_by_label()) {
    if (!stage.bad_by_label.emplace(label.label(), label.rows()).second) {
      return bad_message(what, "a label of bad rows stands in it twice");
    }
  }
  if (in.has_written()) {
    stage.written = RowTotals{.rows = in.written().rows(), .checksum = in.written().checksum()};
  }
  return stage;
}

void put_split_standing(proto::SplitStanding& out, const SplitStanding& standing) {
  out.set_table(standing.table);
  out.set_split(standing.split);
  out.set_watermark(standing.watermark);
  out.set_has_read(standing.has_read);
  out.set_idle(standing.idle);
  out.set_finished(standing.finished);
  out.set_advances(standing.advances);
  if (standing.silent_since) out.set_silent_since(*standing.silent_since);
}

SplitStanding split_standing_of(const proto::SplitStanding& in) {
  SplitStanding standing{.table = in.table(),
                         .split = in.split(),
                         .watermark = in.watermark(),
                         .has_read = in.has_read(),
                         .idle = in.idle(),
                         .finished = in.finished(),
                         .advances = in.advances()};
  if (in.has_silent_since()) standing.silent_since = in.silent_since();
  return standing;
}

void put_standing(proto::ReaderStanding& out, const ReaderStanding& standing) {
  out.set_reading_at(standing.reading_at);
  out.set_highest(standing.highest);
  out.set_quiet(standing.quiet);
}

ReaderStanding standing_of(const proto::ReaderStanding& in) {
  return {.reading_at = in.reading_at(), .highest = in.highest(), .quiet = in.quiet()};
}

}  // namespace

void put_error(proto::Error& out, const Error& error) {
  out.set_kind(kind_to_proto(error.kind));
  out.set_message(error.message);
}

Status read_error(const proto::Error& in, std::string_view what, Error& out) {
  const std::optional<ErrorKind> kind = kind_of(in.kind());
  if (!kind) {
    return bad_message(
        what, fmt::format("its error is of the unknown kind {}", static_cast<int>(in.kind())));
  }
  out = {*kind, in.message()};
  return {};
}

void put_split(proto::JobSplit& out, const JobSplit& split) {
  out.set_step(split.step);
  out.set_name(split.name);
  out.set_source(split.source);
  out.set_number(split.number);
  out.set_reader(split.reader);
  out.set_at_start(split.at_start);
}

JobSplit split_of(const proto::JobSplit& in) {
  return {.step = in.step(),
          .name = in.name(),
          .source = in.source(),
          .number = in.number(),
          .reader = in.reader(),
          .at_start = in.at_start()};
}

void put_splits(proto::JobSplits& out, const std::vector<JobSplit>& splits) {
  for (const JobSplit& split : splits) put_split(*out.add_splits(), split);
}

std::vector<JobSplit> splits_of(const proto::JobSplits& in) {
  std::vector<JobSplit> splits;
  for (const proto::JobSplit& split : in.splits()) splits.push_back(split_of(split));
  return splits;
}

void put_standings(proto::Standings& out, const std::map<uint32_t, ReaderStanding>& readers) {
  for (const auto& [task, standing] : readers)
    put_standing((*out.mutable_readers())[task], standing);
}

std::map<uint32_t, ReaderStanding> standings_of(const proto::Standings& in) {
  std::map<uint32_t, ReaderStanding> readers;
  for (const auto& [task, standing] : in.readers()) readers[task] = standing_of(standing);
  return readers;
}

void put_task_report(proto::TaskReport& out, const TaskReport& report) {
  for (const StageReport& stage : report.stages) put_stage(*out.add_stages(), stage);
  out.set_watermark(report.watermark);
  out.set_idle(report.idle);
  for (const SplitStanding& split : report.splits) put_split_standing(*out.add_splits(), split);
  out.set_records_lost(report.records_lost);
  if (report.backlog) out.set_backlog(*report.backlog);
  out.set_state_bytes(report.state_bytes);
  out.set_busy_micros(report.busy_micros);
  out.set_blocked_micros(report.blocked_micros);
  out.mutable_rows_sent()->insert(report.rows_sent.begin(), report.rows_sent.end());
  out.mutable_rows_received()->insert(report.rows_received.begin(), report.rows_received.end());
}

Result<TaskReport> task_report_of(const proto::TaskReport& in, std::string_view what) {
  TaskReport report{.watermark = in.watermark(),
                    .idle = in.idle(),
                    .records_lost = in.records_lost(),
                    .state_bytes = in.state_bytes(),
                    .busy_micros = in.busy_micros(),
                    .blocked_micros = in.blocked_micros(),
                    .rows_sent = {in.rows_sent().begin(), in.rows_sent().end()},
                    .rows_received = {in.rows_received().begin(), in.rows_received().end()}};
  for (const proto::StageReport& stage : in.stages()) {
    StageReport added = TRY(stage_of(stage, what));
    report.stages.push_back(std::move(added));
  }
  for (const proto::SplitStanding& split : in.splits()) {
    report.splits.push_back(split_standing_of(split));
  }
  if (in.has_backlog()) report.backlog = in.backlog();
  return report;
}

}  // namespace weir
