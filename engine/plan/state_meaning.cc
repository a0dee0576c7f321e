#include "engine/plan/state_meaning.h"

#include "engine/base/match.h"

#include <fmt/format.h>

namespace weir {
namespace {

// Numbers instead of names: what is stored must outlive a renaming.
template <typename Enum>
int code(Enum value) {
  return static_cast<int>(value);
}

std::string window_text(const WindowSpec& window) {
  return fmt::format("window {} {} {} {}", code(window.kind), window.size, window.slide,
                     window.offset);
}

std::string order_text(const std::vector<SortKey>& order) {
  std::string text;
  for (const SortKey& key : order) {
    text +=
        fmt::format(" {}{}{}", key.column, key.descending ? "d" : "a", key.nulls_first ? "f" : "l");
  }
  return text;
}

std::string meaning(const WindowAggregateSpec& spec) {
  std::string text = window_text(spec.window);
  for (const AggregateCall& call : spec.aggregates) {
    text += fmt::format(" {}", code(call.function));
  }
  return text;
}

std::string meaning(const OverSpec& spec) {
  std::string text = fmt::format("over {}", code(spec.order));
  for (const OverCall& call : spec.calls) {
    text += fmt::format(" {}.{}.{}.{}.{}.{}", code(call.function), code(call.aggregate),
                        code(call.frame), call.range.value_or(-1), call.rows.value_or(0),
                        call.distance);
  }
  return text;
}

std::string meaning(const WindowRankSpec& spec) {
  return fmt::format("rank {}{}", spec.limit.value_or(0), order_text(spec.order));
}

std::string meaning(const IntervalJoinSpec& spec) {
  return fmt::format("join {} {} {}", code(spec.type), spec.lower, spec.upper);
}

std::string meaning(const GroupAggregateSpec& spec) {
  std::string text = "group";
  for (const AggregateCall& call : spec.aggregates) {
    text += fmt::format(" {}", code(call.function));
  }
  return text;
}

std::string meaning(const TopSpec& spec) {
  return fmt::format("top {} {}{}", spec.limit, code(spec.ties), order_text(spec.order));
}

std::string meaning(const EquiJoinSpec& spec) { return fmt::format("join {}", code(spec.type)); }

std::string meaning(const AsOfJoinSpec& spec) { return fmt::format("as of {}", code(spec.type)); }

std::string meaning(const WindowJoinSpec& spec) { return fmt::format("join {}", code(spec.type)); }

}  // namespace

std::string state_meaning(const VertexSpec& spec) {
  return std::visit(Match{[](const WindowAggregateSpec& step) { return meaning(step); },
                          [](const WindowRankSpec& step) { return meaning(step); },
                          [](const OverSpec& step) { return meaning(step); },
                          [](const IntervalJoinSpec& step) { return meaning(step); },
                          [](const WindowJoinSpec& step) { return meaning(step); },
                          [](const SourceSpec&) { return std::string(); },
                          [](const ProjectSpec&) { return std::string(); },
                          [](const AssignWindowSpec& step) { return window_text(step.window); },
                          [](const ProcessingTimeSpec&) { return std::string(); },
                          // Another interval goes on from when each key passed last.
                          [](const SuppressSpec&) { return std::string(); },
                          [](const GroupAggregateSpec& step) { return meaning(step); },
                          [](const TopSpec& step) { return meaning(step); },
                          [](const EquiJoinSpec& step) { return meaning(step); },
                          [](const AsOfJoinSpec& step) { return meaning(step); },
                          [](const FoldSpec&) { return std::string(); },
                          [](const UnionSpec&) { return std::string(); },
                          [](const SinkSpec&) { return std::string(); }},
                    spec);
}

}  // namespace weir
