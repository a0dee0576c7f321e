#include "engine/sql/join_builder.h"

#include "engine/expr/build.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/step_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

void scan(const Node& node, MentionedColumns& mentioned) {
  if (node.is("RangeFunction")) {
    const Node call = node.list("functions").front().list("items").front();
    const std::vector<Node> args = call.list("args");
    if (called_name(call) == "as_of" && args.size() == 2) scan(args[1], mentioned);
    return;
  }
  // What stands inside of these names columns of its own tables.
  for (const std::string_view inner : {"RangeSubselect", "SubLink", "CommonTableExpr"}) {
    if (node.is(inner)) return;
  }
  if (node.is("ColumnRef")) {
    const std::vector<std::string> names = node.names("fields");
    if (!node.list("fields").back().is("A_Star")) {
      mentioned.names.insert(names.back());
    } else if (names.size() == 1) {
      mentioned.all = true;
    } else {
      mentioned.stars.insert(names.front());
    }
    return;
  }
  for (const Node& name : node.list("usingClause")) mentioned.names.insert(name.text("sval"));
  for (const Node& child : node.children()) scan(child, mentioned);
}

// The condition over the vertex of the part.
ExprPtr over(const ExprPtr& condition, const JoinBuilder::Part& part) {
  return substitute_columns(condition, part.columns);
}

VertexSpec join_spec(const JoinNode& node, const JoinShape& shape, const JoinSide& left,
                     const JoinSide& right, const ExprPtr& condition) {
  if (shape.by_window) {
    return WindowJoinSpec{.type = node.type, .left = left, .right = right, .condition = condition};
  }
  if (node.as_of != nullptr) {
    return AsOfJoinSpec{.type = node.type, .left = left, .right = right, .condition = condition};
  }
  if (!shape.time) {
    return EquiJoinSpec{.type = node.type,
                        .left = {.columns = left.columns, .keys = left.keys},
                        .right = {.columns = right.columns, .keys = right.keys},
                        .condition = condition};
  }
  return IntervalJoinSpec{.type = node.type,
                          .left = left,
                          .right = right,
                          .lower = *shape.time->lower,
                          .upper = *shape.time->upper,
                          .condition = condition};
}

// Null: no condition.
ExprPtr all_of(std::vector<ExprPtr> conditions) {
  if (conditions.empty()) return nullptr;
  if (conditions.size() == 1) return conditions.front();
  Result<ExprPtr> both = make_and(std::move(conditions));
  CHECK(both.ok());
  return std::move(both).value();
}

}  // namespace

MentionedColumns MentionedColumns::in(const Node& select) {
  MentionedColumns mentioned;
  scan(select, mentioned);
  return mentioned;
}

bool MentionedColumns::has(const std::string& table, const std::string& name) const {
  return all || names.contains(name) || stars.contains(table);
}

JoinBuilder::JoinBuilder(const ScriptText& script, GraphBuilder& graph, const std::string& owner,
                         const std::vector<JoinLeaf>& leaves, MentionedColumns mentioned)
    : script_(script),
      graph_(graph),
      owner_(owner),
      leaves_(leaves),
      mentioned_(std::move(mentioned)) {
  for (const JoinLeaf& leaf : leaves) joint_columns_ += leaf.relation.columns.size();
}

Result<JoinBuilder::Part> JoinBuilder::build(const JoinNode& root,
                                             const std::vector<JoinCondition>& where) {
  PendingList pending;
  for (const JoinCondition& condition : where) {
    pending.push_back(std::make_shared<Pending>(Pending{.condition = condition}));
  }
  Part part = TRY(build_node(root, pending));
  for (const auto& each : pending) {
    if (each->is_used) continue;
    part.relation = filtered(std::move(part.relation), over(each->condition.expr, part));
  }
  return part;
}

Result<JoinBuilder::Part> JoinBuilder::build_node(const JoinNode& node,
                                                  const PendingList& pending) {
  if (node.left != nullptr) return build_join(node, pending);
  Part part = build_leaf(node);
  for (const auto& each : pending) {
    if (each->is_used || !reads_only(*each->condition.expr, node.begin, node.end)) continue;
    part.relation = filtered(std::move(part.relation), over(each->condition.expr, part));
    each->is_used = true;
  }
  return part;
}

JoinBuilder::Part JoinBuilder::build_leaf(const JoinNode& node) {
  const JoinLeaf& leaf = leaves_[node.leaf];
  Part part{.relation = leaf.relation, .columns = std::vector<ExprPtr>(joint_columns_)};
  for (size_t i = 0; i < leaf.relation.columns.size(); ++i) {
    part.columns[leaf.begin + i] = leaf.relation.columns[i].expr;
  }
  return part;
}

// Conditions above an outer join hold for rows of the side that is always there as well below it.
Result<JoinBuilder::Part> JoinBuilder::build_join(const JoinNode& node,
                                                  const PendingList& pending) {
  // Which version is valid is decided before any other condition on it.
  const bool is_as_of = node.as_of != nullptr;
  const bool is_inner = node.type == JoinType::kInner;
  PendingList own;
  for (const JoinCondition& condition : node.on) {
    own.push_back(std::make_shared<Pending>(Pending{.condition = condition}));
  }
  PendingList all = pending;
  if (is_inner) all.insert(all.end(), own.begin(), own.end());
  const PendingList none;
  const bool keeps_left = is_inner || node.type == JoinType::kLeft;
  const bool keeps_right = (is_inner && !is_as_of) || node.type == JoinType::kRight;
  Part left = TRY(build_node(*node.left, keeps_left ? all : none));
  Part right = TRY(build_node(*node.right, keeps_right ? all : none));
  std::vector<JoinCondition> conditions;
  for (const auto& each : is_inner ? all : own) {
    const Expr& expr = *each->condition.expr;
    if (each->is_used || !reads_only(expr, node.begin, node.end)) continue;
    each->is_used = true;
    if (is_inner && reads_only(expr, node.left->begin, node.left->end)) {
      left.relation = filtered(std::move(left.relation), over(each->condition.expr, left));
    } else if (is_inner && !is_as_of && reads_only(expr, node.right->begin, node.right->end)) {
      right.relation = filtered(std::move(right.relation), over(each->condition.expr, right));
    } else {
      conditions.push_back(each->condition);
    }
  }
  const SideFacts left_facts = facts_of(left, *node.left);
  const SideFacts right_facts = facts_of(right, *node.right);
  if (node.as_of != nullptr) {
    const JoinShape versions = TRY(as_of_shape(node, left, left_facts, right_facts, conditions));
    return add_join(node, left, right, versions, left_facts, right_facts);
  }
  const JoinShape shape = TRY(shape_of(script_, left_facts, right_facts, conditions));
  const bool by_time = shape.time && shape.time->lower && shape.time->upper;
  const bool is_empty = by_time && *shape.time->lower > *shape.time->upper;
  if (is_empty || (!shape.by_window && shape.keys.empty())) return refuse_shape(node, shape);
  if (!shape.by_window && !by_time) {
    // Times that bound nothing are conditions as all others.
    SideFacts left_keys = left_facts;
    SideFacts right_keys = right_facts;
    left_keys.event_times.clear();
    right_keys.event_times.clear();
    const JoinShape equi = TRY(shape_of(script_, left_keys, right_keys, conditions));
    return add_join(node, left, right, equi, left_facts, right_facts);
  }
  return add_join(node, left, right, shape, left_facts, right_facts);
}

// Its time bound says which columns are the times; it is no bound.
Result<JoinShape> JoinBuilder::as_of_shape(const JoinNode& node, const Part& left,
                                           SideFacts left_facts, SideFacts right_facts,
                                           const std::vector<JoinCondition>& conditions) const {
  const auto refuse = [&](const std::string& what) {
    return script_.refuse(node.as_of_location, what);
  };
  const Expr& time = *node.as_of;
  const bool is_time = time.kind == ExprKind::kColumn && left.columns[time.index] != nullptr &&
                       is_event_time(left.relation, *left.columns[time.index]);
  if (!is_time) {
    return refuse(
        "as_of goes by an event-time column of the left side: set event_time at its table, and "
        "hand the column on as it is");
  }
  if (right_facts.event_times.empty()) {
    return refuse(
        "the versions of as_of are valid from their event time on, and this table has none: set "
        "event_time");
  }
  const size_t valid_from = right_facts.event_times.front();
  left_facts.event_times.clear();
  left_facts.window.reset();
  right_facts.event_times.clear();
  right_facts.window.reset();
  JoinShape shape = TRY(shape_of(script_, left_facts, right_facts, conditions));
  if (shape.keys.empty()) return refuse_shape(node, shape);
  shape.time = TimeBound{.left = time.index, .right = valid_from, .lower = {}, .upper = {}};
  return shape;
}

Error JoinBuilder::refuse_shape(const JoinNode& node, const JoinShape& shape) const {
  if (!shape.keys.empty()) {
    return script_.refuse(node.location,
                          "the bounds in time of this join leave nothing between them");
  }
  return script_.refuse(node.location,
                        "a join needs an equality, such as a.key = b.key: without one, every row "
                        "would meet every other in one place");
}

SideFacts JoinBuilder::facts_of(const Part& part, const JoinNode& node) const {
  SideFacts facts{.begin = node.begin, .end = node.end, .event_times = {}, .window = {}};
  const std::optional<ResultWindow> window = window_of(graph_, part.relation.vertex);
  std::optional<size_t> start;
  std::optional<size_t> end;
  std::optional<size_t> time;
  for (size_t i = node.begin; i < node.end; ++i) {
    const ExprPtr& expr = part.columns[i];
    if (expr == nullptr || expr->kind != ExprKind::kColumn) continue;
    if (is_event_time(part.relation, *expr)) facts.event_times.push_back(i);
    if (!window) continue;
    if (expr->index == window->start && !start) start = i;
    if (expr->index == window->end && !end) end = i;
    if (expr->index == window->time && !time) time = i;
  }
  if (start && end) {
    facts.window =
        ResultWindow{.start = *start, .end = *end, .time = time, .origin = window->origin};
  }
  return facts;
}

const JoinLeaf& JoinBuilder::leaf_of(size_t joint) const {
  size_t leaf = 0;
  while (leaf + 1 < leaves_.size() && leaves_[leaf + 1].begin <= joint) ++leaf;
  return leaves_[leaf];
}

size_t JoinBuilder::add_column(Side& side, const ExprPtr& expr, const std::string& name,
                               std::set<std::string>& taken) {
  std::vector<RelationColumn>& columns = side.relation.columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (same_expr(*columns[i].expr, *expr)) return i;
  }
  columns.push_back({.name = unique_name(taken, name), .expr = expr});
  return columns.size() - 1;
}

// With the columns that the query may name.
JoinBuilder::Side JoinBuilder::make_side(const Part& part, const JoinNode& node,
                                         std::set<std::string>& taken) const {
  Side side{.relation = part.relation,
            .places = std::vector<std::optional<size_t>>(joint_columns_),
            .id = {},
            .spec = {}};
  side.relation.columns.clear();
  for (size_t i = node.begin; i < node.end; ++i) {
    const JoinLeaf& leaf = leaf_of(i);
    const std::string& name = leaf.relation.columns[i - leaf.begin].name;
    if (part.columns[i] == nullptr || !mentioned_.has(leaf.alias, name)) continue;
    const bool is_taken = taken.contains(name) && !leaf.alias.empty();
    side.places[i] = add_column(side, part.columns[i],
                                is_taken ? fmt::format("{}_{}", leaf.alias, name) : name, taken);
  }
  return side;
}

// By joint column: those of the left side, then those of the right one.
std::vector<ExprPtr> JoinBuilder::output_columns(const Side& left, const Side& right) const {
  std::vector<ExprPtr> columns(joint_columns_);
  const auto add = [&](const Side& side, size_t first) {
    for (size_t i = 0; i < joint_columns_; ++i) {
      if (!side.places[i]) continue;
      const size_t place = *side.places[i];
      columns[i] = make_column(first + place, side.spec.columns[place].type);
    }
  };
  add(left, 0);
  add(right, left.spec.columns.size());
  return columns;
}

// The event time that state_ttl goes by.
void JoinBuilder::add_life(Side& side, const Part& part, const SideFacts& facts,
                           std::set<std::string>& taken) {
  if (facts.event_times.empty()) return;
  add_column(side, part.columns[facts.event_times.front()], "time", taken);
}

VertexIndex JoinBuilder::finish_side(Side& side) {
  const VertexIndex vertex = materialize(graph_, side.relation, side.id);
  side.spec.columns = graph_.schema(vertex)->fields;
  return vertex;
}

Result<JoinBuilder::Part> JoinBuilder::add_join(const JoinNode& node, const Part& left_part,
                                                const Part& right_part, const JoinShape& shape,
                                                const SideFacts& left_facts,
                                                const SideFacts& right_facts) {
  const RowPolicy policy = merge(left_part.relation.policy, right_part.relation.policy);
  const bool is_bounded = shape.by_window || shape.time;
  if (is_bounded) TRY(check_late(script_, policy, node.location));
  std::set<std::string> taken;
  Side left = make_side(left_part, *node.left, taken);
  Side right = make_side(right_part, *node.right, taken);
  std::string key_names;
  for (const JoinKey& key : shape.keys) {
    const size_t place = add_column(left, over(key.left, left_part), "key", taken);
    left.spec.keys.push_back(place);
    right.spec.keys.push_back(add_column(right, over(key.right, right_part), "key", taken));
    key_names += (key_names.empty() ? "" : ",") + left.relation.columns[place].name;
  }
  if (is_bounded) {
    const size_t left_time = shape.by_window ? left_facts.window->end : shape.time->left;
    const size_t right_time = shape.by_window ? right_facts.window->end : shape.time->right;
    left.spec.time = add_column(left, left_part.columns[left_time], "left_time", taken);
    right.spec.time = add_column(right, right_part.columns[right_time], "right_time", taken);
  } else {
    add_life(left, left_part, left_facts, taken);
    add_life(right, right_part, right_facts, taken);
  }
  const std::string id = fmt::format("{}.join({})", owner_, key_names);
  left.id = id + ".left";
  right.id = id + ".right";
  const VertexIndex left_vertex = finish_side(left);
  const VertexIndex right_vertex = finish_side(right);
  if (is_bounded) {
    TRY(check_one_time(script_, graph_, {left_vertex, right_vertex}, node.location));
  }
  TRY(check_can_wait(script_, *graph_.schema(left_vertex), node.location));
  TRY(check_can_wait(script_, *graph_.schema(right_vertex), node.location));
  std::vector<ExprPtr> columns = output_columns(left, right);
  std::vector<ExprPtr> conditions;
  for (const ExprPtr& expr : shape.rest) conditions.push_back(substitute_columns(expr, columns));
  const ExprPtr condition = all_of(std::move(conditions));
  const std::vector<size_t> left_keys = left.spec.keys;
  const std::vector<size_t> right_keys = right.spec.keys;
  VertexSpec spec = join_spec(node, shape, left.spec, right.spec, condition);
  RowPolicy step_policy = policy;
  if (!is_bounded) step_policy.late.clear();  // Nothing is late there.
  Part part{
      .relation = add_keyed_step(graph_, id, std::move(spec), left_vertex, left_keys, step_policy),
      .columns = std::move(columns)};
  part.relation.policy = policy;
  graph_.add_edge({.from = right_vertex,
                   .from_port = kRowsPort,
                   .to = part.relation.vertex,
                   .to_port = kRightPort,
                   .distribution = {.kind = DistributionKind::kHash, .columns = right_keys}});
  // The windows of both sides are one where both are there.
  if (shape.by_window && node.type == JoinType::kInner) {
    part.columns[right_facts.window->start] = part.columns[left_facts.window->start];
    part.columns[right_facts.window->end] = part.columns[left_facts.window->end];
  }
  return part;
}

}  // namespace weir
