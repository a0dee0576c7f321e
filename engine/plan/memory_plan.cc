#include "engine/plan/memory_plan.h"

#include "engine/data/text_form.h"
#include "engine/plan/numbering.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;

// Measured (tests/bench/memory): stacks, libraries and threads of a process that has one job.
constexpr uint64_t kProcessBytes = 32 * kMiB;
// Of all that is allocated, what the allocator cannot hand out or back, as one part in so many.
constexpr uint64_t kSlackPart = 8;
// Batches that a task has in work, and buffers of its readers and writers.
constexpr uint64_t kTaskBytes = 10 * kMiB;
// Credit of a channel between processes, and the frames that it is made of.
constexpr uint64_t kRemoteBytes = 1280 * kKiB;
constexpr uint64_t kChannelBytesMin = 512 * kKiB;
constexpr uint64_t kChannelBytesMax = 8 * kMiB;
// Of records in a Kafka queue: what librdkafka keeps beside a record of some hundred bytes makes it
// about so many times as large.
constexpr uint64_t kQueueFactor = 4;
constexpr uint64_t kQueueBytesMin = 4 * kMiB;
constexpr uint64_t kQueueBytesMax = 64 * kMiB;
// Output of an epoch: what waits, and what stands in the transaction that delivers it.
constexpr uint64_t kOutputBytesMin = 24 * kMiB;
constexpr uint64_t kOutputBytesMax = 2048 * kMiB;
constexpr uint64_t kTransactionPart = 4;
// Rows of a task with state that stay in memory, whatever their number.
constexpr uint64_t kStateBytesMin = 8 * kMiB;
// What RocksDB takes for those that leave, its compaction above all.
constexpr uint64_t kStoreBytesMin = 8 * kMiB;
constexpr uint64_t kStoreBytesMax = 32 * kMiB;
// Of what is left where there is state, one part in so many may make queues longer.
constexpr uint64_t kQueuesPart = 3;

bool has_state(const VertexSpec& spec) {
  return !std::holds_alternative<SourceSpec>(spec) && !std::holds_alternative<SinkSpec>(spec) &&
         !std::holds_alternative<ProjectSpec>(spec) && !std::holds_alternative<UnionSpec>(spec) &&
         !std::holds_alternative<AssignWindowSpec>(spec) &&
         !std::holds_alternative<ProcessingTimeSpec>(spec);
}

// Absent where the table does not say it, or not so that it can be read: the connector refuses it.
std::optional<uint64_t> stated_buffer(const OptionMap& options) {
  const auto found = options.find("buffer_bytes");
  if (found == options.end()) return std::nullopt;
  const Result<int64_t> bytes = parse_bigint(found->second);
  if (!bytes.ok() || *bytes <= 0) return std::nullopt;
  return static_cast<uint64_t>(*bytes);
}

// So many of one kind, each of which has at least `least` and a use for `most`.
struct Demand {
  std::string what;
  uint64_t count = 0;
  uint64_t least = 0;
  uint64_t most = 0;

  uint64_t more = 0;  // Than the least, of each.

  uint64_t growth() const { return count * (most - least); }
  uint64_t each() const { return least + more; }
  uint64_t all() const { return count * each(); }
};

// What a plan asks for, before the number is looked at.
struct Demands {
  std::vector<Demand> fixed;
  Demand channels{"channels", 0, kChannelBytesMin, kChannelBytesMax};
  Demand consumers{"kafka readers", 0, kQueueFactor* kQueueBytesMin, kQueueFactor* kQueueBytesMax};
  Demand producers{"kafka writers", 0, kQueueFactor* kQueueBytesMin, kQueueFactor* kQueueBytesMax};
  Demand output{"kafka output that waits for its checkpoint", 0, kOutputBytesMin, kOutputBytesMax};
  uint64_t stateful = 0;  // Tasks

  Demand stores{"files of rows out of memory", 0, kStoreBytesMin, kStoreBytesMax};

  std::vector<Demand*> queues() { return {&channels, &consumers, &producers, &stores}; }
  std::vector<const Demand*> elastic() const {
    return {&channels, &consumers, &producers, &stores, &output};
  }
};

bool is_here(const MemorySetup& setup, uint32_t task) {
  return setup.here.empty() || setup.here[task];
}

// Channels with an end here, and how many of them have the other end elsewhere.
void count_channels(const Plan& plan, const MemorySetup& setup, Demands& demands) {
  const std::vector<uint32_t> first = first_tasks(plan);
  uint64_t remote = 0;
  for (const EdgePlan& edge : plan.edges) {
    const uint32_t to_tasks = plan.chains[edge.to_chain].parallelism;
    for (uint32_t from = 0; from < plan.chains[edge.from_chain].parallelism; ++from) {
      for (uint32_t to = 0; to < to_tasks; ++to) {
        const bool forward = edge.distribution.kind == DistributionKind::kForward;
        if (forward && from % to_tasks != to) continue;
        const bool sends = is_here(setup, first[edge.from_chain] + from);
        const bool receives = is_here(setup, first[edge.to_chain] + to);
        if (!sends && !receives) continue;
        ++demands.channels.count;
        if (sends != receives) ++remote;
      }
    }
  }
  if (remote != 0) {
    demands.fixed.push_back({"channels to other workers", remote, kRemoteBytes, kRemoteBytes});
  }
}

void count_connector(const SourceSpec& spec, uint64_t tasks, Demands& demands) {
  if (spec.connector != "kafka") return;
  const std::optional<uint64_t> stated = stated_buffer(spec.options);
  if (!stated.has_value()) {
    demands.consumers.count += tasks;
    return;
  }
  const uint64_t bytes = kQueueFactor * *stated;
  demands.fixed.push_back({"kafka readers of " + spec.table, tasks, bytes, bytes});
}

void count_connector(const SinkSpec& spec, uint64_t tasks, Demands& demands) {
  if (spec.connector != "kafka") return;
  if (spec.delivery == Delivery::kExactlyOnce) {
    demands.output.count += tasks;
    return;
  }
  const std::optional<uint64_t> stated = stated_buffer(spec.options);
  if (!stated.has_value()) {
    demands.producers.count += tasks;
    return;
  }
  const uint64_t bytes = kQueueFactor * *stated;
  demands.fixed.push_back({"kafka writers of " + spec.table, tasks, bytes, bytes});
}

Demands demands_of(const Plan& plan, const MemorySetup& setup) {
  Demands demands;
  const uint64_t process = kProcessBytes * setup.slots_used / setup.slots;
  demands.fixed.push_back({"the process", 1, process, process});
  demands.fixed.push_back({"tasks", 0, kTaskBytes, kTaskBytes});
  const std::vector<uint32_t> first = first_tasks(plan);
  for (size_t i = 0; i < plan.chains.size(); ++i) {
    const ChainPlan& chain = plan.chains[i];
    uint64_t tasks = 0;
    for (uint32_t k = 0; k < chain.parallelism; ++k) tasks += is_here(setup, first[i] + k) ? 1 : 0;
    demands.fixed[1].count += tasks;
    bool stateful = false;
    for (const StagePlan& stage : chain.stages) {
      stateful = stateful || has_state(stage.spec);
      if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) {
        count_connector(*source, tasks, demands);
      } else if (const auto* sink = std::get_if<SinkSpec>(&stage.spec)) {
        count_connector(*sink, tasks, demands);
      }
    }
    if (stateful) demands.stateful += tasks;
  }
  demands.stores.count = demands.stateful;
  count_channels(plan, setup, demands);
  return demands;
}

std::string named(const Demand& demand) {
  return demand.count == 1 ? demand.what : fmt::format("{} ({})", demand.what, demand.count);
}

uint64_t least_state(const Demands& demands, const MemorySetup& setup) {
  return demands.stateful * kStateBytesMin * (setup.is_copied ? 2 : 1);
}

// The sum of what each must have, without the allocator's part of it.
uint64_t least_of(const Demands& demands, const MemorySetup& setup) {
  uint64_t sum = least_state(demands, setup);
  for (const Demand& demand : demands.fixed) sum += demand.all();
  for (const Demand* demand : demands.elastic()) sum += demand->all();
  return sum;
}

uint64_t with_slack(uint64_t bytes) { return bytes + (bytes + kSlackPart - 2) / (kSlackPart - 1); }

// Of the whole process, for so much of the job's own.
uint64_t whole_of(uint64_t own, const MemorySetup& setup) {
  return (own * setup.slots + setup.slots_used - 1) / setup.slots_used;
}

void add(MemoryPlan& plan, std::string what, uint64_t bytes) {
  if (bytes != 0) plan.parts.push_back({std::move(what), bytes});
}

// Rows of state, and the copy of them where there is one.
void add_state(MemoryPlan& plan, uint64_t bytes, const MemorySetup& setup) {
  plan.state_bytes = setup.is_copied ? bytes / 2 : bytes;
  add(plan, "state: the copy for a checkpoint", bytes - plan.state_bytes);
  add(plan, "state: rows in memory", plan.state_bytes);
}

// So much for all of these, to each the same part of what it has a use for. What is left.
uint64_t grow(const std::vector<Demand*>& demands, uint64_t bytes) {
  uint64_t growth = 0;
  for (const Demand* demand : demands) growth += demand->growth();
  if (growth == 0) return bytes;
  const double part = static_cast<double>(std::min(growth, bytes)) / static_cast<double>(growth);
  for (Demand* demand : demands) {
    demand->more = static_cast<uint64_t>(part * static_cast<double>(demand->most - demand->least));
  }
  return bytes - std::min(growth, bytes);
}

// Queues first, but for half where output waits too, which has a use for much more.
void grow(Demands& demands, uint64_t bytes) {
  const uint64_t kept = demands.output.count == 0 ? 0 : bytes / 2;
  grow({&demands.output}, kept + grow(demands.queues(), bytes - kept));
}

Error refusal(const Demands& demands, const MemorySetup& setup, const MemoryPlan& plan) {
  MemoryPlan least{.bytes = plan.least_bytes};
  for (const Demand& demand : demands.fixed) add(least, named(demand), demand.all());
  for (const Demand* demand : demands.elastic()) add(least, named(*demand), demand->all());
  add_state(least, least_state(demands, setup), setup);
  add(least, "the allocator's own", plan.least_bytes - least_of(demands, setup));
  const uint64_t number = (whole_of(plan.least_bytes, setup) + kMiB - 1) / kMiB;
  const std::string share = setup.slots == 1
                                ? std::string()
                                : fmt::format(" for {} of {} slots", setup.slots_used, setup.slots);
  return user_error(fmt::format(
      "the job does not fit in memory = {}{}: write {}MiB or more, or lower the parallelism; what "
      "it needs: {}",
      size_text(setup.bytes), share, number, memory_text(least)));
}

}  // namespace

uint64_t least_memory(const Plan& plan, const MemorySetup& setup) {
  return whole_of(with_slack(least_of(demands_of(plan, setup), setup)), setup);
}

Result<MemoryPlan> plan_memory(const Plan& plan, const MemorySetup& setup) {
  CHECK(setup.slots_used > 0);
  CHECK(setup.slots_used <= setup.slots);
  Demands demands = demands_of(plan, setup);
  const uint64_t least = least_of(demands, setup);
  MemoryPlan memory{.bytes = setup.own_bytes()};
  memory.least_bytes = with_slack(least);
  if (memory.bytes < memory.least_bytes) return refusal(demands, setup, memory);

  const uint64_t slack = memory.bytes / kSlackPart;
  const uint64_t spare = memory.bytes - slack - least;
  grow(demands, demands.stateful == 0 ? spare : spare / kQueuesPart);
  for (const Demand& demand : demands.fixed) add(memory, named(demand), demand.all());
  for (const Demand* demand : demands.elastic()) add(memory, named(*demand), demand->all());
  add(memory, "the allocator's own", slack);
  if (demands.channels.count != 0) memory.channel_bytes = demands.channels.each();
  if (demands.consumers.count != 0) {
    memory.consumer_bytes = demands.consumers.each() / kQueueFactor;
  }
  if (demands.producers.count != 0) {
    memory.producer_bytes = demands.producers.each() / kQueueFactor;
  }
  memory.output_bytes = demands.output.all();
  uint64_t taken = 0;
  for (const MemoryPart& one : memory.parts) taken += one.bytes;
  const uint64_t rest = memory.bytes - taken;
  if (demands.stateful == 0) {
    add(memory, "not used", rest);
  } else {
    add_state(memory, rest, setup);
  }
  return memory;
}

OptionMap within(const MemoryPlan& memory, const SourceSpec& spec) {
  OptionMap options = spec.options;
  if (spec.connector == "kafka" && memory.consumer_bytes != 0) {
    options.try_emplace("buffer_bytes", fmt::to_string(memory.consumer_bytes));
  }
  return options;
}

OptionMap within(const MemoryPlan& memory, const SinkSpec& spec) {
  OptionMap options = spec.options;
  if (spec.connector != "kafka") return options;
  // What waits for a checkpoint is counted for all sinks together; a buffer is of one transaction.
  const bool waits = spec.delivery == Delivery::kExactlyOnce;
  const uint64_t bytes = waits ? memory.output_bytes / kTransactionPart : memory.producer_bytes;
  if (bytes != 0) options.try_emplace("buffer_bytes", fmt::to_string(bytes));
  return options;
}

std::string size_text(uint64_t bytes) {
  const auto in = [bytes](uint64_t unit, const char* name) {
    const uint64_t tenths = (bytes * 10 + unit / 2) / unit;
    if (tenths % 10 == 0) return fmt::format("{} {}", tenths / 10, name);
    return fmt::format("{}.{} {}", tenths / 10, tenths % 10, name);
  };
  if (bytes >= 1024 * kMiB) return in(1024 * kMiB, "GiB");
  if (bytes >= kMiB) return in(kMiB, "MiB");
  return in(kKiB, "KiB");
}

std::string memory_text(const MemoryPlan& memory) {
  std::string text = size_text(memory.bytes) + "\n";
  for (const MemoryPart& part : memory.parts) {
    text += fmt::format("  {:<46} {:>10}\n", part.what, size_text(part.bytes));
  }
  return text;
}

}  // namespace weir
