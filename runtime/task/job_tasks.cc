#include "runtime/task/job_tasks.h"

#include "engine/plan/numbering.h"
#include "operators/make_operator.h"
#include "runtime/task/declared_tables.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Batches in a channel: enough to keep both sides busy, few enough for a short alignment.
constexpr size_t kChannelBatches = 8;

MetadataKind metadata_kind(const std::string& function) {
  if (function == "record_partition") return MetadataKind::kPartition;
  if (function == "record_offset") return MetadataKind::kOffset;
  if (function == "record_time") return MetadataKind::kTime;
  if (function == "record_key") return MetadataKind::kKey;
  if (function == "record_header") return MetadataKind::kHeader;
  CHECK(function == "record_source");
  return MetadataKind::kSource;
}

// A fork has no output yet, nor has a sink that the plan of before did not have.
bool has_output_of(const Manifest* from, const std::string& sink) {
  return from != nullptr &&
         std::any_of(from->slots.begin(), from->slots.end(),
                     [&sink](const SlotOutput& slot) { return slot.sink == sink; });
}

}  // namespace

ConnectorFactory within(ConnectorFactory connectors, const MemoryPlan& memory) {
  return {
      .source =
          [make = std::move(connectors.source), memory](const SourceSpec& spec,
                                                        const RowShape& shape) {
            SourceSpec bounded = spec;
            bounded.options = within(memory, spec);
            return make(bounded, shape);
          },
      .sink =
          [make = std::move(connectors.sink), memory](const SinkSpec& spec, const SinkLane& lane) {
            SinkSpec bounded = spec;
            bounded.options = within(memory, spec);
            return make(bounded, lane);
          }};
}

Error about_table(const std::string& table, Error error) {
  error.message = fmt::format("table {}: {}", table, error.message);
  return error;
}

RowShape row_shape(const SourceSpec& spec, const StagePlan& stage) {
  RowShape shape{.schema = record_schema(spec),
                 .needed = stage.needed_payload,
                 .metadata = {},
                 .with_position = true};
  for (const MetadataSpec& metadata : spec.metadata) {
    shape.metadata.push_back({metadata_kind(metadata.function), metadata.header});
  }
  return shape;
}

JobTasks::JobTasks(const Plan& plan, const Past& past, const Placement& placement,
                   const TierSetup& tiers, const TaskMemory& memory)
    : plan_(plan),
      past_(past),
      placement_(placement),
      tiers_(tiers),
      memory_(memory),
      first_tasks_(first_tasks(plan)) {}

Result<std::unique_ptr<JobTasks>> JobTasks::build(
    const Plan& plan, const ConnectorFactory& connectors, size_t batch_rows, const Past& past,
    const Placement& placement, const TierSetup& tiers, const TaskMemory& memory) {
  std::unique_ptr<JobTasks> built(new JobTasks(plan, past, placement, tiers, memory));
  built->make_channels();
  built->tasks_.resize(plan.chains.size());
  built->readers_.resize(plan.chains.size());
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    TRY(built->build_chain(chain, connectors, batch_rows));
  }
  return built;
}

Status JobTasks::prepare_sink(const SinkSpec& spec, const SinkLane& lane, uint32_t slots,
                              Sink& sink) const {
  SlotPast slot{.is_new = true, .slots = slots};
  if (past_.from != nullptr) {
    // A savepoint was adopted under a name of this generation: outside, what was delivered is
    // known by the name that it was taken with.
    const bool is_adopted = past_.from->id.generation == past_.generation;
    slot.base = is_adopted ? past_.from->parent.value_or(past_.from->id) : past_.from->id;
    for (const SlotOutput& known : past_.from->slots) {
      if (known.sink != lane.sink) continue;
      if (known.slot == lane.slot) slot.is_new = false;
      if (known.slot >= slots) slot.closing.insert(known.slot);
    }
  }
  Status prepared = sink.prepare(slot);
  if (prepared.ok()) return prepared;
  return about_table(spec.table, std::move(prepared).error());
}

bool JobTasks::is_connected(size_t edge, uint32_t from, uint32_t to) const {
  const EdgePlan& plan = plan_.edges[edge];
  return plan.distribution.kind != DistributionKind::kForward ||
         from % plan_.chains[plan.to_chain].parallelism == to;
}

void JobTasks::make_channels() {
  for (uint32_t edge = 0; edge < plan_.edges.size(); ++edge) {
    const EdgePlan& plan = plan_.edges[edge];
    const uint32_t from = plan_.chains[plan.from_chain].parallelism;
    const uint32_t to = plan_.chains[plan.to_chain].parallelism;
    auto& lanes = channels_.emplace_back(from);
    for (uint32_t i = 0; i < from; ++i) {
      lanes[i].resize(to);
      const PeerIndex sender = placement_.of(first_tasks_[plan.from_chain] + i);
      for (uint32_t j = 0; j < to; ++j) {
        const PeerIndex receiver = placement_.of(first_tasks_[plan.to_chain] + j);
        const bool sends = sender == placement_.self;
        const bool receives = receiver == placement_.self;
        if (!is_connected(edge, i, j) || (!sends && !receives)) continue;
        lanes[i][j] = std::make_shared<Channel>(kChannelBatches, memory_.channel_bytes);
        const RemoteEnd end{.edge = edge,
                            .from = i,
                            .to = j,
                            .peer = sends ? receiver : sender,
                            .schema = plan.schema,
                            .channel = lanes[i][j]};
        if (!receives) outbound_.push_back(end);
        if (!sends) inbound_.push_back(end);
      }
    }
  }
}

std::unique_ptr<Residency> JobTasks::residency_of(uint32_t task) const {
  if (tiers_.folder.empty()) return std::make_unique<MemoryResidency>();
  TierSetup setup = tiers_;
  setup.folder = fmt::format("{}/{}", tiers_.folder, task);
  return std::make_unique<TieredResidency>(std::move(setup));
}

Status JobTasks::build_chain(size_t index, const ConnectorFactory& connectors, size_t batch_rows) {
  const ChainPlan& chain = plan_.chains[index];
  boards_.push_back(std::make_shared<SourceBoard>(chain.parallelism));
  for (uint32_t instance = 0; instance < chain.parallelism; ++instance) {
    readers_[index].push_back(find_readers(index, instance));
    reader_sets_.try_emplace(readers_[index].back(), reader_sets_.size());
    std::unique_ptr<Task>& task = tasks_[index].emplace_back();
    const uint32_t id = first_tasks_[index] + instance;
    if (!placement_.is_here(id)) {
      reads_elsewhere_ = reads_elsewhere_ || chain.inputs.empty();
      continue;
    }
    TaskParts parts;
    parts.output = memory_.output;
    parts.name = fmt::format("{} [{}]", chain.stages.back().id, instance);
    parts.state = std::make_unique<TaskState>(
        plan_.key_groups, key_group_range(plan_.key_groups, chain.parallelism, instance),
        residency_of(id));
    for (size_t stage = 0; stage < chain.stages.size(); ++stage) {
      TRY(build_stage(chain, stage, instance, parts, connectors, batch_rows));
    }
    if (parts.source != nullptr) parts.source->join(boards_.back(), instance);
    connect_inputs(index, instance, parts);
    connect_outputs(index, instance, parts);
    task = std::make_unique<Task>(chain, std::move(parts));
    here_[id] = task.get();
  }
  return {};
}

Status JobTasks::build_stage(const ChainPlan& chain, size_t index, uint32_t instance,
                             TaskParts& parts, const ConnectorFactory& connectors,
                             size_t batch_rows) {
  const StagePlan& stage = chain.stages[index];
  const OutputPlan* rows = stage.outputs.empty() ? nullptr : &stage.outputs[0];
  std::unique_ptr<Operator> op;
  if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) {
    CHECK(index == 0);
    std::unique_ptr<Source> made = TRY(connectors.source(*source, row_shape(*source, stage)));
    auto ingest =
        std::make_unique<Ingest>(*source, rows->schema, rows->needed, splits_, *parts.state);
    if (stage.with_watermark) ingest->give_watermarks();
    parts.source = std::make_unique<SourceStage>(std::move(made), std::move(ingest),
                                                 stage.with_position, batch_rows);
  } else if (const auto* sink = std::get_if<SinkSpec>(&stage.spec)) {
    const SinkLane lane{.lineage = past_.lineage,
                        .sink = stage.id,
                        .slot = instance,
                        .generation = past_.generation,
                        .is_restored = has_output_of(past_.from, stage.id)};
    std::unique_ptr<Sink> made = TRY(connectors.sink(*sink, lane));
    TRY(prepare_sink(*sink, lane, chain.parallelism, *made));
    auto writes = std::make_unique<SinkStage>(std::move(made));
    if (memory_.output != nullptr) writes->count_in(*memory_.output);
    op = std::move(writes);
  } else {
    op = make_operator(stage, *parts.state, splits_);
  }
  parts.operators.push_back(std::move(op));
  return {};
}

// Whose time reaches the task. Upstream chains come first in the plan.
JobTasks::ReaderSet JobTasks::find_readers(size_t chain, uint32_t instance) const {
  if (plan_.chains[chain].inputs.empty()) return {{chain, instance}};
  ReaderSet readers;
  for (const size_t edge : plan_.chains[chain].inputs) {
    const std::vector<ReaderSet>& from = readers_[plan_.edges[edge].from_chain];
    for (uint32_t i = 0; i < from.size(); ++i) {
      if (is_connected(edge, i, instance)) readers.insert(from[i].begin(), from[i].end());
    }
  }
  return readers;
}

void JobTasks::connect_inputs(size_t chain, uint32_t instance, TaskParts& parts) {
  for (const size_t edge : plan_.chains[chain].inputs) {
    const EdgePlan& plan = plan_.edges[edge];
    size_t gate = 0;
    while (gate < parts.gates.size() && parts.gate_stages[gate] != plan.to_stage) ++gate;
    if (gate == parts.gates.size()) {
      parts.gates.emplace_back();
      parts.gate_stages.push_back(plan.to_stage);
    }
    for (size_t i = 0; i < channels_[edge].size(); ++i) {
      const std::shared_ptr<Channel>& channel = channels_[edge][i][instance];
      if (channel == nullptr) continue;
      const size_t readers = reader_sets_.at(readers_[plan.from_chain][i]);
      parts.gates[gate].add_channel(channel, plan.to_port, {.edge = edge, .readers = readers});
    }
  }
}

void JobTasks::connect_outputs(size_t chain, uint32_t instance, TaskParts& parts) {
  for (const size_t edge : plan_.chains[chain].outputs) {
    auto gate = std::make_unique<OutputGate>(plan_.edges[edge], edge, instance, plan_.key_groups);
    for (const auto& channel : channels_[edge][instance]) {
      if (channel != nullptr) gate->add_channel(channel);
    }
    parts.outputs.push_back(std::move(gate));
  }
}

std::vector<DeclaredTable> JobTasks::tables() const {
  std::vector<DeclaredTable> tables;
  for (const auto& [id, task] : here_) {
    const std::vector<DeclaredTable> more = declared_tables(task->chain(), task->state());
    tables.insert(tables.end(), more.begin(), more.end());
  }
  return merged(std::move(tables));
}

void JobTasks::on_wakeup(const std::map<uint32_t, Wake>& wakes) {
  for (const auto& [id, task] : here_) {
    const Wake& wake = wakes.at(id);
    if (task->source() != nullptr) task->source()->on_wakeup(wake);
    for (SinkStage* sink : task->sinks()) {
      sink->sink().on_wakeup([sink, wake] {
        sink->give_room();
        wake();
      });
    }
  }
  for (size_t edge = 0; edge < plan_.edges.size(); ++edge) {
    const uint32_t first_from = first_tasks_[plan_.edges[edge].from_chain];
    const uint32_t first_to = first_tasks_[plan_.edges[edge].to_chain];
    for (uint32_t i = 0; i < channels_[edge].size(); ++i) {
      for (uint32_t j = 0; j < channels_[edge][i].size(); ++j) {
        const std::shared_ptr<Channel>& channel = channels_[edge][i][j];
        if (channel == nullptr) continue;
        if (placement_.is_here(first_to + j)) channel->on_data(wakes.at(first_to + j));
        if (placement_.is_here(first_from + i)) channel->on_room(wakes.at(first_from + i));
      }
    }
  }
}

bool JobTasks::output_waits_in_memory() const {
  for (const auto& [id, task] : here_) {
    for (SinkStage* sink : task->sinks()) {
      if (sink->sink().waits_in_memory()) return true;
    }
  }
  return false;
}

void JobTasks::on_standing(
    std::function<void(uint32_t task, const ReaderStanding& standing)> told) {
  for (size_t chain = 0; chain < boards_.size(); ++chain) {
    const uint32_t first = first_tasks_[chain];
    boards_[chain]->on_post([this, first, told](size_t reader, const ReaderStanding& standing) {
      const uint32_t task = first + static_cast<uint32_t>(reader);
      if (placement_.is_here(task)) told(task, standing);
    });
  }
}

void JobTasks::post(const std::map<uint32_t, ReaderStanding>& readers) {
  const std::vector<TaskPlace> places = task_places(plan_);
  for (const auto& [id, standing] : readers) {
    if (placement_.is_here(id)) continue;
    boards_[places[id].chain]->post(places[id].instance, standing);
  }
}

void JobTasks::publish_last_reports() {
  for (const auto& [id, task] : here_) task->publish_last_report();
}

TaskReports JobTasks::reports() const {
  TaskReports reports;
  for (const auto& [id, task] : here_) reports.emplace(id, task->report());
  return reports;
}

}  // namespace weir
