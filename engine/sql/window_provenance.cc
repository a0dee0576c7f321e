#include "engine/sql/window_provenance.h"

#include "engine/base/match.h"
#include "engine/expr/build.h"

#include <map>
#include <vector>

namespace weir {
namespace {

using Window = std::optional<ResultWindow>;

std::vector<VertexIndex> inputs_of(const GraphBuilder& graph, VertexIndex vertex, Port port) {
  std::vector<VertexIndex> inputs;
  for (const Edge& edge : graph.edges()) {
    if (edge.to == vertex && edge.to_port == port) inputs.push_back(edge.from);
  }
  return inputs;
}

WindowSpec origin_of(const WindowSpec& spec) {
  return {.kind = spec.kind, .size = spec.size, .slide = spec.slide, .offset = spec.offset};
}

bool same_origin(const WindowSpec& a, const WindowSpec& b) {
  return a.kind == b.kind && a.size == b.size && a.slide == b.slide && a.offset == b.offset;
}

// Where a projection hands a column on.
std::optional<size_t> handed_on(const ProjectSpec& spec, size_t column) {
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const Expr& expr = *spec.columns[i].expr;
    if (expr.kind == ExprKind::kColumn && expr.index == column) return i;
  }
  return std::nullopt;
}

Window projected(const ProjectSpec& spec, const Window& input) {
  if (!input) return std::nullopt;
  const std::optional<size_t> start = handed_on(spec, input->start);
  const std::optional<size_t> end = handed_on(spec, input->end);
  if (!start || !end) return std::nullopt;
  Window window = input;
  window->start = *start;
  window->end = *end;
  if (input->time) window->time = handed_on(spec, *input->time);
  return window;
}

// `first` is the place of window_start, which the other two follow.
ResultWindow made(const WindowSpec& spec, size_t first) {
  return {.start = first, .end = first + 1, .time = first + 2, .origin = origin_of(spec)};
}

Window aggregated(const WindowAggregateSpec& spec, const Window& input) {
  ResultWindow window = made(spec.window, spec.keys.size());
  if (spec.window.kind == WindowKind::kGiven && input) window.origin = input->origin;
  return window;
}

Window united(const std::vector<Window>& branches) {
  Window all = branches.empty() ? std::nullopt : branches.front();
  for (const Window& branch : branches) {
    if (!all || !branch || !same_windows(*all, *branch)) return std::nullopt;
    if (all->start != branch->start || all->end != branch->end) return std::nullopt;
    if (all->time != branch->time) all->time.reset();
  }
  return all;
}

// Of the side that is always there; the other one's window is the same where it is there.
Window joined(const WindowJoinSpec& spec, const Window& left, const Window& right) {
  if (spec.type == JoinType::kFull) return std::nullopt;
  if (spec.type != JoinType::kRight) return left;
  if (!right) return std::nullopt;
  const size_t first = spec.left.columns.size();
  Window window = right;
  window->start += first;
  window->end += first;
  if (window->time) *window->time += first;
  return window;
}

// Each vertex is looked at once, however many ways lead to it.
class Finder {
 public:
  explicit Finder(const GraphBuilder& graph) : graph_(graph) {}

  Window find(VertexIndex vertex) {
    if (const auto found = known_.find(vertex.value()); found != known_.end()) return found->second;
    Window window = look(vertex);
    known_.emplace(vertex.value(), window);
    return window;
  }

 private:
  Window input(VertexIndex vertex, Port port) {
    const std::vector<VertexIndex> inputs = inputs_of(graph_, vertex, port);
    return inputs.size() == 1 ? find(inputs.front()) : std::nullopt;
  }

  Window look(VertexIndex vertex) {
    const auto handed = [&] { return input(vertex, kRowsPort); };
    return std::visit(
        Match{[](const SourceSpec&) { return Window(); },
              [&](const ProjectSpec& project) { return projected(project, handed()); },
              [&](const WindowAggregateSpec& window) { return aggregated(window, handed()); },
              [&](const AssignWindowSpec& assign) {
                return Window(made(assign.window, graph_.schema(vertex)->fields.size() - 3));
              },
              [](const ProcessingTimeSpec&) { return Window(); },
              [&](const WindowRankSpec&) { return handed(); },
              [&](const OverSpec&) { return handed(); },
              [&](const SuppressSpec&) { return handed(); },
              [](const IntervalJoinSpec&) { return Window(); },
              [](const GroupAggregateSpec&) { return Window(); },
              [](const TopSpec&) { return Window(); }, [](const EquiJoinSpec&) { return Window(); },
              [](const AsOfJoinSpec&) { return Window(); },
              [](const FoldSpec&) { return Window(); },
              [&](const WindowJoinSpec& join) {
                return joined(join, input(vertex, kLeftPort), input(vertex, kRightPort));
              },
              [&](const UnionSpec&) {
                std::vector<Window> branches;
                for (const VertexIndex branch : inputs_of(graph_, vertex, kRowsPort)) {
                  branches.push_back(find(branch));
                }
                return united(branches);
              },
              [](const SinkSpec&) { return Window(); }},
        graph_.vertex(vertex).spec);
  }

  const GraphBuilder& graph_;
  std::map<uint32_t, Window> known_;
};

}  // namespace

std::optional<ResultWindow> window_of(const GraphBuilder& graph, VertexIndex vertex) {
  return Finder(graph).find(vertex);
}

bool same_windows(const ResultWindow& a, const ResultWindow& b) {
  return same_origin(a.origin, b.origin);
}

std::optional<OpenWindow> given_window(const GraphBuilder& graph, const Relation& relation,
                                       size_t location) {
  CHECK(!relation.window);
  const std::optional<ResultWindow> window = window_of(graph, relation.vertex);
  if (!window) return std::nullopt;
  const auto column = [&](size_t index) {
    return make_column(index, relation.base->fields[index].type);
  };
  return OpenWindow{.spec = {.kind = WindowKind::kGiven},
                    .time = column(window->end),
                    .start = column(window->start),
                    .last = window->time ? column(*window->time) : nullptr,
                    .location = location};
}

}  // namespace weir
