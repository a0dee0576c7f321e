#include "engine/sql/over_window.h"

#include "engine/expr/nearest_name.h"
#include "engine/sql/constant_argument.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/select_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace weir {
namespace {

// The bits of a frame, as PostgreSQL's grammar sets them.
constexpr int64_t kGroups = 0x8;
constexpr int64_t kRowsFrame = 0x4;
constexpr int64_t kStartUnbounded = 0x20;
constexpr int64_t kStartCurrentRow = 0x200;
constexpr int64_t kEndCurrentRow = 0x400;
constexpr int64_t kStartPreceding = 0x800;
constexpr int64_t kExclude = 0x8000 | 0x10000 | 0x20000;

constexpr std::string_view kFrames =
    "RANGE BETWEEN INTERVAL '10 minutes' PRECEDING AND CURRENT ROW, or ROWS BETWEEN 5 PRECEDING "
    "AND CURRENT ROW";

// A definition with those that it refers to put in.
struct Definition {
  std::vector<Node> partition;
  std::vector<Node> order;
  Node frame;
};

class WindowReader {
 public:
  WindowReader(const ScriptText& script, const Catalog& catalog, const Scope& scope,
               const std::vector<Node>& named)
      : script_(script), catalog_(catalog), scope_(scope), named_(named) {}

  Result<OverWindow> read(const Node& over) {
    const Definition definition = TRY(resolve(over, 0));
    OverWindow window{.location = over.location()};
    for (const Node& node : definition.partition) {
      ExpressionBinder binder(script_, catalog_, scope_, "PARTITION BY");
      ExprPtr expr = TRY(binder.bind_settled(node));
      TRY(check_key(*expr, node));
      const std::string name = figured_name(node);
      window.partition.push_back(std::move(expr));
      window.names.push_back(name == kNoName ? "expr" : name);
    }
    TRY(read_order(definition.order, window));
    TRY(read_frame(definition.frame, window));
    return window;
  }

 private:
  Result<Node> find(const std::string& name, size_t location) const {
    std::vector<std::string> known;
    for (const Node& window : named_) {
      if (window.text("name") == name) return window;
      known.push_back(window.text("name"));
    }
    return script_.refuse(
        location, fmt::format("window \"{}\" does not exist{}", name, did_you_mean(name, known)));
  }

  // OVER w takes all of w; OVER (w ...) and WINDOW v AS (w ...) add to it.
  Result<Definition> resolve(const Node& node, size_t depth) const {
    const bool is_call = depth == 0;
    if (depth > named_.size() + 1) {
      return script_.refuse(node.location(), "windows cannot refer to themselves");
    }
    if (is_call && node.has("name")) {
      const Node window = TRY(find(node.text("name"), node.location()));
      return resolve(window, depth + 1);
    }
    Definition definition{.partition = node.list("partitionClause"),
                          .order = node.list("orderClause"),
                          .frame = node};
    if (!node.has("refname")) return definition;
    const std::string name = node.text("refname");
    const Node window = TRY(find(name, node.location()));
    const Definition base = TRY(resolve(window, depth + 1));
    if (!definition.partition.empty()) {
      return script_.refuse(
          definition.partition[0].location(),
          fmt::format("cannot override PARTITION BY clause of window \"{}\"", name));
    }
    if (!definition.order.empty() && !base.order.empty()) {
      return script_.refuse(definition.order[0].location(),
                            fmt::format("cannot override ORDER BY clause of window \"{}\"", name));
    }
    definition.partition = base.partition;
    if (definition.order.empty()) definition.order = base.order;
    return definition;
  }

  Status check_key(const Expr& expr, const Node& node) const {
    const TypeKind kind = expr.type.kind();
    if (kind != TypeKind::kComposite && kind != TypeKind::kArray) return {};
    return script_.refuse(node.location(),
                          fmt::format("rows are not parted or ordered by a value of type {}: take "
                                      "its fields",
                                      to_text(expr.type)));
  }

  Status read_order(const std::vector<Node>& order, OverWindow& window) const {
    if (!order.empty()) window.location = order[0].location();
    for (const Node& sort : order) {
      const Node node = sort.child("node");
      if (node.is("FuncCall") && called_name(node) == "log_order") {
        if (order.size() > 1 || sort.text("sortby_dir") == "SORTBY_DESC") {
          return script_.refuse(node.location(),
                                "log_order() stands alone: rows come in one order only");
        }
        window.by_log = true;
        return {};
      }
      if (sort.text("sortby_dir") == "SORTBY_USING") {
        return script_.refuse(node.location(),
                              "ORDER BY .. USING is not available: write ASC or DESC");
      }
      ExpressionBinder binder(script_, catalog_, scope_, "ORDER BY");
      OverSort item{.expr = TRY(binder.bind_settled(node))};
      TRY(check_key(*item.expr, node));
      item.descending = sort.text("sortby_dir") == "SORTBY_DESC";
      const std::string nulls = sort.text("sortby_nulls");
      item.nulls_first =
          nulls == "SORTBY_NULLS_FIRST" || (nulls != "SORTBY_NULLS_LAST" && item.descending);
      window.order.push_back(std::move(item));
    }
    return {};
  }

  Status read_frame(const Node& node, OverWindow& window) const {
    const int64_t options = node.number("frameOptions");
    const Node offset = node.child("startOffset");
    const size_t location = offset ? offset.location() : node.location();
    if ((options & kGroups) != 0) {
      return script_.refuse(location,
                            fmt::format("frames of GROUPS are not available: write {}", kFrames));
    }
    if ((options & kExclude) != 0) {
      return script_.refuse(location, "EXCLUDE is not available: a frame holds this row too");
    }
    const bool from_unbounded = (options & kStartUnbounded) != 0;
    const bool from_current = (options & kStartCurrentRow) != 0;
    const bool from_offset = (options & kStartPreceding) != 0;
    if ((options & kEndCurrentRow) == 0 || (!from_unbounded && !from_current && !from_offset)) {
      return script_.refuse(
          location, fmt::format("a frame ends with CURRENT ROW, since no row can wait for those "
                                "behind it, and begins before: {}",
                                kFrames));
    }
    const bool is_rows = (options & kRowsFrame) != 0;
    // In the log no row has peers.
    if (is_rows || (window.by_log && from_unbounded)) {
      window.frame = FrameKind::kRows;
      if (from_current) window.rows = 0;
      if (from_offset) {
        window.rows = TRY(constant_count(script_, catalog_, offset, "the number of rows in a frame",
                                         std::numeric_limits<int32_t>::max()));
      }
      return {};
    }
    if (from_current) window.range = 0;
    if (!from_offset) return {};
    const bool goes_by_time = window.order.empty() || window.order.front().expr->type.is_time();
    if (!goes_by_time) {
      return script_.refuse(window.location,
                            fmt::format("a RANGE goes by event time, and this order is of type "
                                        "{}: ORDER BY time_column",
                                        to_text(window.order.front().expr->type)));
    }
    window.range = TRY(constant_interval(script_, catalog_, offset, "the range of a frame"));
    if (*window.range >= 0) return {};
    return script_.refuse(location, "the range of a frame must not be negative");
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const Scope& scope_;
  const std::vector<Node>& named_;
};

}  // namespace

bool same_order(const OverWindow& a, const OverWindow& b) {
  return a.by_log == b.by_log &&
         std::equal(a.order.begin(), a.order.end(), b.order.begin(), b.order.end(),
                    [](const OverSort& x, const OverSort& y) {
                      return same_expr(*x.expr, *y.expr) && x.descending == y.descending &&
                             x.nulls_first == y.nulls_first;
                    });
}

bool same_partition(const OverWindow& a, const OverWindow& b) {
  return std::equal(a.partition.begin(), a.partition.end(), b.partition.begin(), b.partition.end(),
                    [](const ExprPtr& x, const ExprPtr& y) { return same_expr(*x, *y); });
}

Result<OverWindow> read_over_window(const ScriptText& script, const Catalog& catalog,
                                    const Scope& scope, const std::vector<Node>& named,
                                    const Node& over) {
  return WindowReader(script, catalog, scope, named).read(over);
}

}  // namespace weir
