#include "runtime/task/job_tasks.h"

#include "operators/make_operator.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Batches in a channel: enough to keep both sides busy, few enough to bound memory and alignment.
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

// Says which table an error is about.
template <typename T>
T for_table(const std::string& table, T result) {
  if (result.ok()) return result;
  Error error = std::move(result).error();
  error.message = fmt::format("table {}: {}", table, error.message);
  return error;
}

void add_stage(const StageReport& one, StageTotals& total) {
  total.counters.rows_in += one.counters.rows_in;
  total.counters.accepted += one.counters.accepted;
  total.counters.filtered += one.counters.filtered;
  total.counters.late += one.counters.late;
  total.counters.bad += one.counters.bad;
  total.counters.rows_out += one.counters.rows_out;
  total.counters.late_pairs += one.counters.late_pairs;
  total.counters.lifted += one.counters.lifted;
  for (size_t port = 0; port < one.emitted.size(); ++port) total.emitted[port] += one.emitted[port];
  for (const auto& [label, rows] : one.bad_by_label) total.bad_by_label[label] += rows;
}

}  // namespace

Result<std::unique_ptr<JobTasks>> JobTasks::build(const Plan& plan,
                                                  const ConnectorFactory& connectors,
                                                  size_t batch_rows, const Past& past) {
  std::unique_ptr<JobTasks> built(new JobTasks(plan, past));
  built->make_channels();
  built->tasks_.resize(plan.chains.size());
  built->readers_.resize(plan.chains.size());
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    TRY(built->build_chain(chain, connectors, batch_rows));
  }
  return built;
}

// Says which table an error is about.
Status JobTasks::prepare_sink(const SinkSpec& spec, const SinkLane& lane, Sink& sink) const {
  SlotPast slot{.is_new = true};
  if (past_.from != nullptr) {
    slot.base = past_.from->id;
    for (const SlotOutput& known : past_.from->slots) {
      if (known.sink == lane.sink && known.slot == lane.slot) slot.is_new = false;
    }
  }
  return for_table(spec.table, sink.prepare(slot));
}

void JobTasks::make_channels() {
  for (const EdgePlan& edge : plan_.edges) {
    const uint32_t from = plan_.chains[edge.from_chain].parallelism;
    const uint32_t to = plan_.chains[edge.to_chain].parallelism;
    auto& lanes = channels_.emplace_back(from);
    for (uint32_t i = 0; i < from; ++i) {
      lanes[i].resize(to);
      for (uint32_t j = 0; j < to; ++j) {
        const bool forward = edge.distribution.kind == DistributionKind::kForward;
        if (!forward || i % to == j) lanes[i][j] = std::make_shared<Channel>(kChannelBatches);
      }
    }
  }
}

Status JobTasks::build_chain(size_t index, const ConnectorFactory& connectors, size_t batch_rows) {
  const ChainPlan& chain = plan_.chains[index];
  const auto board = std::make_shared<SourceBoard>(chain.parallelism);
  for (uint32_t instance = 0; instance < chain.parallelism; ++instance) {
    TaskParts parts;
    parts.name = fmt::format("{} [{}]", chain.stages.back().id, instance);
    parts.state = std::make_unique<TaskState>(
        plan_.key_groups, key_group_range(plan_.key_groups, chain.parallelism, instance),
        std::make_unique<MemoryResidency>());
    for (size_t stage = 0; stage < chain.stages.size(); ++stage) {
      TRY(build_stage(chain, stage, instance, parts, connectors, batch_rows));
    }
    if (parts.source != nullptr) parts.source->join(board, instance);
    readers_[index].push_back(find_readers(index, instance));
    reader_sets_.try_emplace(readers_[index].back(), reader_sets_.size());
    connect_inputs(index, instance, parts);
    connect_outputs(index, instance, parts);
    tasks_[index].push_back(std::make_unique<Task>(chain, std::move(parts)));
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
                        .is_restored = past_.from != nullptr};
    std::unique_ptr<Sink> made = TRY(connectors.sink(*sink, lane));
    TRY(prepare_sink(*sink, lane, *made));
    op = std::make_unique<SinkStage>(std::move(made));
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
    for (size_t i = 0; i < from.size(); ++i) {
      if (channels_[edge][i][instance] != nullptr) readers.insert(from[i].begin(), from[i].end());
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

void JobTasks::on_wakeup(const std::vector<std::vector<Wake>>& wakes) {
  for (size_t chain = 0; chain < tasks_.size(); ++chain) {
    for (size_t i = 0; i < tasks_[chain].size(); ++i) {
      Task& task = *tasks_[chain][i];
      const Wake& wake = wakes[chain][i];
      if (task.source() != nullptr) task.source()->on_wakeup(wake);
      for (SinkStage* sink : task.sinks()) {
        sink->sink().on_wakeup([sink, wake] {
          sink->give_room();
          wake();
        });
      }
    }
  }
  for (size_t edge = 0; edge < plan_.edges.size(); ++edge) {
    for (size_t i = 0; i < channels_[edge].size(); ++i) {
      for (size_t j = 0; j < channels_[edge][i].size(); ++j) {
        if (channels_[edge][i][j] == nullptr) continue;
        channels_[edge][i][j]->on_data(wakes[plan_.edges[edge].to_chain][j]);
        channels_[edge][i][j]->on_room(wakes[plan_.edges[edge].from_chain][i]);
      }
    }
  }
}

Status JobTasks::open_splits(const ConnectorFactory& connectors, int64_t now) {
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    const StagePlan& stage = plan_.chains[chain].stages[0];
    const auto* spec = std::get_if<SourceSpec>(&stage.spec);
    if (spec == nullptr) continue;
    Discovery& discovery = discoveries_.emplace_back();
    discovery.source = TRY(connectors.source(*spec, row_shape(*spec, stage)));
    for (const auto& task : tasks_[chain]) discovery.tasks.push_back(task.get());
    discovery.table = spec->table;
    discovery.step = stage.id;
    TRY(open_new_splits(discovery, true, now));
    if (discovery.source->rediscover_every().has_value()) continue;
    for (Task* task : discovery.tasks) task->source()->close_splits();
  }
  return {};
}

Status JobTasks::open_new_splits(Discovery& discovery, bool at_start, int64_t now) {
  std::vector<Split> splits = TRY(for_table(discovery.table, discovery.source->discover()));
  for (Split& split : splits) {
    if (discovery.known.contains(split.name)) continue;
    const size_t number = discovery.known.size();
    split.id = splits_.add({.source = split.source, .part = split.name});
    discovery.known.insert(split.name);
    Task& task = *discovery.tasks[number % discovery.tasks.size()];
    SourceStage& stage = *task.source();
    const SplitState* restored = restored_split(discovery.step, split.name);
    if (restored != nullptr && at_start) task.state().splits()[split.name] = *restored;
    if (restored != nullptr && restored->finished) continue;
    const bool was_read = restored_splits_.contains(discovery.step);
    const bool is_new = restored == nullptr && (!at_start || was_read);
    std::unique_ptr<SplitReader> reader = TRY(
        stage.source().open(split, restored == nullptr ? nullptr : &restored->position, is_new));
    stage.add_split({.split = std::move(split), .reader = std::move(reader)});
  }
  if (at_start) TRY(check_splits(discovery));
  discovery.next_at = now + discovery.source->rediscover_every().value_or(0);
  return {};
}

bool JobTasks::is_bounded() const {
  return std::all_of(discoveries_.begin(), discoveries_.end(),
                     [](const Discovery& d) { return d.source->is_bounded(); });
}

bool JobTasks::output_waits_in_memory() const {
  for (const ByInstance& chain : tasks_) {
    for (const auto& task : chain) {
      for (SinkStage* sink : task->sinks()) {
        if (sink->sink().waits_in_memory()) return true;
      }
    }
  }
  return false;
}

bool JobTasks::rediscovers() const {
  return std::any_of(discoveries_.begin(), discoveries_.end(),
                     [](const Discovery& d) { return d.source->rediscover_every().has_value(); });
}

Result<bool> JobTasks::find_new_splits(int64_t now) {
  bool looked = false;
  for (Discovery& discovery : discoveries_) {
    if (!discovery.source->rediscover_every().has_value() || discovery.next_at > now) continue;
    TRY(open_new_splits(discovery, false, now));
    looked = true;
  }
  return looked;
}

void JobTasks::publish_reports() {
  for (const ByInstance& chain : tasks_) {
    for (const auto& task : chain) task->publish_report();
  }
}

void JobTasks::add_written(const Task& task, size_t chain, size_t first_stage,
                           JobReport& report) const {
  const std::vector<StagePlan>& stages = plan_.chains[chain].stages;
  size_t next = 0;  // A task has its sinks in the order of the stages.
  for (size_t i = 0; i < stages.size(); ++i) {
    if (!std::holds_alternative<SinkSpec>(stages[i].spec)) continue;
    const std::optional<RowTotals> written = task.sinks()[next++]->sink().totals();
    if (!written.has_value()) continue;
    std::optional<RowTotals>& total = report.stages[first_stage + i].written;
    if (!total.has_value()) total.emplace();
    total->add(*written);
  }
}

JobReport JobTasks::report(bool ended) const {
  JobReport report;
  report.watermark = kMaxTime;
  int64_t highest = kMinTime;  // Where time stands when all are idle.
  for (size_t chain = 0; chain < tasks_.size(); ++chain) {
    const size_t first = report.stages.size();
    for (const StagePlan& stage : plan_.chains[chain].stages) {
      report.stages.push_back({.id = stage.id, .plan = &stage});
      report.stages.back().emitted.resize(stage.outputs.size());
    }
    for (const auto& task : tasks_[chain]) {
      const TaskReport one = task->report();
      report.state_bytes += one.state_bytes;
      if (task->source() != nullptr) {
        if (!one.idle) report.watermark = std::min(report.watermark, one.watermark);
        highest = std::max(highest, one.watermark);
        report.splits.insert(report.splits.end(), one.splits.begin(), one.splits.end());
        report.stages[first].records_lost += one.records_lost;
        if (one.backlog.has_value()) {
          report.backlog = report.backlog.value_or(0) + *one.backlog;
        }
      }
      for (size_t i = 0; i < one.stages.size(); ++i) {
        add_stage(one.stages[i], report.stages[first + i]);
      }
      if (ended) add_written(*task, chain, first, report);
    }
  }
  report.watermark = std::min(report.watermark, highest);
  return report;
}

std::vector<std::string> JobTasks::unbalanced() const {
  std::vector<std::string> gaps;
  const auto compare = [&gaps](const std::string& what, uint64_t sent, uint64_t received) {
    if (sent == received) return;
    gaps.push_back(fmt::format("{}: rows sent {}, rows received {}", what, sent, received));
  };
  const JobReport totals = report(false);
  size_t next = 0;
  for (const ChainPlan& chain : plan_.chains) {
    const size_t first = next;
    for (const StagePlan& stage : chain.stages) {
      const StageTotals& total = totals.stages[next++];
      if (total.records_lost != 0) {
        gaps.push_back(fmt::format("{}: {} records read are neither rows nor bad nor skipped",
                                   total.id, total.records_lost));
      }
      if (!total.counters.balanced()) {
        gaps.push_back(
            fmt::format("{}: rows in {} are not accepted {} + filtered {} + late {} + bad {}",
                        total.id, total.counters.rows_in, total.counters.accepted,
                        total.counters.filtered, total.counters.late, total.counters.bad));
      }
      for (size_t port = 0; port < stage.outputs.size(); ++port) {
        for (const Target& target : stage.outputs[port].targets) {
          const auto* to = std::get_if<StageTarget>(&target);
          if (to == nullptr) continue;
          compare(fmt::format("{} -> {}", stage.id, chain.stages[to->stage].id),
                  total.emitted[port], totals.stages[first + to->stage].counters.rows_in);
        }
      }
    }
  }
  for (size_t edge = 0; edge < plan_.edges.size(); ++edge) {
    uint64_t sent = 0;
    uint64_t received = 0;
    for (const auto& task : tasks_[plan_.edges[edge].from_chain]) sent += task->rows_sent(edge);
    for (const auto& task : tasks_[plan_.edges[edge].to_chain])
      received += task->rows_received(edge);
    compare(plan_.edges[edge].name, sent, received);
  }
  return gaps;
}

}  // namespace weir
