#include "engine/sql/window_function.h"

#include "engine/data/calendar.h"
#include "engine/expr/build.h"
#include "engine/sql/expression_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace weir {
namespace {

constexpr std::string_view kForm = "tumble(table, time_column, INTERVAL '1 minute' [, offset])";
constexpr std::string_view kWindowColumns[] = {"window_start", "window_end", "window_time"};

class TumbleReader {
 public:
  TumbleReader(const ScriptText& script, const Catalog& catalog, const GraphBuilder& graph,
               Relation input, const std::string& name, const Node& call)
      : script_(script),
        catalog_(catalog),
        graph_(graph),
        input_(std::move(input)),
        name_(name),
        call_(call) {}

  Result<Relation> open() {
    const std::vector<Node> args = call_.list("args");
    if (args.size() != 3 && args.size() != 4) {
      return script_.refuse(call_.location(),
                            fmt::format("tumble takes three or four arguments: {}", kForm));
    }
    for (const std::string_view column : kWindowColumns) {
      const std::vector<std::string> names = input_.column_names();
      if (std::find(names.begin(), names.end(), column) == names.end()) continue;
      return script_.refuse(
          args[0].location(),
          fmt::format("{} has a column {} already, and tumble adds one: give it another "
                      "name there ({} AS ...)",
                      name_, column, column));
    }
    OpenWindow window{
        .spec = {.kind = WindowKind::kTumble}, .time = nullptr, .location = call_.location()};
    window.time = TRY(time_column(args[1]));
    window.spec.size = TRY(length(args[2], "the size of a window"));
    if (window.spec.size <= 0) {
      return script_.refuse(args[2].location(), "the size of a window must be positive");
    }
    if (args.size() == 4) {
      window.spec.offset = TRY(length(args[3], "the offset of a window"));
      if (std::abs(window.spec.offset) >= window.spec.size) {
        return script_.refuse(args[3].location(),
                              "the offset of a window must be shorter than its size");
      }
    }
    input_.window = window;
    for (size_t i = 0; i < std::size(kWindowColumns); ++i) {
      input_.columns.push_back({.name = std::string(kWindowColumns[i]),
                                .expr = window_column(input_, static_cast<WindowColumn>(i)),
                                .location = call_.location()});
    }
    return std::move(input_);
  }

 private:
  Result<ExprPtr> time_column(const Node& node) const {
    if (node.is("FuncCall")) {
      const std::string function = called_name(node);
      if (function == "processing_time") {
        return script_.refuse(node.location(),
                              "processing_time() is not available yet: name an event-time column");
      }
      if (function == "descriptor") {
        return script_.refuse(node.location(),
                              fmt::format("name the column without DESCRIPTOR: {}", kForm));
      }
    }
    if (!node.is("ColumnRef")) {
      return script_.refuse(
          node.location(),
          fmt::format("here stands the name of a column, without quotes around it: {}", kForm));
    }
    const ExprPtr expr = TRY(input_.scope(name_).find(script_, node));
    if (is_event_time(input_, *expr)) return expr;
    return script_.refuse(node.location(), why_not(*expr, node.names("fields").back()));
  }

  // Why a column has no event time, and which one has.
  std::string why_not(const Expr& expr, const std::string& column) const {
    const std::string what =
        fmt::format("a window needs a column with event time, and \"{}\" has none: ", column);
    std::string others;
    for (const RelationColumn& other : input_.columns) {
      if (!is_event_time(input_, *other.expr)) continue;
      others += others.empty() ? "; use " : " or ";
      others += fmt::format("\"{}\"", other.name);
    }
    if (expr.kind != ExprKind::kColumn) {
      return fmt::format(
          "{}it is computed, and only a column that is passed on as it is keeps it{}", what,
          others);
    }
    const VertexSpec& spec = graph_.vertex(input_.vertex).spec;
    if (const auto* source = std::get_if<SourceSpec>(&spec)) {
      if (!source->event_time.empty()) {
        return fmt::format("{}the event time of table \"{}\" is \"{}\"", what, source->table,
                           source->event_time);
      }
      return fmt::format(
          "{}table \"{}\" does not say which column that is; add event_time = '{}' to its "
          "options",
          what, source->table, column);
    }
    if (std::holds_alternative<WindowAggregateSpec>(spec)) {
      return fmt::format("{}of a windowed result window_time and window_end have it{}", what,
                         others);
    }
    if (std::holds_alternative<UnionSpec>(spec)) {
      return fmt::format("{}not every branch of the UNION ALL has event time in it{}", what,
                         others);
    }
    return fmt::format("{}it is computed, and only a column that is passed on as it is keeps it{}",
                       what, others);
  }

  // A constant interval in microseconds.
  Result<int64_t> length(const Node& node, std::string_view what) const {
    const Scope nothing;
    ExpressionBinder binder(script_, catalog_, nothing, "tumble");
    const ExprPtr bound = TRY(binder.bind(node));
    const Result<ExprPtr> interval = make_cast(bound, TypeKind::kInterval, CastKind::kImplicit);
    if (!interval.ok() || (*interval)->kind != ExprKind::kLiteral ||
        (*interval)->literal.is_null()) {
      return script_.refuse(
          node.location(),
          fmt::format("{} is a constant interval, such as INTERVAL '1 minute'", what));
    }
    const Interval value = std::get<Interval>((*interval)->literal.value);
    if (value.months != 0) {
      return script_.refuse(
          node.location(),
          fmt::format("{} has no fixed length in months and years: write days, hours, "
                      "minutes or seconds",
                      what));
    }
    const std::optional<int64_t> micros = interval_to_micros(value);
    if (!micros) return script_.refuse(node.location(), fmt::format("{} is too long", what));
    return *micros;
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const GraphBuilder& graph_;
  Relation input_;
  const std::string name_;
  const Node call_;
};

}  // namespace

Result<Relation> open_tumble(const ScriptText& script, const Catalog& catalog,
                             const GraphBuilder& graph, Relation input, const std::string& name,
                             const Node& call) {
  return TumbleReader(script, catalog, graph, std::move(input), name, call).open();
}

}  // namespace weir
