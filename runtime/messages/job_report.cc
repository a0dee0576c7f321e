#include "runtime/messages/job_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

void add_stage(const StageReport& one, StageTotals& total) {
  total.counters.rows_in += one.counters.rows_in;
  total.counters.accepted += one.counters.accepted;
  total.counters.filtered += one.counters.filtered;
  total.counters.late += one.counters.late;
  total.counters.bad += one.counters.bad;
  total.counters.rows_out += one.counters.rows_out;
  total.counters.late_pairs += one.counters.late_pairs;
  total.counters.lifted += one.counters.lifted;
  for (size_t port = 0; port < one.emitted.size(); ++port) total.emitted[port] += one.emitted[port];
  for (const auto& [label, rows] : one.bad_by_label) total.bad_by_label[label] += rows;
  if (!one.written.has_value()) return;
  if (!total.written.has_value()) total.written.emplace();
  total.written->add(*one.written);
}

void compare(const std::string& what, uint64_t sent, uint64_t received,
             std::vector<std::string>& gaps) {
  if (sent == received) return;
  gaps.push_back(fmt::format("{}: rows sent {}, rows received {}", what, sent, received));
}

void check_stage(const StageTotals& total, std::vector<std::string>& gaps) {
  if (total.records_lost != 0) {
    gaps.push_back(fmt::format("{}: {} records read are neither rows nor bad nor skipped", total.id,
                               total.records_lost));
  }
  if (!total.counters.balanced()) {
    gaps.push_back(
        fmt::format("{}: rows in {} are not accepted {} + filtered {} + late {} + bad {}", total.id,
                    total.counters.rows_in, total.counters.accepted, total.counters.filtered,
                    total.counters.late, total.counters.bad));
  }
}

// The stages of one chain, whose totals begin at `first`.
void check_chain(const ChainPlan& chain, const StageTotals* first, std::vector<std::string>& gaps) {
  for (size_t i = 0; i < chain.stages.size(); ++i) {
    const StagePlan& stage = chain.stages[i];
    check_stage(first[i], gaps);
    for (size_t port = 0; port < stage.outputs.size(); ++port) {
      for (const Target& target : stage.outputs[port].targets) {
        const auto* to = std::get_if<StageTarget>(&target);
        if (to == nullptr) continue;
        compare(fmt::format("{} -> {}", stage.id, chain.stages[to->stage].id),
                first[i].emitted[port], first[to->stage].counters.rows_in, gaps);
      }
    }
  }
}

}  // namespace

JobReport job_report(const Plan& plan, const TaskReports& tasks) {
  JobReport report;
  report.watermark = kMaxTime;
  int64_t highest = kMinTime;  // Where time stands when all are idle.
  uint32_t task = 0;
  for (const ChainPlan& chain : plan.chains) {
    const size_t first = report.stages.size();
    for (const StagePlan& stage : chain.stages) {
      report.stages.push_back({.id = stage.id, .plan = &stage});
      report.stages.back().emitted.resize(stage.outputs.size());
    }
    for (uint32_t instance = 0; instance < chain.parallelism; ++instance, ++task) {
      const auto found = tasks.find(task);
      const TaskReport one = found == tasks.end() ? TaskReport{} : found->second;
      report.state_bytes += one.state_bytes;
      if (chain.inputs.empty()) {
        if (!one.idle) report.watermark = std::min(report.watermark, one.watermark);
        highest = std::max(highest, one.watermark);
        report.splits.insert(report.splits.end(), one.splits.begin(), one.splits.end());
        report.stages[first].records_lost += one.records_lost;
        if (one.backlog.has_value()) report.backlog = report.backlog.value_or(0) + *one.backlog;
      }
      for (size_t i = 0; i < one.stages.size(); ++i) {
        add_stage(one.stages[i], report.stages[first + i]);
      }
    }
  }
  report.watermark = std::min(report.watermark, highest);
  return report;
}

std::vector<std::string> unbalanced(const Plan& plan, const TaskReports& tasks) {
  std::vector<std::string> gaps;
  const JobReport totals = job_report(plan, tasks);
  size_t next = 0;
  for (const ChainPlan& chain : plan.chains) {
    check_chain(chain, &totals.stages[next], gaps);
    next += chain.stages.size();
  }
  for (uint32_t edge = 0; edge < plan.edges.size(); ++edge) {
    uint64_t sent = 0;
    uint64_t received = 0;
    for (const auto& [task, report] : tasks) {
      const auto out = report.rows_sent.find(edge);
      if (out != report.rows_sent.end()) sent += out->second;
      const auto in = report.rows_received.find(edge);
      if (in != report.rows_received.end()) received += in->second;
    }
    compare(plan.edges[edge].name, sent, received, gaps);
  }
  return gaps;
}

}  // namespace weir
