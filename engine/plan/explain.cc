#include "engine/plan/explain.h"

#include "engine/base/match.h"
#include "engine/plan/options.h"
#include "engine/plan/step_notes.h"
#include "engine/plan/step_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Where a stage stands in a plan.
struct Place {
  size_t chain = 0;
  size_t stage = 0;

  bool operator==(const Place&) const = default;
};

std::string list(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

// OVER in the order of the log judges a row as it comes; only ranges ask whether it is late.
bool goes_by_log(const VertexSpec& spec) {
  const auto* over = std::get_if<OverSpec>(&spec);
  return over != nullptr && over->order == OverOrder::kLog;
}

bool drops_nothing(const VertexSpec& spec) {
  if (const auto* assign = std::get_if<AssignWindowSpec>(&spec)) return !assign->drops_late;
  if (!goes_by_log(spec)) return false;
  const std::vector<OverCall>& calls = std::get<OverSpec>(spec).calls;
  return std::none_of(calls.begin(), calls.end(),
                      [](const OverCall& call) { return call.range.has_value(); });
}

class Explainer {
 public:
  explicit Explainer(const Plan& plan) : plan_(plan) {}

  std::string text() &&;

 private:
  const StagePlan& stage_at(Place place) const {
    return plan_.chains[place.chain].stages[place.stage];
  }
  Place target_of(size_t chain, const Target& target) const;
  std::vector<std::string> inputs_of(Place place) const;
  std::string takers_of(Place place, Port port) const;

  void header();
  void block(Place place);
  void line(std::string_view label, const std::string& text);
  void time_line(const StagePlan& stage);
  void side_lines(Place place);

  const Plan& plan_;
  std::string out_;
  bool asks_clock_ = false;
  bool goes_by_log_ = false;
};

void Explainer::line(std::string_view label, const std::string& text) {
  out_ += fmt::format("  {:<9} {}\n", label, text);
}

void Explainer::header() {
  const JobOptions& options = plan_.options;
  out_ += options.job_name.empty() ? "Job" : fmt::format("Job {}", options.job_name);
  const uint32_t tasks = plan_.chains.empty() ? 1 : plan_.chains[0].parallelism;
  out_ +=
      fmt::format(": {} {} of each step, a checkpoint every {}\n", tasks,
                  tasks == 1 ? "instance" : "instances", micros_text(options.checkpoint_interval));
}

Place Explainer::target_of(size_t chain, const Target& target) const {
  return std::visit(Match{[chain](const StageTarget& inside) {
                            return Place{chain, inside.stage};
                          },
                          [this](const EdgeTarget& outside) {
                            const EdgePlan& edge = plan_.edges[outside.edge];
                            return Place{edge.to_chain, edge.to_stage};
                          }},
                    target);
}

// "transactions, in the same task", "late rows of totals, hash by card"
std::vector<std::string> Explainer::inputs_of(Place place) const {
  std::vector<std::string> texts;
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    for (const StagePlan& stage : plan_.chains[chain].stages) {
      for (size_t port = 0; port < stage.outputs.size(); ++port) {
        for (const Target& target : stage.outputs[port].targets) {
          if (target_of(chain, target) != place) continue;
          std::string text = stage.id;
          if (port > 0) {
            const std::string_view name = port_name(Port(static_cast<uint16_t>(port)));
            text = fmt::format("{} rows of {}", name, stage.id);
          }
          const auto* outside = std::get_if<EdgeTarget>(&target);
          text += outside == nullptr
                      ? ", in the same task"
                      : ", " + distribution_text(plan_.edges[outside->edge].distribution,
                                                 *plan_.edges[outside->edge].schema);
          texts.push_back(std::move(text));
        }
      }
    }
  }
  return texts;
}

std::string Explainer::takers_of(Place place, Port port) const {
  std::vector<std::string> takers;
  for (const Target& target : stage_at(place).outputs[port.value()].targets) {
    takers.push_back(stage_at(target_of(place.chain, target)).id);
  }
  return list(takers);
}

void Explainer::time_line(const StagePlan& stage) {
  if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) {
    if (source->event_time.empty()) return line("time", "no event time");
    return line("time", fmt::format("event time {}; the watermark is {} behind", source->event_time,
                                    micros_text(source->watermark_delay)));
  }
  if (stage.outputs.empty()) return;
  std::vector<std::string> columns;
  for (const Field& field : stage.outputs[0].schema->fields) {
    if (field.event_time) columns.push_back(field.name);
  }
  line("time", columns.empty() ? "no event time" : "event time " + list(columns));
}

void Explainer::side_lines(Place place) {
  const StagePlan& stage = stage_at(place);
  const auto* source = std::get_if<SourceSpec>(&stage.spec);
  const auto* project = std::get_if<ProjectSpec>(&stage.spec);
  if (source != nullptr || project != nullptr) {
    switch (source != nullptr ? source->on_error : project->on_error) {
      case OnError::kFail: line("bad rows", "fail the job"); break;
      case OnError::kSkip: line("bad rows", "skipped and counted"); break;
      case OnError::kDeadLetter: line("bad rows", "to " + takers_of(place, kBadPort)); break;
    }
  }
  if (!has_port(stage.spec, kLatePort) || drops_nothing(stage.spec)) return;
  const auto* window = std::get_if<WindowAggregateSpec>(&stage.spec);
  if (window != nullptr && window->phase == AggregatePhase::kFinal) return;
  const std::string takers = takers_of(place, kLatePort);
  line("late rows", takers.empty() ? "dropped and counted" : "to " + takers);
}

void Explainer::block(Place place) {
  const StagePlan& stage = stage_at(place);
  out_ += fmt::format("\n{} ({})\n", stage.id, step_kind(stage));
  line("does", step_text(stage));
  const std::vector<std::string> inputs = inputs_of(place);
  for (const std::string& input : inputs) line("from", input);
  if (const auto* sink = std::get_if<SinkSpec>(&stage.spec)) {
    line("delivery", delivery_text(*sink, plan_));
  } else {
    line("gives",
         stage.changes ? "changes: rows may be taken back" : "append: rows are never taken back");
  }
  line("state", state_text(stage));
  time_line(stage);
  side_lines(place);
  line("runs",
       fmt::format("in {} {} of chain {}", plan_.chains[place.chain].parallelism,
                   plan_.chains[place.chain].parallelism == 1 ? "task" : "tasks", place.chain + 1));
  if (goes_by_log(stage.spec)) {
    line("order", "of the log: certain where all rows of a key come from one split");
    goes_by_log_ = true;
  }
  for (const std::string& text : clock_texts(stage)) {
    line("clock", text);
    asks_clock_ = true;
  }
}

std::string Explainer::text() && {
  header();
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    for (size_t stage = 0; stage < plan_.chains[chain].stages.size(); ++stage) {
      block({chain, stage});
    }
  }
  std::string except;
  if (asks_clock_) except = "\"clock\"";
  if (goes_by_log_) except += asks_clock_ ? " or \"order\"" : "\"order\"";
  out_ += "\nThe same input gives the same answer";
  if (!except.empty()) out_ += fmt::format(", except where {} is said", except);
  out_ += ".\n";
  return std::move(out_);
}

}  // namespace

std::string explain_text(const JobGraph&, const Plan& plan) { return Explainer(plan).text(); }

}  // namespace weir
