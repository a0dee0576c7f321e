#include "runtime/coordinator/job_view.h"

#include "engine/plan/explain.h"
#include "engine/plan/graph_text.h"
#include "engine/plan/step_text.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::string_view kHidden = "(hidden)";

// Of a table option. Whoever adds a property of the kind names it so.
bool is_secret(std::string_view name) {
  return name.ends_with("password") || name.ends_with("secret") || name.ends_with("key.pem");
}

void hide_secrets(OptionMap& options) {
  for (auto& [name, value] : options) {
    if (is_secret(name)) value = kHidden;
  }
}

double per_second(uint64_t before, uint64_t after, int64_t micros) {
  const uint64_t rows = after >= before ? after - before : after;
  return static_cast<double>(rows) * 1e6 / static_cast<double>(micros);
}

}  // namespace

std::string_view state_name(JobState state) {
  switch (state) {
    case JobState::kWaiting: return "waiting";
    case JobState::kStarting: return "starting";
    case JobState::kRunning: return "running";
    case JobState::kRestarting: return "restarting";
    case JobState::kStopping: return "stopping";
    case JobState::kFinished: return "finished";
    case JobState::kStopped: return "stopped";
    case JobState::kCancelled: return "cancelled";
    case JobState::kFailed: return "failed";
  }
  unreachable();
}

bool has_ended(JobState state) {
  switch (state) {
    case JobState::kWaiting:
    case JobState::kStarting:
    case JobState::kRunning:
    case JobState::kRestarting:
    case JobState::kStopping: return false;
    case JobState::kFinished:
    case JobState::kStopped:
    case JobState::kCancelled:
    case JobState::kFailed: return true;
  }
  unreachable();
}

std::vector<StepView> steps_of(const Plan& plan) {
  std::vector<StepView> steps;
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      steps.push_back({.id = stage.id,
                       .kind = step_kind(stage),
                       .is_source = std::holds_alternative<SourceSpec>(stage.spec),
                       .is_sink = std::holds_alternative<SinkSpec>(stage.spec),
                       .parallelism = chain.parallelism});
    }
  }
  return steps;
}

const StepView* find_step(const JobView& job, std::string_view id) {
  const auto found = std::find_if(job.steps.begin(), job.steps.end(),
                                  [id](const StepView& step) { return step.id == id; });
  return found == job.steps.end() ? nullptr : &*found;
}

JobTotals totals_of(const JobView& job) {
  JobTotals totals;
  for (const TaskView& task : job.tasks) {
    totals.state_bytes += task.report.state_bytes;
    for (const StageReport& stage : task.report.stages) {
      const StepView* step = find_step(job, stage.id);
      if (step == nullptr) continue;
      if (step->is_source) totals.rows_read += stage.counters.rows_in;
      if (step->is_sink) totals.rows_written += stage.counters.accepted;
    }
  }
  return totals;
}

StepCounters counters_of(const JobView& job, std::string_view step) {
  StepCounters sum;
  for (const TaskView& task : job.tasks) {
    for (const StageReport& stage : task.report.stages) {
      if (stage.id == step) sum.add(stage.counters);
    }
  }
  return sum;
}

JobRates rates_between(const JobTotals& before, const JobTotals& after, int64_t micros) {
  if (micros <= 0) return {};
  return {.rows_read = per_second(before.rows_read, after.rows_read, micros),
          .rows_written = per_second(before.rows_written, after.rows_written, micros)};
}

PlanView plan_view(const JobGraph& graph, const Plan& plan) {
  JobGraph shown = graph;
  for (Vertex& vertex : shown.vertices) {
    if (auto* source = std::get_if<SourceSpec>(&vertex.spec)) hide_secrets(source->options);
    if (auto* sink = std::get_if<SinkSpec>(&vertex.spec)) hide_secrets(sink->options);
  }
  return {
      .text = explain_text(shown, plan), .json = to_json(shown), .dot = explain_dot(shown, plan)};
}

}  // namespace weir
