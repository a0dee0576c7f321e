#include "engine/sql/window_function.h"

#include "engine/expr/build.h"
#include "engine/plan/options.h"
#include "engine/plan/row_time.h"
#include "engine/sql/constant_argument.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/query_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace weir {
namespace {

constexpr std::string_view kProcessingTime = "processing_time";

// One window function: what stands behind the table and the time column.
struct WindowForm {
  std::string_view name;
  WindowKind kind;
  std::string_view slide;  // What messages call it; empty: there is none.
  std::string_view size;
  bool has_offset;
  std::string_view arguments;  // As an example
};

constexpr WindowForm kForms[] = {
    {"tumble", WindowKind::kTumble, "", "the size of a window", true,
     "INTERVAL '1 minute' [, offset]"},
    {"hop", WindowKind::kHop, "the slide of a window", "the size of a window", true,
     "slide INTERVAL '10 seconds', size INTERVAL '1 minute' [, offset]"},
    {"cumulate", WindowKind::kCumulate, "the step of a window", "the size of a window", true,
     "step INTERVAL '1 hour', size INTERVAL '1 day' [, offset]"},
    {"session", WindowKind::kSession, "", "the gap of a session", false, "INTERVAL '1 minute'"}};

const WindowForm* find_form(std::string_view name) {
  const auto* form = std::find_if(std::begin(kForms), std::end(kForms),
                                  [&](const WindowForm& each) { return each.name == name; });
  return form == std::end(kForms) ? nullptr : form;
}

class WindowReader {
 public:
  WindowReader(const ScriptText& script, const Catalog& catalog, const WindowForm& form,
               const Node& call)
      : script_(script), catalog_(catalog), form_(form), args_(call.list("args")), call_(call) {}

  Status check_count() const {
    const size_t least = form_.slide.empty() ? 3 : 4;
    const size_t most = least + (form_.has_offset ? 1 : 0);
    if (args_.size() >= least && args_.size() <= most) return {};
    constexpr std::string_view kNumbers[] = {"three", "four", "five"};
    std::string takes(kNumbers[least - 3]);
    if (most > least) takes += fmt::format(" or {}", kNumbers[most - 3]);
    return script_.refuse(call_.location(), fmt::format("{} takes {} arguments: {}", form_.name,
                                                        takes, window_function_form(form_.name)));
  }

  // All of the spec but its columns.
  Result<WindowSpec> read() const {
    WindowSpec spec{.kind = form_.kind};
    size_t next = 2;
    if (!form_.slide.empty()) spec.slide = TRY(length(next++, form_.slide));
    const size_t size = next++;
    spec.size = TRY(length(size, form_.size));
    TRY(check_slide(spec, size));
    if (next == args_.size()) return spec;
    spec.offset = TRY(constant_interval(script_, catalog_, args_[next], "the offset of a window"));
    if (std::abs(spec.offset) < spec.size) return spec;
    return script_.refuse(args_[next].location(),
                          "the offset of a window must be shorter than its size");
  }

 private:
  Result<int64_t> length(size_t argument, std::string_view what) const {
    const int64_t micros = TRY(constant_interval(script_, catalog_, args_[argument], what));
    if (micros > 0) return micros;
    return script_.refuse(args_[argument].location(), fmt::format("{} must be positive", what));
  }

  Status check_slide(const WindowSpec& spec, size_t size) const {
    if (spec.slide > spec.size) {
      return script_.refuse(
          args_[size].location(),
          fmt::format("{} is longer than its size, {} and {}: rows between windows would be lost; "
                      "the shorter one comes first: {}",
                      form_.slide, micros_text(spec.slide), micros_text(spec.size),
                      window_function_form(form_.name)));
    }
    if (spec.kind == WindowKind::kCumulate && spec.size % spec.slide != 0) {
      return script_.refuse(
          args_[size].location(),
          fmt::format("the size of cumulate must be a multiple of its step: {} is none of {}",
                      micros_text(spec.size), micros_text(spec.slide)));
    }
    return {};
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const WindowForm& form_;
  const std::vector<Node> args_;
  const Node call_;
};

// `input` stamped by the clock, for a window over processing_time().
Result<Relation> by_clock(const ScriptText& script, GraphBuilder& graph, Relation input,
                          const Node& call, const std::string& owner) {
  if (!call.list("args").empty()) {
    return script.refuse(call.location(), "processing_time() takes no arguments");
  }
  const std::string id = owner + ".processing_time";
  if (reads_watermark(input)) {  // Which rows have before they are stamped only.
    TRY(check_distinct_names(script, input));
    const VertexIndex below = materialize(graph, input, id + ".input");
    std::vector<RelationColumn> columns = std::move(input.columns);
    input = relation_of(graph, below, input.policy);
    for (size_t i = 0; i < columns.size(); ++i) input.columns[i].location = columns[i].location;
  }
  return stamp_rows(graph, std::move(input), id);
}

// Why a column has no event time, and which one has.
std::string why_no_event_time(const GraphBuilder& graph, const Relation& input, const Expr& expr,
                              const std::string& column, std::string_view step) {
  const std::string what =
      fmt::format("{} needs a column with event time, and \"{}\" has none: ", step, column);
  std::string others;
  for (const RelationColumn& other : input.columns) {
    if (!is_event_time(input, *other.expr)) continue;
    others += others.empty() ? "; use " : " or ";
    others += fmt::format("\"{}\"", other.name);
  }
  if (is_processing_time(graph.graph(), input.vertex)) {
    return fmt::format(
        "{}rows are timed by processing_time() here, and the event time ends there{}", what,
        others);
  }
  const VertexSpec& spec = graph.vertex(input.vertex).spec;
  const bool is_column = expr.kind == ExprKind::kColumn;
  const auto* source = std::get_if<SourceSpec>(&spec);
  if (is_column && source != nullptr) {
    if (!source->event_time.empty()) {
      return fmt::format("{}the event time of table \"{}\" is \"{}\"", what, source->table,
                         source->event_time);
    }
    return fmt::format(
        "{}table \"{}\" does not say which column that is; add event_time = '{}' to its options",
        what, source->table, column);
  }
  if (is_column && std::holds_alternative<WindowAggregateSpec>(spec)) {
    return fmt::format("{}of a windowed result window_time and window_end have it{}", what, others);
  }
  if (is_column && std::holds_alternative<WindowRankSpec>(spec)) {
    return fmt::format(
        "{}rows numbered in a window leave when it ends, and of their times only those of its end "
        "are not past then{}",
        what, others);
  }
  if (is_column && (std::holds_alternative<IntervalJoinSpec>(spec) ||
                    std::holds_alternative<WindowJoinSpec>(spec))) {
    return fmt::format(
        "{}of a join the two times that it compares keep it, unless their side may be missing{}",
        what, others);
  }
  if (is_column && std::holds_alternative<UnionSpec>(spec)) {
    return fmt::format("{}not every branch of the UNION ALL has event time in it{}", what, others);
  }
  return fmt::format("{}it is computed, and only a column that is passed on as it is keeps it{}",
                     what, others);
}

}  // namespace

bool is_window_function(std::string_view name) { return find_form(name) != nullptr; }

std::string window_function_form(std::string_view name) {
  const WindowForm* form = find_form(name);
  CHECK(form != nullptr);
  return fmt::format("{}(table, time_column, {})", name, form->arguments);
}

Result<ExprPtr> event_time_argument(const ScriptText& script, const GraphBuilder& graph,
                                    const Relation& input, const std::string& name,
                                    const Node& node, std::string_view what,
                                    const std::string& form) {
  const std::string function = node.is("FuncCall") ? called_name(node) : "";
  if (function == kProcessingTime) {
    return script.refuse(
        node.location(),
        fmt::format("processing_time() is for windows (tumble, hop, cumulate, session), and {} "
                    "needs the time of events: name an event-time column",
                    what));
  }
  if (function == "descriptor") {
    return script.refuse(node.location(),
                         fmt::format("name the column without DESCRIPTOR: {}", form));
  }
  if (!node.is("ColumnRef")) {
    return script.refuse(
        node.location(),
        fmt::format("here stands the name of a column, without quotes around it: {}", form));
  }
  const ExprPtr expr = TRY(input.scope(name).find(script, node));
  if (is_event_time(input, *expr)) return expr;
  return script.refuse(node.location(),
                       why_no_event_time(graph, input, *expr, node.names("fields").back(), what));
}

Result<Relation> open_window(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
                             Relation input, const std::string& name, const Node& call,
                             const std::string& owner) {
  CHECK(!input.window);
  const std::string function = called_name(call);
  const WindowForm* form = find_form(function);
  CHECK(form != nullptr);
  const WindowReader reader(script, catalog, *form, call);
  TRY(reader.check_count());
  const std::vector<Node> args = call.list("args");
  const std::vector<std::string> names = input.column_names();
  for (const std::string_view column : kWindowColumns) {
    if (std::find(names.begin(), names.end(), column) == names.end()) continue;
    return script.refuse(
        args[0].location(),
        fmt::format("{} has a column {} already, and {} adds one: give it another name there ({} "
                    "AS ...)",
                    name, column, function, column));
  }
  OpenWindow window{.spec = {}, .time = nullptr, .location = call.location()};
  if (args[1].is("FuncCall") && called_name(args[1]) == kProcessingTime) {
    input = TRY(by_clock(script, graph, std::move(input), args[1], owner));
    window.time = make_column(input.base->fields.size() - 1, TypeKind::kTimestamptz);
  } else {
    window.time = TRY(event_time_argument(script, graph, input, name, args[1], "a window",
                                          window_function_form(function)));
  }
  window.spec = TRY(reader.read());
  input.window = window;
  for (size_t i = 0; i < std::size(kWindowColumns); ++i) {
    input.columns.push_back({.name = std::string(kWindowColumns[i]),
                             .expr = window_column(input, static_cast<WindowColumn>(i)),
                             .location = call.location()});
  }
  return input;
}

}  // namespace weir
