#include "runtime/coordinator/pressure.h"

#include "engine/plan/numbering.h"

#include <algorithm>

namespace weir {
namespace {

constexpr double kHeldUp = 0.5;                // Share of the time
constexpr int64_t kReportMicrosMin = 200'000;  // Between two reports that say something.

double share(int64_t part, int64_t whole) {
  return std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0);
}

}  // namespace

void Pressure::take_in(const TaskReports& reports, int64_t now) {
  for (const auto& [id, report] : reports) {
    const uint64_t rows_in = report.stages.empty() ? 0 : report.stages[0].counters.rows_in;
    Seen& seen = tasks_[id];
    const int64_t passed = now - seen.at;
    if (seen.at != 0 && passed < kReportMicrosMin) continue;
    const bool is_same_life = report.busy_micros >= seen.busy && rows_in >= seen.rows_in;
    if (seen.at != 0 && is_same_life) {
      seen.load = {.task = id,
                   .busy = share(report.busy_micros - seen.busy, passed),
                   .blocked = share(report.blocked_micros - seen.blocked, passed),
                   .rows_in = static_cast<double>(rows_in - seen.rows_in) * 1e6 /
                              static_cast<double>(passed)};
    }
    seen.at = now;
    seen.busy = report.busy_micros;
    seen.blocked = report.blocked_micros;
    seen.rows_in = rows_in;
  }
}

std::vector<TaskLoad> Pressure::slowed(const Plan& plan) const {
  const std::vector<uint32_t> first = first_tasks(plan);
  const std::vector<TaskPlace> places = task_places(plan);
  const auto load_of = [&](uint32_t task) {
    const auto seen = tasks_.find(task);
    return seen == tasks_.end() ? TaskLoad{.task = task} : seen->second.load;
  };
  const auto holds_up = [&](uint32_t task) {
    for (const size_t edge : plan.chains[places[task].chain].inputs) {
      const size_t from = plan.edges[edge].from_chain;
      for (uint32_t i = 0; i < plan.chains[from].parallelism; ++i) {
        if (load_of(first[from] + i).blocked >= kHeldUp) return true;
      }
    }
    return false;
  };
  std::vector<TaskLoad> begins;
  std::vector<TaskLoad> held_up;
  for (uint32_t task = 0; task < places.size(); ++task) {
    const TaskLoad load = load_of(task);
    if (load.blocked >= kHeldUp) {
      held_up.push_back(load);
    } else if (holds_up(task)) {
      begins.push_back(load);
    }
  }
  std::stable_sort(begins.begin(), begins.end(),
                   [](const TaskLoad& a, const TaskLoad& b) { return a.busy > b.busy; });
  begins.insert(begins.end(), held_up.begin(), held_up.end());
  return begins;
}

}  // namespace weir
