#include "runtime/coordinator/documents.h"

#include "engine/data/text_form.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace weir {
namespace {

namespace json = boost::json;

// What comes from outside (names of files, messages of libraries) may hold any bytes; a document is
// UTF-8.
json::value text(std::string_view value) {
  if (is_utf8(value)) return json::value(json::string_view(value));
  std::string shown(value);
  for (char& c : shown) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  return json::value(json::string_view(shown));
}

json::value time_value(int64_t time) {
  if (time == kMinTime) return nullptr;
  if (time == kMaxTime) return text("infinity");
  std::string result;
  append_timestamp(result, time, true, TimeStyle::kRfc3339);
  return text(result);
}

// Whole numbers without an exponent, which the library writes behind every other one ("0E0").
json::value number(double value) {
  constexpr double kExact = 1e15;
  if (std::abs(value) < kExact && value == std::floor(value)) return static_cast<int64_t>(value);
  return value;
}

json::value seconds(int64_t micros) { return number(static_cast<double>(micros) / 1e6); }

void set_unless_empty(json::object& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object[key] = text(value);
}

template <typename View>
json::array documents(const std::vector<View>& views, json::object (*document)(const View&)) {
  json::array array;
  for (const View& view : views) array.push_back(document(view));
  return array;
}

std::string id_text(const CheckpointId& id) {
  return fmt::format("{}-{}", id.generation.value(), id.epoch.value());
}

// Over all tasks that have the step.
json::object step_document(const JobView& job, const StepView& step) {
  const StepCounters sum = counters_of(job, step.id);
  std::map<std::string, uint64_t> bad_by_label;
  std::optional<RowTotals> taken;
  for (const TaskView& task : job.tasks) {
    for (const StageReport& stage : task.report.stages) {
      if (stage.id != step.id) continue;
      if (stage.written.has_value()) {
        if (!taken.has_value()) taken.emplace();
        taken->add(*stage.written);
      }
      for (const auto& [label, rows] : stage.bad_by_label) bad_by_label[label] += rows;
    }
  }
  json::object bad;
  for (const auto& [label, rows] : bad_by_label) bad[label] = rows;
  json::object object{{"id", text(step.id)},
                      {"kind", text(step.kind)},
                      {"parallelism", step.parallelism},
                      {"rows_in", sum.rows_in},
                      {"rows_out", step.is_sink ? sum.accepted : sum.rows_out},
                      {"rows_filtered", sum.filtered},
                      {"rows_late", sum.late},
                      {"late_row_windows", sum.late_pairs},
                      {"rows_bad", sum.bad},
                      {"rows_bad_by_reason", std::move(bad)}};
  if (taken.has_value()) {
    object["taken"] = {{"rows", taken->rows},
                       {"checksum", fmt::format("{:016x}", taken->checksum)}};
  }
  return object;
}

json::object task_document(const JobView& job, const TaskView& task) {
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;
  json::array ids;
  for (const StageReport& stage : task.report.stages) {
    ids.push_back(text(stage.id));
    const StepView* step = find_step(job, stage.id);
    if (step != nullptr && step->is_source) rows_in += stage.counters.rows_in;
    if (step != nullptr && step->is_sink) rows_out += stage.counters.accepted;
  }
  for (const auto& [edge, rows] : task.report.rows_received) rows_in += rows;
  for (const auto& [edge, rows] : task.report.rows_sent) rows_out += rows;
  json::object object{{"id", task.id},
                      {"steps", std::move(ids)},
                      {"instance", task.instance},
                      {"rows_in", rows_in},
                      {"rows_out", rows_out},
                      {"watermark", time_value(task.report.watermark)},
                      {"idle", task.report.idle},
                      {"state_bytes", task.report.state_bytes}};
  set_unless_empty(object, "worker", task.worker);
  if (task.report.backlog.has_value()) object["backlog"] = *task.report.backlog;
  return object;
}

json::object memory_document(const WorkerMemoryView& memory) {
  json::object object{{"worker", text(memory.worker)}};
  if (memory.share.has_value()) {
    json::object parts;
    for (const MemoryPart& part : memory.share->parts) parts[part.what] = part.bytes;
    object["bytes"] = memory.share->bytes;
    object["least_bytes"] = memory.share->least_bytes;
    object["parts"] = std::move(parts);
    if (memory.share->worker_bytes != 0) object["worker_bytes"] = memory.share->worker_bytes;
  }
  if (memory.peak_bytes != 0) object["peak_memory_bytes"] = memory.peak_bytes;
  return object;
}

json::object restart_document(const RestartView& restart) {
  return {{"at", time_value(restart.at)}, {"reason", text(restart.reason)}};
}

std::string_view savepoint_state(SavepointState state) {
  switch (state) {
    case SavepointState::kWaiting: return "waiting";
    case SavepointState::kComplete: return "complete";
    case SavepointState::kFailed: return "failed";
  }
  unreachable();
}

json::object split_document(const SplitStanding& split) {
  json::object object{{"table", text(split.table)},
                      {"split", text(split.split)},
                      {"watermark", time_value(split.watermark)},
                      {"has_read", split.has_read},
                      {"idle", split.idle},
                      {"finished", split.finished}};
  if (split.silent_since.has_value()) object["silent_since"] = time_value(*split.silent_since);
  return object;
}

json::object hold_document(const Hold& hold) {
  return {{"reason", text(reason_name(hold.reason))},
          {"table", text(hold.table)},
          {"split", text(hold.split)},
          {"watermark", time_value(hold.watermark)},
          {"silent_seconds", seconds(hold.silent_micros)},
          {"others", hold.others},
          {"text", text(hold_text(hold))}};
}

json::object pressure_document(const PressureView& pressure) {
  json::object object{{"step", text(pressure.step)},
                      {"instance", pressure.instance},
                      {"text", text(pressure.text)}};
  set_unless_empty(object, "worker", pressure.worker);
  return object;
}

json::object worker_document(const WorkerView& worker) {
  json::object object{{"id", text(worker.id)},
                      {"exchange_address", text(worker.exchange_address)},
                      {"version", text(worker.version)},
                      {"slots", worker.slots},
                      {"slots_used", worker.slots_used},
                      {"state", worker.suspected ? "suspected" : "alive"},
                      {"joined_at", time_value(worker.joined_at)},
                      {"lease_left_seconds", seconds(worker.lease_left)}};
  set_unless_empty(object, "http_address", worker.http_address);
  if (worker.memory != 0) object["memory_bytes"] = worker.memory;
  return object;
}

json::object checkpoints_summary(const JobView& job) {
  json::object object{{"completed", job.checkpoints}, {"given_up", job.checkpoints_given_up}};
  if (!job.last_checkpoint.has_value()) return object;
  const CheckpointView& last = *job.last_checkpoint;
  json::object shown = checkpoint_document(last);
  shown["age_seconds"] = seconds(std::max<int64_t>(0, job.now - last.began_at - last.duration));
  object["last"] = std::move(shown);
  return object;
}

}  // namespace

json::object job_summary(const JobView& job) {
  const JobTotals totals = totals_of(job);
  json::object object{{"id", text(job.id)},
                      {"name", text(job.name)},
                      {"state", text(state_name(job.state))},
                      {"submitted_at", time_value(job.submitted_at)},
                      {"since", time_value(job.since)},
                      {"as_of", time_value(job.now)},
                      {"parallelism", job.parallelism},
                      {"generation", job.generation},
                      {"rows_read", totals.rows_read},
                      {"rows_written", totals.rows_written},
                      {"rows_read_per_second", number(job.rates.rows_read)},
                      {"rows_written_per_second", number(job.rates.rows_written)},
                      {"watermark", time_value(job.watermark)},
                      {"state_bytes", totals.state_bytes},
                      {"checkpoints", checkpoints_summary(job)},
                      {"restarts_total", job.restarts_total}};
  set_unless_empty(object, "reason", job.reason);
  if (job.backlog.has_value()) object["backlog"] = *job.backlog;
  return object;
}

json::object job_document(const JobView& job) {
  json::object object = job_summary(job);
  json::array steps;
  for (const StepView& step : job.steps) steps.push_back(step_document(job, step));
  json::array tasks;
  for (const TaskView& task : job.tasks) tasks.push_back(task_document(job, task));
  object["steps"] = std::move(steps);
  object["tasks"] = std::move(tasks);
  object["memory"] = documents(job.memory, memory_document);
  object["savepoints"] = documents(job.savepoints, savepoint_document);
  object["restarts"] = documents(job.restarts, restart_document);
  return object;
}

json::object savepoint_document(const SavepointView& savepoint) {
  json::object object{{"id", savepoint.id},
                      {"state", text(savepoint_state(savepoint.state))},
                      {"path", text(savepoint.path)},
                      {"asked_at", time_value(savepoint.asked_at)}};
  set_unless_empty(object, "reason", savepoint.reason);
  return object;
}

json::object checkpoint_document(const CheckpointView& checkpoint) {
  json::object object{{"id", text(id_text(checkpoint.id))},
                      {"generation", checkpoint.id.generation.value()},
                      {"epoch", checkpoint.id.epoch.value()},
                      {"state", checkpoint.failure.has_value() ? "given_up" : "complete"},
                      {"began_at", time_value(checkpoint.began_at)},
                      {"duration_seconds", seconds(checkpoint.duration)},
                      {"size_bytes", checkpoint.bytes}};
  if (checkpoint.failure.has_value()) object["reason"] = text(checkpoint.failure->message);
  return object;
}

json::object why_document(const WhyView& why) {
  json::array waits_for;
  for (const std::string& what : why.checkpoint_waits_for) waits_for.push_back(text(what));
  json::object object{
      {"as_of", time_value(why.now)}, {"watermark", time_value(why.watermark)},
      {"held_by", nullptr},           {"splits", documents(why.splits, split_document)},
      {"checkpoint", nullptr},        {"backpressure", documents(why.pressure, pressure_document)}};
  if (why.hold.has_value()) object["held_by"] = hold_document(*why.hold);
  if (!why.checkpoint.empty()) {
    object["checkpoint"] = {{"text", text(why.checkpoint)}, {"waits_for", std::move(waits_for)}};
  }
  return object;
}

json::object event_document(const JobEvent& event) {
  json::object object{{"at", time_value(event.at)},
                      {"state", text(state_name(event.state))},
                      {"generation", event.generation}};
  set_unless_empty(object, "reason", event.reason);
  return object;
}

json::object cluster_document(const ClusterView& cluster) {
  json::object object{{"version", text(cluster.version)},
                      {"term", cluster.term},
                      {"is_leader", cluster.is_leader},
                      {"since", time_value(cluster.since)},
                      {"workers", documents(cluster.workers, worker_document)}};
  set_unless_empty(object, "leader", cluster.leader);
  return object;
}

json::object metric_document(const MetricFamily& family) {
  json::array samples;
  for (const MetricSample& sample : family.samples) {
    json::object labels;
    for (const auto& [name, value] : sample.labels) labels[name] = text(value);
    samples.push_back(json::object{{"labels", std::move(labels)}, {"value", number(sample.value)}});
  }
  return {{"name", text(family.name)},
          {"type", text(type_name(family.type))},
          {"help", text(family.help)},
          {"samples", std::move(samples)}};
}

json::object error_document(const Refusal& refusal) {
  json::object error{{"kind", text(refusal_name(refusal.kind))},
                     {"message", text(refusal.message)}};
  if (refusal.line > 0) error["line"] = refusal.line;
  if (refusal.line > 0) error["column"] = refusal.column;
  return {{"error", std::move(error)}};
}

}  // namespace weir
