#include "runtime/task/job.h"

#include "operators/make_operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace weir {
namespace {

// Batches in a channel: enough to keep both sides busy, few enough to bound memory and alignment.
constexpr size_t kChannelBatches = 8;
constexpr int64_t kTimeoutMaxMicros = int64_t{365} * 24 * 3600 * 1'000'000;

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

Job::Job(Plan plan) : plan_(std::move(plan)) {}

Job::~Job() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (rediscovery_.joinable()) rediscovery_.join();
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
  // Connectors may wake their task until they are gone, and tasks go before the executors they
  // wake.
  tasks_.clear();
}

Result<std::unique_ptr<Job>> Job::start(Plan plan, const ConnectorFactory& connectors,
                                        const RunOptions& options) {
  std::unique_ptr<Job> job(new Job(std::move(plan)));
  TRY(job->build(connectors, options));
  TRY(job->open_splits(connectors));
  for (const auto& executor : job->executors_) executor->start();
  const bool rediscovers =
      std::any_of(job->discoveries_.begin(), job->discoveries_.end(),
                  [](const Discovery& d) { return d.source->rediscover_every().has_value(); });
  if (rediscovers) job->rediscovery_ = std::thread([raw = job.get()] { raw->rediscover(); });
  return job;
}

Status Job::build(const ConnectorFactory& connectors, const RunOptions& options) {
  make_channels();
  tasks_.resize(plan_.chains.size());
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    TRY(build_chain(chain, connectors, options));
  }
  place_tasks(options.executors);
  return {};
}

void Job::make_channels() {
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

Status Job::build_chain(size_t index, const ConnectorFactory& connectors,
                        const RunOptions& options) {
  const ChainPlan& chain = plan_.chains[index];
  const auto board = std::make_shared<SourceBoard>(chain.parallelism);
  for (uint32_t instance = 0; instance < chain.parallelism; ++instance) {
    TaskParts parts;
    parts.name = fmt::format("{} [{}]", chain.stages.back().id, instance);
    parts.state = std::make_unique<TaskState>(
        plan_.key_groups, key_group_range(plan_.key_groups, chain.parallelism, instance),
        std::make_unique<MemoryResidency>());
    for (size_t stage = 0; stage < chain.stages.size(); ++stage) {
      TRY(build_stage(chain, stage, instance, parts, connectors, options));
    }
    if (parts.source != nullptr) parts.source->join(board, instance);
    connect_inputs(index, instance, parts);
    connect_outputs(index, instance, parts);
    tasks_[index].push_back(std::make_unique<Task>(chain, std::move(parts)));
  }
  return {};
}

Status Job::build_stage(const ChainPlan& chain, size_t index, uint32_t instance, TaskParts& parts,
                        const ConnectorFactory& connectors, const RunOptions& options) {
  const StagePlan& stage = chain.stages[index];
  const OutputPlan* rows = stage.outputs.empty() ? nullptr : &stage.outputs[0];
  std::unique_ptr<Operator> op;
  if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) {
    CHECK(index == 0);
    std::unique_ptr<Source> made = TRY(connectors.source(*source, row_shape(*source, stage)));
    auto ingest =
        std::make_unique<Ingest>(*source, rows->schema, rows->needed, splits_, *parts.state);
    parts.source = std::make_unique<SourceStage>(std::move(made), std::move(ingest),
                                                 stage.with_position, options.batch_rows);
  } else if (const auto* sink = std::get_if<SinkSpec>(&stage.spec)) {
    const SinkLane lane{.lineage = options.lineage,
                        .sink = stage.id,
                        .slot = instance,
                        .generation = Generation(1)};
    std::unique_ptr<Sink> made = TRY(connectors.sink(*sink, lane));
    TRY(for_table(sink->table, made->prepare({.is_new = true})));
    op = std::make_unique<SinkStage>(std::move(made));
  } else {
    op = make_operator(stage, *parts.state, splits_);
  }
  parts.operators.push_back(std::move(op));
  return {};
}

void Job::connect_inputs(size_t chain, uint32_t instance, TaskParts& parts) {
  for (const size_t edge : plan_.chains[chain].inputs) {
    const EdgePlan& plan = plan_.edges[edge];
    size_t gate = 0;
    while (gate < parts.gates.size() && parts.gate_stages[gate] != plan.to_stage) ++gate;
    if (gate == parts.gates.size()) {
      parts.gates.emplace_back();
      parts.gate_stages.push_back(plan.to_stage);
    }
    for (auto& lanes : channels_[edge]) {
      if (lanes[instance] != nullptr) {
        parts.gates[gate].add_channel(lanes[instance], plan.to_port, edge);
      }
    }
  }
}

void Job::connect_outputs(size_t chain, uint32_t instance, TaskParts& parts) {
  for (const size_t edge : plan_.chains[chain].outputs) {
    auto gate = std::make_unique<OutputGate>(plan_.edges[edge], edge, instance, plan_.key_groups);
    for (const auto& channel : channels_[edge][instance]) {
      if (channel != nullptr) gate->add_channel(channel);
    }
    parts.outputs.push_back(std::move(gate));
  }
}

// Instance i of every chain goes to executor i: what is forward-connected shares a core.
void Job::place_tasks(size_t executors) {
  for (size_t i = 0; i < executors; ++i) {
    executors_.push_back(std::make_unique<Executor>(
        [this](Task&, Status status) { task_ended(std::move(status)); }));
  }
  std::vector<std::vector<std::function<void()>>> wakes(tasks_.size());
  for (size_t chain = 0; chain < tasks_.size(); ++chain) {
    for (size_t i = 0; i < tasks_[chain].size(); ++i) {
      Task& task = *tasks_[chain][i];
      const std::function<void()> wake = executors_[i % executors]->add(task);
      wakes[chain].push_back(wake);
      if (task.source() != nullptr) task.source()->on_wakeup(wake);
      for (SinkStage* sink : task.sinks()) {
        sink->sink().on_wakeup([sink, wake] {
          sink->give_room();
          wake();
        });
      }
      ++running_;
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

Status Job::open_splits(const ConnectorFactory& connectors) {
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    const StagePlan& stage = plan_.chains[chain].stages[0];
    const auto* spec = std::get_if<SourceSpec>(&stage.spec);
    if (spec == nullptr) continue;
    Discovery& discovery = discoveries_.emplace_back();
    discovery.source = TRY(connectors.source(*spec, row_shape(*spec, stage)));
    for (const auto& task : tasks_[chain]) discovery.tasks.push_back(task.get());
    discovery.table = spec->table;
    TRY(open_new_splits(discovery, true));
    if (discovery.source->rediscover_every().has_value()) continue;
    for (Task* task : discovery.tasks) task->source()->close_splits();
  }
  return {};
}

Status Job::open_new_splits(Discovery& discovery, bool at_start) {
  std::vector<Split> splits = TRY(for_table(discovery.table, discovery.source->discover()));
  for (Split& split : splits) {
    if (discovery.known.contains(split.name)) continue;
    const size_t number = discovery.known.size();
    split.id = splits_.add({.source = split.source, .part = split.name});
    discovery.known.insert(split.name);
    SourceStage& stage = *discovery.tasks[number % discovery.tasks.size()]->source();
    std::unique_ptr<SplitReader> reader = TRY(stage.source().open(split, nullptr, !at_start));
    stage.add_split({.split = std::move(split), .reader = std::move(reader)});
  }
  discovery.next_at = wall_clock_micros() + discovery.source->rediscover_every().value_or(0);
  return {};
}

// The background thread: looks for new splits now and then until the job ends.
void Job::rediscover() {
  std::unique_lock lock(mutex_);
  while (!stopping_ && running_ != 0 && !first_error_.has_value()) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    const int64_t now = wall_clock_micros();
    for (Discovery& discovery : discoveries_) {
      if (!discovery.source->rediscover_every().has_value() || discovery.next_at > now) continue;
      lock.unlock();
      const Status status = open_new_splits(discovery, false);
      if (!status.ok()) {
        task_ended(status.error());
      } else {
        for (const auto& executor : executors_) executor->wake_all();
      }
      lock.lock();
    }
  }
}

void Job::task_ended(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      --running_;
    } else if (!first_error_.has_value()) {
      first_error_ = status.error();
    }
  }
  changed_.notify_all();
}

void Job::stop() {
  for (const auto& chain : tasks_) {
    for (const auto& task : chain) task->stop();
  }
  for (const auto& executor : executors_) executor->wake_all();
}

std::optional<Status> Job::wait_for(int64_t timeout_micros) {
  {
    std::unique_lock lock(mutex_);
    // The wait adds it to the clock, which must not overflow.
    const int64_t timeout = std::min(timeout_micros, kTimeoutMaxMicros);
    changed_.wait_for(lock, std::chrono::microseconds(timeout),
                      [this] { return running_ == 0 || first_error_.has_value(); });
    if (running_ != 0 && !first_error_.has_value()) return std::nullopt;
  }
  for (const auto& executor : executors_) executor->stop();
  for (const auto& executor : executors_) executor->join();
  const std::lock_guard lock(mutex_);
  if (first_error_.has_value()) return Status(*first_error_);
  if (finished_) return Status();
  finished_ = true;
  Status delivered = finish();
  if (!delivered.ok()) first_error_ = delivered.error();
  return delivered;
}

// Output of the whole job becomes visible only when all of it is complete.
Status Job::finish() {
  for (const auto& chain : tasks_) {
    for (const auto& task : chain) {
      for (SinkStage* sink : task->sinks()) {
        CHECK(sink->sealed().has_value());
        TRY(sink->sink().deliver({Generation(1), Epoch(1)}, *sink->sealed()));
      }
    }
  }
  return {};
}

void Job::add_written(const Task& task, size_t chain, size_t first_stage, JobReport& report) const {
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

JobReport Job::report() const {
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
      if (finished_) add_written(*task, chain, first, report);
    }
  }
  report.watermark = std::min(report.watermark, highest);
  return report;
}

std::vector<std::string> Job::unbalanced() const {
  std::vector<std::string> gaps;
  const auto compare = [&gaps](const std::string& what, uint64_t sent, uint64_t received) {
    if (sent == received) return;
    gaps.push_back(fmt::format("{}: rows sent {}, rows received {}", what, sent, received));
  };
  const JobReport totals = report();
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
