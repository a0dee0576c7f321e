#include "tests/operators/harness.h"

#include "engine/plan/specs.h"
#include "engine/time/watermark.h"
#include "tests/state/map_store.h"
#include "tests/state/saved.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace weir {
namespace {

constexpr uint32_t kGroups = 128;
constexpr size_t kBatchesInOneCallMax = 8;
constexpr int kCallsMax = 10'000;
constexpr uint64_t kWalkedBytes = 256;  // A few rows: windows fire in several parts.
constexpr int64_t kNow = 1'700'000'000'000'000;

// Pending at first asking, ready at the second; what is used must have been granted for the call of
// process in work.
class StrictResidency : public Residency {
 public:
  Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch&, Selection) override {
    return ask(Asked{"keys", std::string(table), slice});
  }
  Readiness prefetch_part(std::string_view table, StoreId store, HashPart part,
                          KeyedTable&) override {
    granted_.insert(Asked{"slice", std::string(table), store.end});
    return ask(Asked{"part " + std::to_string(part.index), std::string(table), store.end});
  }
  // More than it takes: each is to be asked for.
  uint32_t parts(std::string_view, const std::vector<StoreId>&, uint64_t) override { return 4; }
  Readiness prefetch_until(std::string_view table, int64_t) override {
    return ask(Asked{"until", std::string(table), 0});
  }
  void used(std::string_view table, int64_t slice) override {
    INFO("table " << table << ", slice " << slice);
    const auto is_granted = [&](const char* kind) {
      return granted_.contains(Asked{kind, std::string(table), slice});
    };
    REQUIRE((is_granted("slice") || is_granted("keys") || is_granted("until")));
  }

  void begin_element() {
    asked_.clear();
    granted_.clear();
  }
  // What was granted for one call must be asked for again before the next; it is still in memory.
  void end_call() { granted_.clear(); }
  size_t times_pending() const { return times_pending_; }

 private:
  struct Asked {
    std::string kind;
    std::string table;
    int64_t slice;
    auto operator<=>(const Asked&) const = default;
  };

  Readiness ask(Asked asked) {
    if (asked_.insert(asked).second) {
      ++times_pending_;
      return Readiness::kPending;
    }
    granted_.insert(std::move(asked));
    return Readiness::kReady;
  }

  std::set<Asked> asked_;
  std::set<Asked> granted_;
  size_t times_pending_ = 0;
};

// Where the rows of an instance go that are not in memory.
struct Disk {
  const StoreFolder folder = StoreFolder::quick();
  StateBudget budget{0};
};

struct Instance {
  std::unique_ptr<Disk> disk;
  std::unique_ptr<TaskState> state;
  std::unique_ptr<Operator> op;
  StrictResidency* residency = nullptr;  // The state owns it.
  std::vector<std::string> saved;        // The chain of its files.
  std::optional<WarmCut> warm;           // The last one.
};

void add(const StepCounters& one, StepCounters& sum) {
  sum.rows_in += one.rows_in;
  sum.accepted += one.accepted;
  sum.filtered += one.filtered;
  sum.late += one.late;
  sum.bad += one.bad;
  sum.rows_out += one.rows_out;
  sum.late_pairs += one.late_pairs;
}

class Runner : public Output {
 public:
  Runner(const OperatorCase& the_case, const Schedule& schedule)
      : case_(the_case), schedule_(schedule), random_(schedule.seed) {}

  Run run() {
    const Steps steps = rebatched(case_.input, schedule_.batching, random_);
    start(schedule_.instances[0]);
    for (size_t i = 0; i < steps.size(); ++i) {
      INFO("element " << i << " of " << steps.size());
      now_ = kNow + (case_.clock ? case_.clock(i) : 0);
      tell_time();
      feed(steps[i]);
      after_element(i);
    }
    finish(steps);
    return std::move(run_);
  }

  void emit(Port port, RecordBatch batch) override {
    REQUIRE(is_open(port));
    check_batch(port, batch);
    ++emitted_in_call_;
    for (std::string& row : json_rows(batch)) run_.rows[port].push_back(std::move(row));
    if (port != kRowsPort) return;
    rows_out_ += batch.size();
    run_.out.push_back({kRowsPort, std::move(batch)});
  }

  bool is_open(Port port) const override {
    return port.value() < case_.outputs.size() && case_.open[port.value()];
  }

 private:
  // Anew, from what the instances before had saved.
  void start(uint32_t count) {
    const std::vector<Instance> before = std::exchange(instances_, {});
    for (uint32_t i = 0; i < count; ++i) {
      Instance& instance = instances_.emplace_back();
      std::unique_ptr<Residency> residency = std::make_unique<MemoryResidency>();
      if (schedule_.pending_first) {
        auto strict = std::make_unique<StrictResidency>();
        instance.residency = strict.get();
        residency = std::move(strict);
      } else if (schedule_.evicts) {
        instance.disk = std::make_unique<Disk>();
        residency =
            std::make_unique<TieredResidency>(TierSetup{.folder = instance.disk->folder.path(),
                                                        .open = &MapStore::open,
                                                        .budget = &instance.disk->budget,
                                                        .walked_bytes_min = kWalkedBytes});
      }
      instance.state = std::make_unique<TaskState>(kGroups, key_group_range(kGroups, count, i),
                                                   std::move(residency));
      instance.op = case_.make(*instance.state);
      if (schedule_.evicts) bring_cuts(before, count, i);
      for (const Instance& old : before) {
        const Status status = restore(*instance.state, old.saved);
        INFO((status.ok() ? "" : status.error().message));
        REQUIRE(status.ok());
      }
    }
  }

  // What the instances before had out of memory, for the one that was just made.
  void bring_cuts(const std::vector<Instance>& before, uint32_t count, uint32_t index) {
    TaskState& state = *instances_[index].state;
    if (before.size() == count) {
      const std::optional<WarmCut>& cut = before[index].warm;
      if (!cut.has_value()) return;
      std::filesystem::copy(cut->folder, state.cut_folder());
      REQUIRE(state.adopt_cut().ok());
      return;
    }
    for (const Instance& old : before) {
      if (!old.warm.has_value()) continue;
      const auto store = MapStore::open(old.warm->folder);
      REQUIRE(state.take_in(**store).ok());
    }
  }

  // All of them whole.
  std::vector<std::string> snapshots() {
    std::vector<std::string> all;
    for (Instance& instance : instances_) all.push_back(whole_of(*instance.state));
    return all;
  }

  void save() {
    for (Instance& instance : instances_) {
      const Freeze what = instance.saved.empty() ? Freeze::kWhole : Freeze::kChanges;
      const FrozenState frozen = instance.state->freeze(what).value();
      instance.saved.push_back(frozen.encode());
      instance.warm = frozen.warm;
    }
  }

  void feed(const Step& step) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) {
      for (Instance& instance : instances_) process(instance, step);
      pass_on(step.element);
      return;
    }
    rows_in_ += batch->size();
    if (instances_.size() == 1) return process(instances_[0], step);
    std::vector<RowIndices> routed = route(step.port, *batch);
    for (size_t i = 0; i < instances_.size(); ++i) {
      if (routed[i].empty()) continue;
      process(instances_[i], {step.port, with_selection(*batch, std::move(routed[i]))});
    }
  }

  // As a task passes marks on.
  void pass_on(Element mark) {
    Watermark* watermark = std::get_if<Watermark>(&mark);
    const bool is_final = watermark != nullptr && watermark->time == kMaxTime;
    if (tells_time_ && !is_final) {
      if (watermark != nullptr || std::holds_alternative<Idle>(mark)) return;
    }
    if (watermark != nullptr && !is_final) {
      watermark->time = minus_saturated(watermark->time, instances_[0].op->hold_back());
    }
    if (watermark != nullptr) watermark_ = std::max(watermark_, watermark->time);
    run_.out.push_back({kRowsPort, std::move(mark)});
  }

  // The lowest of what the instances say, as the gate behind them has it.
  void tell_time() {
    if (watermark_ == kMaxTime) return;
    int64_t lowest = kMaxTime;
    for (Instance& instance : instances_) {
      const std::optional<ClockTime> time = instance.op->clock_time(now_);
      tells_time_ = time.has_value();
      if (!tells_time_) return;
      REQUIRE(time->until > std::max(now_, time->watermark));
      lowest = std::min(lowest, time->watermark);
    }
    if (lowest <= watermark_) return;
    watermark_ = lowest;
    run_.out.push_back({kRowsPort, Watermark{lowest}});
  }

  // As an edge would: by key group, or in turn.
  std::vector<RowIndices> route(Port port, const RecordBatch& batch) {
    const bool is_right = port == kRightPort && case_.right_keys.has_value();
    const std::optional<std::vector<size_t>>& keys = is_right ? case_.right_keys : case_.keys;
    const uint32_t count = static_cast<uint32_t>(instances_.size());
    std::vector<RowIndices> rows(count);
    const Selection selection = batch.selection();
    std::vector<uint64_t> hashes(selection.size(), 0);
    if (keys.has_value() && !keys->empty()) {
      std::vector<const Column*> columns;
      for (const size_t key : *keys) columns.push_back(batch.columns[key].get());
      hash_rows(columns, selection, hashes.data());
    }
    for (size_t i = 0; i < selection.size(); ++i) {
      const uint32_t group = key_group_of(hashes[i], kGroups);
      const uint32_t target =
          keys.has_value() ? task_of_key_group(kGroups, count, group) : ++turn_ % count;
      rows[target].push_back(selection[i]);
    }
    return rows;
  }

  void process(Instance& instance, const Step& step) {
    if (instance.residency != nullptr) instance.residency->begin_element();
    for (int calls = 0;; ++calls) {
      REQUIRE(calls < kCallsMax);
      prefetch(instance, step);
      emitted_in_call_ = 0;
      const size_t pending_before = times_pending(instance);
      const Result<Progress> progress = instance.op->process(step.port, step.element, now_, *this);
      INFO((progress.ok() ? "" : progress.error().message));
      REQUIRE(progress.ok());
      REQUIRE(emitted_in_call_ <= kBatchesInOneCallMax);
      if (instance.residency != nullptr) instance.residency->end_call();
      const bool is_done = *progress == Progress::kDone;
      const bool is_mark = !std::holds_alternative<RecordBatch>(step.element);
      if (is_done || (is_mark && instance.op->rows_may_leave())) {
        REQUIRE(instance.state->make_room().ok());
      }
      if (is_done) break;
      if (schedule_.evicts) continue;
      REQUIRE((emitted_in_call_ != 0 || times_pending(instance) > pending_before));
    }
  }

  static void prefetch(const Instance& instance, const Step& step) {
    int calls = 0;
    while (instance.op->prefetch(step.port, step.element) == Readiness::kPending) {
      REQUIRE(++calls < kCallsMax);
      REQUIRE(instance.residency != nullptr);
    }
  }

  static size_t times_pending(const Instance& instance) {
    return instance.residency == nullptr ? 0 : instance.residency->times_pending();
  }

  void after_element(size_t index) {
    for (const Instance& instance : instances_) {
      run_.state_bytes_max = std::max(run_.state_bytes_max, instance.state->bytes());
      REQUIRE(instance.op->counters().balanced());
    }
    if (schedule_.snapshots) REQUIRE((snapshots() == snapshots()));
    const std::vector<uint32_t>& counts = schedule_.instances;
    uint32_t next = counts[(index + 1) % counts.size()];
    if (schedule_.only_after.has_value()) {
      if (*schedule_.only_after != index) return;
      next = counts[1];
    } else if (!schedule_.restores && next == instances_.size()) {
      return;
    }
    save();
    if ((index + 1) % schedule_.life != 0) return;
    for (const Instance& instance : instances_) add(instance.op->counters(), run_.counters);
    start(next);
  }

  void finish(const Steps& steps) {
    for (const Instance& instance : instances_) add(instance.op->counters(), run_.counters);
    for (auto& [port, rows] : run_.rows) std::sort(rows.begin(), rows.end());
    REQUIRE(run_.counters.balanced());
    REQUIRE(run_.counters.rows_in == rows_in_);
    REQUIRE(run_.counters.rows_out == rows_out_);
    const bool has_ended = std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      const Watermark* watermark = std::get_if<Watermark>(&step.element);
      return watermark != nullptr && watermark->time == kMaxTime;
    });
    if (!has_ended) return;
    TaskState fresh(kGroups, {0, kGroups - 1}, std::make_unique<MemoryResidency>());
    const std::unique_ptr<Operator> op = case_.make(fresh);
    const std::string nothing = whole_of(fresh);
    for (const std::string& snapshot : snapshots()) REQUIRE((snapshot == nothing));
    for (Instance& instance : instances_) check_nothing_is_out(*instance.state);
  }

  static void check_nothing_is_out(TaskState& state) {
    const FrozenState frozen = state.freeze(Freeze::kWhole).value();
    if (!frozen.warm.has_value()) return;
    const auto store = MapStore::open(frozen.warm->folder);
    const auto fail = [](std::string_view, std::string_view) -> Result<bool> {
      FAIL("a row is left out of memory");
      return false;
    };
    REQUIRE((*store)->each({"", "\xff\xff\xff\xff\xff"}, fail).ok());
  }

  void check_batch(Port port, const RecordBatch& batch) const {
    REQUIRE(batch.size() != 0);
    REQUIRE(batch.size() <= kBatchRows);
    REQUIRE(batch.schema != nullptr);
    REQUIRE(*batch.schema == *case_.outputs[port.value()]);
    REQUIRE(batch.columns.size() == batch.schema->fields.size());
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      if (batch.columns[c] == nullptr) continue;
      REQUIRE(batch.columns[c]->type() == batch.schema->fields[c].type);
      REQUIRE(batch.columns[c]->size() == batch.rows);
      if (!batch.schema->fields[c].nullable) check_no_nulls(batch, *batch.columns[c]);
      if (batch.schema->fields[c].event_time) check_event_times(batch, *batch.columns[c]);
    }
  }

  static void check_no_nulls(const RecordBatch& batch, const Column& column) {
    bool holds = true;
    batch.selection().each([&](uint32_t row) { holds &= !column.is_null(row); });
    REQUIRE(holds);
  }

  // No on-time row below the watermark follows it.
  void check_event_times(const RecordBatch& batch, const Column& column) const {
    bool holds = true;
    batch.selection().each([&](uint32_t row) {
      const int64_t time = column.values<int64_t>()[row];
      const bool late = batch.arrival_watermark != nullptr &&
                        time < batch.arrival_watermark->values<int64_t>()[row];
      holds &= late || time >= watermark_;
    });
    REQUIRE(holds);
  }

  const OperatorCase& case_;
  const Schedule& schedule_;
  std::mt19937_64 random_;
  std::vector<Instance> instances_;
  Run run_;
  uint32_t turn_ = 0;
  size_t emitted_in_call_ = 0;
  uint64_t rows_in_ = 0;
  uint64_t rows_out_ = 0;
  int64_t watermark_ = kMinTime;  // That was passed on.
  int64_t now_ = kNow;
  bool tells_time_ = false;
};

std::vector<RecordBatch> cut(const RecordBatch& all, Batching batching, std::mt19937_64& dice) {
  std::vector<RecordBatch> pieces;
  for (uint32_t from = 0; from < all.rows;) {
    const uint32_t left = all.rows - from;
    uint32_t rows = std::min<uint32_t>(left, kBatchRows);
    if (batching == Batching::kRowByRow) rows = 1;
    if (batching == Batching::kRandom) rows = std::min(left, 1 + static_cast<uint32_t>(dice() % 9));
    RowIndices indices(rows);
    for (uint32_t i = 0; i < rows; ++i) indices[i] = from + i;
    RecordBatch piece = with_selection(all, std::move(indices));
    const bool as_selection = batching == Batching::kRandom && dice() % 2 == 0;
    pieces.push_back(as_selection ? std::move(piece) : compact(piece));
    from += rows;
  }
  return pieces;
}

void check_run(const OperatorCase& the_case, const Schedule& schedule) {
  INFO("schedule: " << schedule.name);
  Run run = run_operator(the_case, schedule);
  const Lost lost{run.counters.filtered, run.counters.late, run.counters.bad};
  REQUIRE(lost.filtered == the_case.lost.filtered);
  REQUIRE(lost.late == the_case.lost.late);
  REQUIRE(lost.bad == the_case.lost.bad);
  if (the_case.read_rows) run.rows[kRowsPort] = sorted(the_case.read_rows(run.out));
  for (const Port port : {kRowsPort, kBadPort, kLatePort}) {
    INFO("port " << port.value());
    const auto expected = the_case.expected.find(port);
    const std::vector<std::string> none;
    REQUIRE(run.rows[port] ==
            (expected == the_case.expected.end() ? none : sorted(expected->second)));
  }
}

}  // namespace

Step final_watermark_step() { return {Port{0}, Watermark{kMaxTime}}; }

std::vector<std::string> sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Steps rebatched(const Steps& steps, Batching batching, std::mt19937_64& dice) {
  if (batching == Batching::kAsGiven) return steps;
  Steps out;
  std::vector<RecordBatch> run;
  Port port{0};
  const auto flush = [&] {
    if (run.empty()) return;
    for (RecordBatch& piece : cut(joined(run), batching, dice)) {
      out.push_back({port, std::move(piece)});
    }
    run.clear();
  };
  for (const Step& step : steps) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr || step.port != port) flush();
    port = step.port;
    if (batch == nullptr) {
      out.push_back(step);
    } else {
      run.push_back(*batch);
    }
  }
  flush();
  return out;
}

Run run_operator(const OperatorCase& the_case, const Schedule& schedule) {
  return Runner(the_case, schedule).run();
}

void check_operator(const OperatorCase& the_case) {
  check_run(the_case, {.name = "as given"});
  check_run(the_case, {.name = "row by row", .batching = Batching::kRowByRow});
  check_run(the_case, {.name = "all at once", .batching = Batching::kAllAtOnce});
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    check_run(the_case, {.name = "random batches", .batching = Batching::kRandom, .seed = seed});
    check_run(the_case, {.name = "random batches, pending first, restored",
                         .batching = Batching::kRandom,
                         .seed = seed,
                         .pending_first = true,
                         .restores = true});
    check_run(the_case, {.name = "random batches, instances come and go",
                         .batching = Batching::kRandom,
                         .seed = seed,
                         .instances = {1, 2, 3, 2}});
    check_run(the_case, {.name = "random batches, restored from changes",
                         .batching = Batching::kRandom,
                         .seed = seed,
                         .life = 2 + seed,
                         .instances = {1, 2, 3, 2, 1},
                         .restores = true});
  }
  check_run(the_case, {.name = "pending first", .pending_first = true});
  check_run(the_case, {.name = "snapshots", .snapshots = true});
  check_run(the_case, {.name = "restored after each element", .restores = true});
  check_run(the_case, {.name = "restored after each row",
                       .batching = Batching::kRowByRow,
                       .pending_first = true,
                       .restores = true});
  for (const size_t life : {2, 3, 5, 50}) {
    check_run(the_case, {.name = "restored from changes after " + std::to_string(life) + " rows",
                         .batching = Batching::kRowByRow,
                         .life = life,
                         .restores = true});
  }
  check_run(the_case, {.name = "instances come and go", .instances = {1, 2, 3, 2}});
  for (const Batching batching : {Batching::kAsGiven, Batching::kRowByRow, Batching::kRandom}) {
    check_run(the_case, {.name = "nothing stays in memory", .batching = batching, .evicts = true});
    check_run(the_case, {.name = "nothing stays in memory, restored from changes",
                         .batching = batching,
                         .evicts = true,
                         .life = 3,
                         .restores = true});
    check_run(the_case, {.name = "nothing stays in memory, instances come and go",
                         .batching = batching,
                         .evicts = true,
                         .life = 2,
                         .instances = {1, 2, 3, 2}});
  }
  for (size_t element = 0; element < the_case.input.size(); ++element) {
    for (const uint32_t instances : {2U, 3U}) {
      check_run(the_case, {.name = "split into " + std::to_string(instances) + " after element " +
                                   std::to_string(element),
                           .instances = {1, instances},
                           .only_after = element});
    }
  }
}

}  // namespace weir
