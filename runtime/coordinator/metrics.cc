#include "runtime/coordinator/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

double seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

MetricFamily counter(std::string_view name, std::string_view help) {
  return {.name = name, .type = MetricType::kCounter, .help = help};
}
MetricFamily gauge(std::string_view name, std::string_view help) {
  return {.name = name, .type = MetricType::kGauge, .help = help};
}

// The counters of steps.
struct StepFamilies {
  MetricFamily read = counter("weir_job_rows_read_total", "Rows that a source table has read.");
  MetricFamily written = counter("weir_job_rows_written_total", "Rows written to a sink table.");
  MetricFamily in = counter("weir_job_rows_in_total", "Rows that entered a step.");
  MetricFamily out = counter("weir_job_rows_out_total", "Rows that left a step.");
  MetricFamily filtered =
      counter("weir_job_filtered_rows_total", "Rows that a step's condition left out.");
  MetricFamily late = counter("weir_job_late_rows_total", "Rows that came too late for a step.");
  MetricFamily late_windows =
      counter("weir_job_late_row_windows_total",
              "Windows that rows on time for another window of theirs came too late for.");
  MetricFamily bad =
      counter("weir_job_bad_rows_total", "Rows that could not be decoded, evaluated or written.");

  void add(const std::string& job, const StepView& step, const StepCounters& rows) {
    const Labels labels{{"job", job}, {"step", step.id}};
    const auto put = [&labels](MetricFamily& family, uint64_t value) {
      family.samples.push_back({labels, static_cast<double>(value)});
    };
    if (step.is_source) put(read, rows.rows_in);
    if (step.is_sink) put(written, rows.accepted);
    put(in, rows.rows_in);
    put(out, rows.rows_out);
    put(filtered, rows.filtered);
    put(late, rows.late);
    put(late_windows, rows.late_pairs);
    put(bad, rows.bad);
  }
  void move_to(std::vector<MetricFamily>& all) {
    for (MetricFamily* family :
         {&read, &written, &in, &out, &filtered, &late, &late_windows, &bad}) {
      all.push_back(std::move(*family));
    }
  }
};

struct JobFamilies {
  MetricFamily info = gauge("weir_job_info", "1, with the job's id.");
  MetricFamily state = gauge("weir_job_state", "1 for the state that the job is in.");
  MetricFamily parallelism = gauge("weir_job_parallelism", "Instances of each step.");
  MetricFamily tasks = gauge("weir_job_tasks", "Tasks of the newest life of the job.");
  MetricFamily watermark = gauge("weir_job_watermark_seconds",
                                 "Event time up to which all input was read, in Unix time.");
  MetricFamily lag =
      gauge("weir_job_watermark_lag_seconds", "How far the watermark is behind the clock.");
  MetricFamily backlog =
      gauge("weir_job_backlog_records", "Records known to be there and not yet read.");
  MetricFamily state_bytes = gauge("weir_job_state_bytes", "State of all tasks.");
  MetricFamily lost =
      counter("weir_job_records_lost_total",
              "Records read that are neither rows nor bad nor skipped: a fault of Weir.");
  MetricFamily checkpoints = counter("weir_job_checkpoints_total", "Complete checkpoints.");
  MetricFamily given_up =
      counter("weir_job_checkpoints_given_up_total", "Checkpoints that were given up.");
  MetricFamily duration =
      gauge("weir_job_checkpoint_duration_seconds", "Duration of the newest complete checkpoint.");
  MetricFamily size =
      gauge("weir_job_checkpoint_size_bytes", "Size of the newest complete checkpoint.");
  MetricFamily age = gauge("weir_job_checkpoint_age_seconds",
                           "Time since the newest complete checkpoint was complete.");
  MetricFamily restarts =
      counter("weir_job_restarts_total", "Restarts of the job by itself, after an error.");

  void add(const JobView& job);
  void add_checkpoints(const JobView& job, const Labels& labels);
  void move_to(std::vector<MetricFamily>& all) {
    for (MetricFamily* family :
         {&info, &state, &parallelism, &tasks, &watermark, &lag, &backlog, &state_bytes, &lost,
          &checkpoints, &given_up, &duration, &size, &age, &restarts}) {
      all.push_back(std::move(*family));
    }
  }
};

void put(MetricFamily& family, const Labels& labels, double value) {
  family.samples.push_back({labels, value});
}
void put(MetricFamily& family, const Labels& labels, uint64_t value) {
  put(family, labels, static_cast<double>(value));
}

void JobFamilies::add(const JobView& job) {
  const Labels labels{{"job", job.name}};
  put(info, {{"job", job.name}, {"id", job.id}}, 1.0);
  for (const JobState each : kJobStates) {
    put(state, {{"job", job.name}, {"state", std::string(state_name(each))}},
        each == job.state ? 1.0 : 0.0);
  }
  put(parallelism, labels, uint64_t{job.parallelism});
  put(tasks, labels, uint64_t{job.tasks.size()});
  if (job.watermark != kMinTime && job.watermark != kMaxTime) {
    put(watermark, labels, seconds(job.watermark));
    put(lag, labels, seconds(job.now) - seconds(job.watermark));
  }
  if (job.backlog.has_value()) put(backlog, labels, *job.backlog);
  put(state_bytes, labels, totals_of(job).state_bytes);
  uint64_t records_lost = 0;
  for (const TaskView& task : job.tasks) records_lost += task.report.records_lost;
  put(lost, labels, records_lost);
  add_checkpoints(job, labels);
  put(restarts, labels, job.restarts_total);
}

void JobFamilies::add_checkpoints(const JobView& job, const Labels& labels) {
  put(checkpoints, labels, job.checkpoints);
  put(given_up, labels, job.checkpoints_given_up);
  if (!job.last_checkpoint.has_value()) return;
  const CheckpointView& last = *job.last_checkpoint;
  put(duration, labels, seconds(last.duration));
  put(size, labels, last.bytes);
  put(age, labels, seconds(std::max<int64_t>(0, job.now - last.began_at - last.duration)));
}

bool is_newest_of_its_name(std::span<const JobView> jobs, size_t at) {
  return std::none_of(jobs.begin() + static_cast<ptrdiff_t>(at) + 1, jobs.end(),
                      [&](const JobView& later) { return later.name == jobs[at].name; });
}

void drop_empty(std::vector<MetricFamily>& families) {
  std::erase_if(families, [](const MetricFamily& family) { return family.samples.empty(); });
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string value_text(double value) {
  constexpr double kExact = 1e15;
  const bool whole = std::abs(value) < kExact && value == std::floor(value);
  return whole ? fmt::format("{}", static_cast<int64_t>(value)) : fmt::format("{}", value);
}

}  // namespace

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
  }
  unreachable();
}

std::vector<MetricFamily> job_metrics(std::span<const JobView> jobs) {
  JobFamilies of_jobs;
  StepFamilies of_steps;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!is_newest_of_its_name(jobs, i)) continue;
    of_jobs.add(jobs[i]);
    for (const StepView& step : jobs[i].steps) {
      of_steps.add(jobs[i].name, step, counters_of(jobs[i], step.id));
    }
  }
  std::vector<MetricFamily> all;
  of_jobs.move_to(all);
  of_steps.move_to(all);
  drop_empty(all);
  return all;
}

std::vector<MetricFamily> cluster_metrics(const ClusterView& cluster) {
  MetricFamily info = gauge("weir_coordinator_info", "1, with the version of the engine.");
  MetricFamily leader = gauge("weir_coordinator_leader", "1 where this coordinator leads.");
  MetricFamily term = gauge("weir_coordinator_term", "Number of the leadership, ever growing.");
  MetricFamily up =
      gauge("weir_worker_up", "1 for a worker that is there; 0: its connection broke.");
  MetricFamily slots = gauge("weir_worker_slots", "Slots of a worker.");
  MetricFamily used = gauge("weir_worker_slots_used", "Slots of a worker that are in use.");
  MetricFamily memory = gauge("weir_worker_memory_bytes", "Memory that a worker may use.");
  put(info, {{"version", cluster.version}}, 1.0);
  put(leader, {}, cluster.is_leader ? 1.0 : 0.0);
  put(term, {}, cluster.term);
  for (const WorkerView& worker : cluster.workers) {
    const Labels labels{{"worker", worker.id}, {"address", worker.exchange_address}};
    put(up, labels, worker.suspected ? 0.0 : 1.0);
    put(slots, labels, uint64_t{worker.slots});
    put(used, labels, uint64_t{worker.slots_used});
    if (worker.memory != 0) put(memory, labels, worker.memory);
  }
  std::vector<MetricFamily> all{info, leader, term, up, slots, used, memory};
  drop_empty(all);
  return all;
}

std::string metrics_text(std::span<const MetricFamily> families) {
  std::string text;
  for (const MetricFamily& family : families) {
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, family.help, family.name,
                        type_name(family.type));
    for (const MetricSample& sample : family.samples) {
      text += family.name;
      const char* before = "{";
      for (const auto& [name, value] : sample.labels) {
        text += fmt::format("{}{}=\"", before, name);
        append_escaped(text, value);
        text += '"';
        before = ",";
      }
      text += fmt::format("{} {}\n", sample.labels.empty() ? "" : "}", value_text(sample.value));
    }
  }
  return text;
}

}  // namespace weir
