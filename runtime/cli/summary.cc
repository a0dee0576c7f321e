#include "runtime/cli/summary.h"

#include "engine/data/text_form.h"
#include "runtime/cli/figures.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <sys/resource.h>

namespace weir {
namespace {

uint64_t per_second(uint64_t rows, int64_t micros) {
  return micros <= 0 ? 0 : rows * 1'000'000 / static_cast<uint64_t>(micros);
}

uint64_t rows_read(const JobReport& report) {
  uint64_t sum = 0;
  for (const StageTotals& stage : report.stages) {
    if (std::holds_alternative<SourceSpec>(stage.plan->spec)) sum += stage.counters.rows_in;
  }
  return sum;
}

uint64_t rows_written(const JobReport& report) {
  uint64_t sum = 0;
  for (const StageTotals& stage : report.stages) {
    if (std::holds_alternative<SinkSpec>(stage.plan->spec)) sum += stage.counters.rows_in;
  }
  return sum;
}

std::string written_text(const RowTotals& totals) {
  return fmt::format("rows {} checksum {:016x}", totals.rows, totals.checksum);
}

// What did not happen is only said of tables that are read: that none of their rows were bad is
// what their owner wants to know.
std::string counts_text(const StageTotals& stage) {
  std::string text;
  const StepCounters& counters = stage.counters;
  const bool is_source = std::holds_alternative<SourceSpec>(stage.plan->spec);
  if (counters.filtered != 0) text += fmt::format("  filtered {}", with_commas(counters.filtered));
  if (counters.late != 0 || is_source) text += fmt::format("  late {}", with_commas(counters.late));
  if (counters.late_pairs != 0) {
    text += fmt::format("  late pairs {}", with_commas(counters.late_pairs));
  }
  if (counters.lifted != 0) text += fmt::format("  lifted {}", with_commas(counters.lifted));
  if (counters.bad != 0 || is_source) text += fmt::format("  bad {}", with_commas(counters.bad));
  for (const auto& [label, rows] : stage.bad_by_label) {
    text += fmt::format("\n      {}: {}", label, with_commas(rows));
  }
  if (stage.written.has_value()) text += "\n      " + written_text(*stage.written);
  return text;
}

std::string stage_line(const StageTotals& stage, int64_t wall_micros) {
  const StepCounters& counters = stage.counters;
  if (const auto* source = std::get_if<SourceSpec>(&stage.plan->spec)) {
    return fmt::format("  table {} (read): {} rows in, {} out, {}/s{}\n", source->table,
                       with_commas(counters.rows_in), with_commas(counters.rows_out),
                       with_commas(per_second(counters.rows_in, wall_micros)), counts_text(stage));
  }
  if (const auto* sink = std::get_if<SinkSpec>(&stage.plan->spec)) {
    return fmt::format("  table {} (written): {} rows, {}/s{}\n", sink->table,
                       with_commas(counters.rows_in),
                       with_commas(per_second(counters.rows_in, wall_micros)), counts_text(stage));
  }
  return fmt::format("  step {}: {} rows in, {} out{}\n", stage.id, with_commas(counters.rows_in),
                     with_commas(counters.rows_out), counts_text(stage));
}

boost::json::object stage_json(const StageTotals& stage, int64_t wall_micros) {
  const StepCounters& counters = stage.counters;
  boost::json::object object;
  object["id"] = stage.id;
  object["kind"] = std::string(kind_name(stage.plan->spec));
  object["rows_in"] = counters.rows_in;
  object["rows_out"] = counters.rows_out;
  object["rows_in_per_second"] = per_second(counters.rows_in, wall_micros);
  object["accepted"] = counters.accepted;
  object["filtered"] = counters.filtered;
  object["late"] = counters.late;
  object["late_pairs"] = counters.late_pairs;
  object["lifted"] = counters.lifted;
  object["bad"] = counters.bad;
  boost::json::object labels;
  for (const auto& [label, rows] : stage.bad_by_label) labels[label] = rows;
  object["bad_by_reason"] = std::move(labels);
  if (stage.written.has_value()) object["notes"] = {written_text(*stage.written)};
  return object;
}

boost::json::object memory_json(const MemoryPlan& memory) {
  boost::json::object parts;
  for (const MemoryPart& part : memory.parts) parts[part.what] = part.bytes;
  return {{"bytes", memory.bytes}, {"least_bytes", memory.least_bytes}, {"parts", parts}};
}

std::string checkpoints_text(const CheckpointTotals& totals) {
  std::string text =
      fmt::format("{} checkpoint{}", with_commas(totals.taken), totals.taken == 1 ? "" : "s");
  if (totals.given_up != 0) text += fmt::format(" ({} given up)", with_commas(totals.given_up));
  return text;
}

}  // namespace

std::string time_text(int64_t time) {
  if (time == kMinTime) return "minus infinity";
  std::string text;
  append_timestamp(text, time, true, TimeStyle::kRfc3339);
  return text;
}

std::string live_line(const JobReport& before, const JobReport& now, const LiveTimes& times,
                      const std::optional<Hold>& hold) {
  const uint64_t read = rows_read(now);
  const bool has_time = now.watermark != kMinTime && now.watermark != kMaxTime;
  const uint64_t rate = per_second(read - rows_read(before), times.now - times.before);
  std::string line = fmt::format("{} rows in ({}/s)  {} out", with_commas(read), with_commas(rate),
                                 with_commas(rows_written(now)));
  // In the order in which a narrow terminal may leave them out.
  if (has_time) {
    line += "  lag " + seconds_text(static_cast<double>(times.now - now.watermark) / 1e6);
  }
  if (now.checkpoints.has_value()) line += "  " + checkpoints_text(*now.checkpoints);
  if (hold.has_value()) line += "  held by " + hold_text(*hold);
  if (now.backlog.has_value()) line += fmt::format("  {} left", with_commas(*now.backlog));
  if (has_time) line += "  watermark " + time_text(now.watermark);
  return line;
}

std::string summary_text(const std::string& job, const RunTotals& totals) {
  const double seconds = static_cast<double>(totals.wall_micros) / 1e6;
  std::string text = fmt::format("job {} {} after {:.1f} s\n", job,
                                 totals.interrupted ? "stopped" : "finished", seconds);
  for (const StageTotals& stage : totals.report.stages) {
    text += stage_line(stage, totals.wall_micros);
  }
  if (totals.hold.has_value()) {
    text += fmt::format("  event time stood at {}, held by {}\n",
                        time_text(totals.report.watermark), hold_text(*totals.hold));
  }
  if (totals.report.checkpoints.has_value()) {
    text += "  " + checkpoints_text(*totals.report.checkpoints) + "\n";
  }
  text += fmt::format("  CPU {:.2f} s, peak memory {} MiB",
                      static_cast<double>(totals.cpu_micros) / 1e6, totals.peak_memory_bytes >> 20);
  if (totals.memory.bytes != 0) text += " of " + size_text(totals.memory.bytes);
  text += "\n";
  if (totals.gaps.empty()) return text + "  every row is accounted for\n";
  for (const std::string& gap : totals.gaps) text += "  NOT ACCOUNTED FOR: " + gap + "\n";
  return text;
}

std::string summary_json(const std::string& job, const RunTotals& totals) {
  boost::json::object object;
  object["job"] = job;
  object["state"] = totals.interrupted ? "stopped" : "finished";
  object["was_finished"] = totals.was_finished;
  if (totals.was_finished) return boost::json::serialize(object) + "\n";
  object["seconds"] = static_cast<double>(totals.wall_micros) / 1e6;
  object["cpu_seconds"] = static_cast<double>(totals.cpu_micros) / 1e6;
  object["peak_memory_bytes"] = totals.peak_memory_bytes;
  if (totals.memory.bytes != 0) object["memory"] = memory_json(totals.memory);
  if (const auto& checkpoints = totals.report.checkpoints; checkpoints.has_value()) {
    object["checkpoints"] = {{"taken", checkpoints->taken}, {"given_up", checkpoints->given_up}};
  }
  if (totals.hold.has_value()) {
    const Hold& hold = *totals.hold;
    object["event_time_held_by"] = {{"reason", std::string(reason_name(hold.reason))},
                                    {"table", hold.table},
                                    {"split", hold.split},
                                    {"silent_seconds", hold.silent_micros / 1'000'000}};
  }
  boost::json::array steps;
  for (const StageTotals& stage : totals.report.stages) {
    steps.push_back(stage_json(stage, totals.wall_micros));
  }
  object["steps"] = std::move(steps);
  boost::json::array gaps;
  for (const std::string& gap : totals.gaps) gaps.push_back(boost::json::value(gap));
  object["unbalanced"] = std::move(gaps);
  return boost::json::serialize(object) + "\n";
}

int64_t cpu_time_micros() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  const auto micros = [](const timeval& t) { return int64_t{t.tv_sec} * 1'000'000 + t.tv_usec; };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

}  // namespace weir
