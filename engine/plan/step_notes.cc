#include "engine/plan/step_notes.h"

#include "engine/base/match.h"
#include "engine/plan/needed.h"
#include "engine/plan/source_end.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

std::string option_of(const OptionMap& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

// "card, window": keys as people name them.
std::string names_at(const std::vector<size_t>& columns, const Schema& input) {
  std::string names;
  for (const size_t column : columns) {
    names += (names.empty() ? "" : ", ") + input.fields[column].name;
  }
  return names;
}

std::string per(const std::vector<size_t>& columns, const Schema& input, std::string_view more) {
  const std::string names = names_at(columns, input);
  if (more.empty()) return names.empty() ? "for all rows" : fmt::format("per ({})", names);
  return fmt::format("per ({}{}{})", names, names.empty() ? "" : ", ", more);
}

std::string window_state(const WindowAggregateSpec& spec, const Schema& input) {
  const std::string group = per(spec.keys, input, "window");
  if (spec.phase == AggregatePhase::kPartial) {
    return group + " until it is sent on: at a checkpoint at the latest";
  }
  return group + " until the window closes; no state_ttl";
}

// Until when what no window and no range ends is kept.
std::string until_ttl(const StagePlan& stage) {
  if (!stage.state_ttl) return " for the life of the job: no state_ttl";
  return fmt::format(" until '{}' without a row (state_ttl)", micros_text(*stage.state_ttl));
}

// Whether ranges alone say how long rows are kept.
bool ranges_end(const OverSpec& spec) {
  return std::all_of(spec.calls.begin(), spec.calls.end(), [](const OverCall& call) {
    return call.frame == FrameKind::kRange && call.range.has_value() &&
           call.function != OverFunction::kLag;
  });
}

std::string over_state(const OverSpec& spec, const StagePlan& stage) {
  int64_t range = 0;
  for (const OverCall& call : spec.calls) range = std::max(range, call.range.value_or(0));
  std::string text = per(spec.keys, *stage.input, "");
  text += ranges_end(spec) ? fmt::format(" until '{}' have passed", micros_text(range))
                           : until_ttl(stage);
  if (spec.order == OverOrder::kEventTime) text += "; rows wait for the watermark";
  return text;
}

std::string suppress_state(const SuppressSpec& spec, const StagePlan& stage) {
  std::string text = per(spec.keys, *stage.input, "");
  text += spec.interval ? fmt::format(" until '{}' have passed", micros_text(*spec.interval))
                        : until_ttl(stage);
  return text + "; rows wait for the watermark";
}

std::string join_state(const JoinSide& left, std::string_view until) {
  return fmt::format("rows of both sides {} {}", per(left.keys, Schema{left.columns}, ""), until);
}

bool has_time(const std::vector<Field>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const Field& column) { return column.event_time; });
}

// Whether the wall clock says when state_ttl is over: where a row has no event time.
bool ttl_by_clock(const StagePlan& stage) {
  if (!stage.state_ttl) return false;
  if (const auto* join = std::get_if<EquiJoinSpec>(&stage.spec)) {
    return !has_time(join->left.columns) || !has_time(join->right.columns);
  }
  if (const auto* over = std::get_if<OverSpec>(&stage.spec)) {
    return !ranges_end(*over) && !life_column(*over, *stage.input);
  }
  const bool is_kept = std::holds_alternative<GroupAggregateSpec>(stage.spec) ||
                       std::holds_alternative<TopSpec>(stage.spec);
  return is_kept && !has_time(stage.input->fields);
}

bool asks_clock(const ExprPtr& expr) { return expr != nullptr && !is_deterministic(*expr); }

std::vector<std::string> source_clock(const SourceSpec& spec) {
  std::vector<std::string> texts;
  if (spec.max_future) {
    texts.push_back(fmt::format("max_future: a record stamped more than {} ahead is bad",
                                micros_text(*spec.max_future)));
  }
  if (spec.idle_timeout) {
    texts.push_back(fmt::format("idle_timeout: a split silent for {} does not hold time back",
                                micros_text(*spec.idle_timeout)));
  }
  if (spec.when_quiet == WhenQuiet::kAdvance) {
    texts.emplace_back("when_quiet: event time goes on by itself when all splits are idle");
  }
  if (spec.connector == "generator" && option_of(spec.options, "start_time") == "now") {
    texts.emplace_back("start_time: the first event time is the time of the start");
  }
  if (finds_new_splits(spec)) {
    texts.push_back(fmt::format("new {}: what is added while the job runs is read once it is found",
                                spec.connector == "kafka" ? "partitions" : "files"));
  }
  for (const NamedExpr& column : spec.columns) {
    if (asks_clock(column.expr)) texts.push_back(fmt::format("now() in column {}", column.name));
  }
  for (const Constraint& constraint : spec.constraints) {
    if (asks_clock(constraint.condition)) {
      texts.push_back(fmt::format("now() in CHECK {}", constraint.name));
    }
  }
  return texts;
}

std::vector<std::string> project_clock(const ProjectSpec& spec) {
  std::vector<std::string> texts;
  if (asks_clock(spec.filter)) texts.emplace_back("now() in the filter");
  for (const NamedExpr& column : spec.columns) {
    if (asks_clock(column.expr)) texts.push_back(fmt::format("now() in column {}", column.name));
  }
  return texts;
}

// Whether there are no checkpoints where nobody keeps them: all input has an end, and no output
// waits for its delivery in memory.
bool is_one_epoch_unkept(const Plan& plan) {
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      const auto* source = std::get_if<SourceSpec>(&stage.spec);
      if (source != nullptr && !has_end(*source)) return false;
      const auto* sink = std::get_if<SinkSpec>(&stage.spec);
      const bool waits =
          sink != nullptr && sink->connector == "kafka" && sink->delivery == Delivery::kExactlyOnce;
      if (waits) return false;
    }
  }
  return true;
}

}  // namespace

std::string state_text(const StagePlan& stage) {
  return std::visit(
      Match{[](const SourceSpec&) {
              return std::string(
                  "position and highest event time of each split, for the life of the job");
            },
            [](const ProjectSpec&) { return std::string("none"); },
            [&](const WindowAggregateSpec& spec) { return window_state(spec, *stage.input); },
            [](const AssignWindowSpec&) { return std::string("none"); },
            [](const ProcessingTimeSpec&) { return std::string("the clock as last told"); },
            [&](const WindowRankSpec& spec) {
              return per(spec.partition, *stage.input, "window") + " until the window closes";
            },
            [&](const OverSpec& spec) { return over_state(spec, stage); },
            [&](const SuppressSpec& spec) { return suppress_state(spec, stage); },
            [](const IntervalJoinSpec& spec) {
              return join_state(spec.left, "until no partner can come");
            },
            [](const WindowJoinSpec& spec) {
              return join_state(spec.left, "until the window closes");
            },
            [&](const GroupAggregateSpec& spec) {
              return per(spec.keys, *stage.input, "") + until_ttl(stage);
            },
            [&](const TopSpec& spec) {
              return per(spec.partition, *stage.input, "") + until_ttl(stage);
            },
            [&](const EquiJoinSpec& spec) {
              return fmt::format("rows of both sides {}{}",
                                 per(spec.left.keys, Schema{spec.left.columns}, ""),
                                 until_ttl(stage));
            },
            [](const AsOfJoinSpec& spec) {
              return fmt::format(
                  "the versions {}, the last for the life of the job; rows wait for "
                  "the watermark",
                  per(spec.right.keys, Schema{spec.right.columns}, ""));
            },
            [](const FoldSpec&) { return std::string("all rows, until the end of the input"); },
            [](const UnionSpec&) { return std::string("none"); },
            [](const SinkSpec&) { return std::string("none"); }},
      stage.spec);
}

std::string delivery_text(const SinkSpec& sink, const Plan& plan) {
  // Nothing can be taken back from a terminal, and nothing has to be from nowhere.
  const bool at_once = sink.connector == "print" || sink.connector == "blackhole";
  if (at_once) return "written at once, possibly again after a failure";
  if (sink.delivery == Delivery::kAtLeastOnce) {
    return "at least once: written at once, possibly again after a failure";
  }
  const std::string text = "exactly once: visible with its checkpoint";
  if (!is_one_epoch_unkept(plan)) return text;
  return text + "; without a state folder, when the job has ended";
}

std::vector<std::string> clock_texts(const StagePlan& stage) {
  if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) return source_clock(*source);
  if (const auto* project = std::get_if<ProjectSpec>(&stage.spec)) return project_clock(*project);
  if (std::holds_alternative<ProcessingTimeSpec>(stage.spec)) {
    return {"processing_time(): a row's windows are those of the moment at which it is read"};
  }
  if (ttl_by_clock(stage)) {
    return {"state_ttl: rows here have no event time, so state goes by the wall clock"};
  }
  return {};
}

}  // namespace weir
