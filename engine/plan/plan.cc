#include "engine/plan/plan.h"

#include "engine/plan/changes.h"
#include "engine/plan/needed.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace weir {
namespace {

// An edge between stages before it is known which of them share a chain.
struct Link {
  size_t from = 0;
  Port from_port = kRowsPort;
  size_t to = 0;
  Port to_port = kRowsPort;
  Distribution distribution;
};

// Rows of a split that was idle may be lifted, and so be late, as late as at the gate behind the
// exchange. That must be judged of each row, before any are added up.
bool has_idle_timeout(const JobGraph& graph) {
  return std::any_of(graph.vertices.begin(), graph.vertices.end(), [](const Vertex& vertex) {
    const auto* source = std::get_if<SourceSpec>(&vertex.spec);
    return source != nullptr && source->idle_timeout.has_value();
  });
}

bool has_distinct(const WindowAggregateSpec& spec) {
  return std::any_of(spec.aggregates.begin(), spec.aggregates.end(),
                     [](const AggregateCall& call) { return call.distinct; });
}

// The final phase over the partial output (specs.h says which columns that has).
WindowAggregateSpec final_phase(const WindowAggregateSpec& whole, const Schema& input) {
  WindowAggregateSpec spec = whole;
  spec.phase = AggregatePhase::kFinal;
  for (size_t i = 0; i < spec.keys.size(); ++i) spec.keys[i] = i;
  spec.window.time_column = spec.keys.size();
  size_t column = spec.keys.size() + (whole.window.overlaps() ? 2 : 1);
  for (AggregateCall& call : spec.aggregates) {
    call.source_type = argument_type(call, input);
    call.filter.reset();
    call.argument = column;
    column += partial_fields(call, call.source_type.value_or(TypeKind::kBigint)).size();
  }
  return spec;
}

// Columns of an edge's schema as columns of the partial output. REQUIRES: all of them are keys, as
// validate() says.
std::vector<size_t> partial_columns(const WindowAggregateSpec& spec,
                                    const std::vector<size_t>& columns) {
  std::vector<size_t> out;
  for (const size_t column : columns) {
    const auto key = std::find(spec.keys.begin(), spec.keys.end(), column);
    CHECK(key != spec.keys.end());
    out.push_back(static_cast<size_t>(key - spec.keys.begin()));
  }
  return out;
}

// Whether rows of equal time are taken in the order of the log.
bool breaks_ties(const VertexSpec& spec) {
  if (std::holds_alternative<SuppressSpec>(spec)) return true;
  if (std::holds_alternative<AsOfJoinSpec>(spec)) return true;
  if (const auto* top = std::get_if<TopSpec>(&spec)) return top->ties != Ties::kLastArrived;
  const auto* over = std::get_if<OverSpec>(&spec);
  return over != nullptr && over->order == OverOrder::kEventTime;
}

// Whether a row that cannot be computed ends the job, with a message that says where the row stood.
bool fails_on_rows(const VertexSpec& spec) {
  const auto* project = std::get_if<ProjectSpec>(&spec);
  if (project == nullptr || project->on_error != OnError::kFail) return false;
  return project->filter != nullptr ||
         std::any_of(project->columns.begin(), project->columns.end(), [](const NamedExpr& column) {
           return column.expr->kind != ExprKind::kColumn;
         });
}

// What the life of state without a window or a range is counted by, where no column of it is read
// otherwise.
void mark_life(const StagePlan& stage, Port port, NeededColumns& needed) {
  if (!stage.state_ttl) return;
  if (const auto* over = std::get_if<OverSpec>(&stage.spec)) {
    if (const auto life = life_column(*over, *stage.input)) needed[*life] = {.needed = true};
  }
  const bool has_life = std::holds_alternative<GroupAggregateSpec>(stage.spec) ||
                        std::holds_alternative<EquiJoinSpec>(stage.spec);
  if (!has_life) return;
  const std::vector<Field>* stated = stated_input(stage.spec, port);
  const std::vector<Field>& fields = stated == nullptr ? stage.input->fields : *stated;
  const auto time = std::find_if(fields.begin(), fields.end(),
                                 [](const Field& field) { return field.event_time; });
  if (time == fields.end()) return;
  needed[static_cast<size_t>(time - fields.begin())] = {.needed = true};
}

class Planner {
 public:
  Planner(const JobGraph& graph, const PlanOptions& options) : graph_(graph), options_(options) {
    plan_.options = graph.options;
    parallelism_ = graph.options.parallelism.value_or(options.parallelism);
    CHECK(parallelism_ >= 1);
    CHECK(parallelism_ <= 32'768);
    plan_.key_groups = std::max(kKeyGroupsDefault, std::bit_ceil(parallelism_));
  }

  Plan make() && {
    make_stages();
    make_links();
    mark_needs();
    mark_positions();
    mark_watermarks();
    make_chains();
    join_stages();
    return std::move(plan_);
  }

 private:
  void make_stages();
  void make_links();
  void mark_needs();
  void mark_positions();
  void mark_watermarks();
  void make_chains();
  void join_stages();

  size_t add_stage(std::string id, VertexSpec spec, SchemaPtr input);
  bool splits_in_two(const Vertex& vertex, VertexIndex index) const;
  std::vector<size_t> links_into(size_t stage) const;

  const JobGraph& graph_;
  const PlanOptions options_;
  uint32_t parallelism_ = 1;
  Plan plan_;

  // In topological order; a partial stage stands right before its final one.
  std::vector<StagePlan> stages_;
  std::vector<Link> links_;
  // By vertex: where its rows come in, and where its results leave. Two stages where it is split in
  // two.
  std::vector<size_t> entry_;
  std::vector<size_t> exit_;
  // By stage.
  std::vector<size_t> chain_of_;
  std::vector<size_t> place_in_chain_;
};

size_t Planner::add_stage(std::string id, VertexSpec spec, SchemaPtr input) {
  StagePlan stage{.id = std::move(id), .spec = std::move(spec), .input = std::move(input)};
  stage.state_ttl = graph_.options.state_ttl;
  for (size_t i = 0; i < output_ports(stage.spec); ++i) {
    OutputPlan output;
    output.schema = output_schema(stage.spec, Port(static_cast<uint16_t>(i)), stage.input);
    output.needed.resize(output.schema->fields.size());
    stage.outputs.push_back(std::move(output));
  }
  stages_.push_back(std::move(stage));
  return stages_.size() - 1;
}

// Where few keys are busy, adding up before the exchange saves most of it. Sessions have no windows
// to add up in before all rows of a key are in one place.
bool Planner::splits_in_two(const Vertex& vertex, VertexIndex index) const {
  const auto* spec = std::get_if<WindowAggregateSpec>(&vertex.spec);
  if (spec == nullptr || !options_.two_phase || parallelism_ == 1) return false;
  if (spec->window.kind == WindowKind::kSession || has_distinct(*spec)) return false;
  // Rows of given windows are results already: there are too few of them for two phases.
  if (spec->window.kind == WindowKind::kGiven) return false;
  if (has_idle_timeout(graph_)) return false;
  return std::any_of(graph_.edges.begin(), graph_.edges.end(), [index](const Edge& edge) {
    return edge.to == index && edge.distribution.kind == DistributionKind::kHash;
  });
}

void Planner::make_stages() {
  const Result<std::vector<VertexIndex>> order = topological_order(graph_);
  CHECK(order.ok());
  const std::vector<SchemaPtr> inputs = input_schemas(graph_);
  entry_.resize(graph_.vertices.size());
  exit_.resize(graph_.vertices.size());
  for (const VertexIndex index : *order) {
    const Vertex& vertex = graph_.vertex(index);
    const SchemaPtr& input = inputs[index.value()];
    if (!splits_in_two(vertex, index)) {
      entry_[index.value()] = exit_[index.value()] = add_stage(vertex.id, vertex.spec, input);
      continue;
    }
    const auto& whole = std::get<WindowAggregateSpec>(vertex.spec);
    WindowAggregateSpec partial = whole;
    partial.phase = AggregatePhase::kPartial;
    const size_t first =
        add_stage(vertex.id + std::string(kPartialSuffix), std::move(partial), input);
    const SchemaPtr between = stages_[first].outputs[0].schema;
    entry_[index.value()] = first;
    exit_[index.value()] = add_stage(vertex.id, final_phase(whole, *input), between);
  }
  const std::vector<bool> changes = changing(graph_);
  for (size_t i = 0; i < graph_.vertices.size(); ++i) stages_[exit_[i]].changes = changes[i];
  for (const Edge& edge : graph_.edges) {
    if (edge.from_port != kRowsPort) continue;
    StagePlan& entered = stages_[entry_[edge.to.value()]];
    entered.changing_input = entered.changing_input || changes[edge.from.value()];
  }
  for (size_t i = 0; i < graph_.vertices.size(); ++i) {
    if (!std::holds_alternative<WindowAggregateSpec>(graph_.vertices[i].spec)) continue;
    stages_[exit_[i]].first = first_rows_of(graph_, VertexIndex(static_cast<uint32_t>(i)));
  }
}

void Planner::make_links() {
  for (const Edge& edge : graph_.edges) {
    const size_t from = edge.from.value();
    const size_t to = edge.to.value();
    // Lateness is judged where rows come in.
    const size_t from_stage = edge.from_port == kRowsPort ? exit_[from] : entry_[from];
    Link link{.from = from_stage,
              .from_port = edge.from_port,
              .to = entry_[to],
              .to_port = edge.to_port,
              .distribution = edge.distribution};
    if (entry_[to] != exit_[to]) {
      const auto& partial = std::get<WindowAggregateSpec>(stages_[entry_[to]].spec);
      Link exchange{.from = entry_[to], .to = exit_[to]};
      exchange.distribution.kind = DistributionKind::kHash;
      exchange.distribution.columns = partial_columns(partial, edge.distribution.columns);
      links_.push_back(std::move(exchange));
      link.distribution = {};
    }
    links_.push_back(std::move(link));
  }
  if (parallelism_ > 1) return;
  for (Link& link : links_) link.distribution = {};  // All ways lead to the one instance.
}

std::vector<size_t> Planner::links_into(size_t stage) const {
  std::vector<size_t> into;
  for (size_t i = 0; i < links_.size(); ++i) {
    if (links_[i].to == stage) into.push_back(i);
  }
  return into;
}

// Backwards: what each stage reads of its input is what the stages before it must give.
void Planner::mark_needs() {
  for (size_t i = stages_.size(); i-- > 0;) {
    StagePlan& stage = stages_[i];
    if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) {
      stage.needed_payload = needed_of_record(*source, stage.outputs[0].needed);
      continue;
    }
    const NeededColumns nothing;
    for (const size_t index : links_into(i)) {
      const Link& link = links_[index];
      NeededColumns needs =
          needed_of_input(stage.spec, link.to_port, *stage.input,
                          stage.outputs.empty() ? nothing : stage.outputs[0].needed);
      mark_life(stage, link.to_port, needs);
      NeededColumns& needed = stages_[link.from].outputs[link.from_port.value()].needed;
      merge_needed(needed, needs);
      for (const size_t column : link.distribution.columns) needed[column] = {.needed = true};
    }
  }
}

// Who points at a record (late rows, rows that cannot be computed) or breaks ties by it needs to
// know where it stood, and so does every stage on the way there. Where rows leave that are no
// records (of windows, of joins) the way ends.
void Planner::mark_positions() {
  for (size_t i = stages_.size(); i-- > 0;) {
    StagePlan& stage = stages_[i];
    const bool is_source = std::holds_alternative<SourceSpec>(stage.spec);
    stage.with_position |= breaks_ties(stage.spec) || fails_on_rows(stage.spec);
    for (const Link& link : links_) {
      if (link.from != i) continue;
      if (link.from_port == kRowsPort) {
        stage.with_position |= keeps_position(stage.spec) && stages_[link.to].with_position;
      } else {
        stage.with_position |= !is_source;
      }
    }
  }
  // Nobody can have what nobody gives.
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (std::holds_alternative<SourceSpec>(stages_[i].spec)) continue;
    const std::vector<size_t> into = links_into(i);
    stages_[i].with_position &= std::all_of(into.begin(), into.end(), [this](size_t link) {
      const StagePlan& from = stages_[links_[link].from];
      return links_[link].from_port == kRowsPort && keeps_position(from.spec) && from.with_position;
    });
  }
}

// validate() has seen to it that the way back to the sources keeps A.
void Planner::mark_watermarks() {
  for (size_t i = stages_.size(); i-- > 0;) {
    StagePlan& stage = stages_[i];
    const auto* project = std::get_if<ProjectSpec>(&stage.spec);
    stage.with_watermark = project != nullptr && reads_watermark(*project);
    for (const Link& link : links_) {
      if (link.from != i || link.from_port != kRowsPort) continue;
      stage.with_watermark |= keeps_watermark(stage.spec) && stages_[link.to].with_watermark;
    }
  }
}

// A stage joins the chain of the one before it where that is its only input and instance i feeds
// instance i. Several inputs meet at the head of a chain, where the channels' watermarks are
// merged.
void Planner::make_chains() {
  chain_of_.resize(stages_.size());
  place_in_chain_.resize(stages_.size());
  for (size_t i = 0; i < stages_.size(); ++i) {
    const std::vector<size_t> into = links_into(i);
    const bool joins =
        into.size() == 1 && links_[into[0]].distribution.kind == DistributionKind::kForward;
    if (!joins) {
      plan_.chains.push_back({.parallelism = parallelism_});
      chain_of_[i] = plan_.chains.size() - 1;
    } else {
      chain_of_[i] = chain_of_[links_[into[0]].from];
    }
    ChainPlan& chain = plan_.chains[chain_of_[i]];
    place_in_chain_[i] = chain.stages.size();
    chain.stages.push_back(stages_[i]);
  }
}

void Planner::join_stages() {
  for (const Link& link : links_) {
    const size_t from_chain = chain_of_[link.from];
    const size_t to_chain = chain_of_[link.to];
    OutputPlan& output =
        plan_.chains[from_chain].stages[place_in_chain_[link.from]].outputs[link.from_port.value()];
    // Only a chain's head has inputs from outside, and nothing leads from a chain back to its own
    // head.
    if (from_chain == to_chain) {
      output.targets.push_back(StageTarget{place_in_chain_[link.to], link.to_port});
      continue;
    }
    CHECK(place_in_chain_[link.to] == 0);
    const size_t edge = plan_.edges.size();
    plan_.edges.push_back(
        {.from_chain = from_chain,
         .to_chain = to_chain,
         .to_stage = 0,
         .to_port = link.to_port,
         .distribution = link.distribution,
         .schema = output.schema,
         .name = fmt::format("{} -> {}", stages_[link.from].id, stages_[link.to].id)});
    output.targets.push_back(EdgeTarget{edge});
    plan_.chains[from_chain].outputs.push_back(edge);
    plan_.chains[to_chain].inputs.push_back(edge);
  }
}

}  // namespace

Plan make_plan(const JobGraph& graph, const PlanOptions& options) {
  return Planner(graph, options).make();
}

}  // namespace weir
