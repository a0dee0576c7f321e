#include "tests/sim/time_world.h"

#include "engine/plan/plan.h"
#include "engine/sql/sql.h"
#include "runtime/task/job_tasks.h"
#include "tests/sim/dice.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Far more than any case needs.
constexpr size_t kStepsMax = 1'000'000;
constexpr uint64_t kScheduleSalt = 0x9e3779b97f4a7c15;

// What the connectors share with the simulator.
struct World {
  explicit World(const TimeCase& shown) : one(shown), dice(shown.seed ^ kScheduleSalt) {}

  const TimeCase& one;
  Dice dice;
  int64_t now = 0;
  size_t reads_left = 0;  // With rows, in the turn of a reader; the others give nothing.
  ReaderLog log;
  std::vector<std::vector<std::pair<size_t, size_t>>> splits_of_reader;
  TimeAnswer answer;
};

class WorldReader : public SplitReader {
 public:
  WorldReader(World& world, size_t reader, size_t table, Split split, RowShape shape)
      : world_(world),
        reader_(reader),
        table_(table),
        split_(std::move(split)),
        index_(std::stoul(split_.name)),
        rows_(world.one.tables[table].splits[index_]),
        shape_(std::move(shape)),
        silence_(world.dice.below(100)) {}

  Result<ReadOutcome> read(size_t rows_max, int64_t now, DecodedRows& out) override {
    const size_t first = next_;
    if (!is_silent(now)) {
      next_ += std::min(1 + world_.dice.below(rows_max), rows_.size() - next_);
      if (next_ != first && world_.reads_left != 0) --world_.reads_left;
    }
    out.records = next_ - first;
    out.batch = batch_of(first);
    const bool ended =
        next_ == rows_.size() && (next_ == first || world_.dice.percent(80)) && !is_silent(now);
    world_.log.push_back(LookAtSplit{.reader = reader_,
                                     .table = table_,
                                     .split = index_,
                                     .first = first,
                                     .count = next_ - first,
                                     .ended = ended,
                                     .now = now});
    if (ended) return ReadOutcome{ReadState::kEnd, {}};
    const bool waits = next_ == first || world_.dice.percent(50);
    return ReadOutcome{waits ? ReadState::kWaiting : ReadState::kRows, {}};
  }

  SplitPosition position() const override { return std::to_string(next_); }

 private:
  bool is_silent(int64_t now) {
    if (!world_.one.idle_timeout) return world_.dice.percent(silence_);
    if (world_.reads_left == 0 || now < silent_until_) return true;
    if (!world_.dice.percent(silence_ / 2)) return false;
    const int64_t timeouts = world_.dice.percent(30) ? 12 : 3;
    silent_until_ = now + world_.dice.between(0, timeouts * *world_.one.idle_timeout);
    return true;
  }

  RecordBatch batch_of(size_t first) const {
    const size_t count = next_ - first;
    ColumnWriter keys(TypeKind::kText, count);
    ColumnWriter values(TypeKind::kBigint, count);
    ColumnWriter times(TypeKind::kTimestamptz, count);
    ColumnWriter splits(TypeKind::kInt, count);
    ColumnWriter places(TypeKind::kBigint, count);
    for (size_t i = first; i < next_; ++i) {
      if (rows_[i].k) {
        keys.append_text(*rows_[i].k);
      } else {
        keys.append_null();
      }
      values.append(rows_[i].v);
      times.append(rows_[i].at);
      splits.append(static_cast<int32_t>(split_.id.value()));
      places.append(static_cast<int64_t>(i));
    }
    RecordBatch batch;
    batch.schema = shape_.schema;
    batch.rows = static_cast<uint32_t>(count);
    batch.columns = {std::move(keys).finish(), std::move(values).finish(),
                     std::move(times).finish()};
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      if (!shape_.needed[c].needed) batch.columns[c] = nullptr;
    }
    batch.split = std::move(splits).finish();
    batch.position = std::move(places).finish();
    return batch;
  }

  World& world_;
  const size_t reader_;
  const size_t table_;
  const Split split_;
  const size_t index_;
  const std::vector<TimeRow>& rows_;
  const RowShape shape_;
  const size_t silence_;  // Of a hundred looks so many find nothing.
  size_t next_ = 0;
  int64_t silent_until_ = 0;
};

// Made for each reader, in the order of the readers, and once more to find the splits.
class WorldSource : public Source {
 public:
  WorldSource(World& world, size_t reader, size_t table, RowShape shape)
      : world_(world), reader_(reader), table_(table), shape_(std::move(shape)) {}

  Result<std::vector<Split>> discover() override {
    std::vector<Split> splits;
    const TimeTable& table = world_.one.tables[table_];
    for (size_t i = 0; i < table.splits.size(); ++i) {
      splits.push_back({.name = std::to_string(i), .source = table.name, .number = 0, .id = {}});
    }
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition*,
                                            bool) override {
    world_.splits_of_reader[reader_].emplace_back(table_, std::stoul(split.name));
    return std::unique_ptr<SplitReader>(
        std::make_unique<WorldReader>(world_, reader_, table_, split, shape_));
  }
  bool is_bounded() const override { return !world_.one.idle_timeout; }

 private:
  World& world_;
  const size_t reader_;
  const size_t table_;
  const RowShape shape_;
};

class WorldSink : public Sink {
 public:
  WorldSink(World& world, bool is_late) : world_(world), is_late_(is_late) {}

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    const Selection selection = batch.selection();
    const size_t count = 1 + world_.dice.below(selection.size() - from);
    for (size_t i = from; i < from + count; ++i) take(batch, selection[i]);
    return count;
  }
  Result<Flush> flush() override { return Flush::kDone; }
  Result<Segment> seal(CheckpointId) override { return Segment{}; }
  Status deliver(CheckpointId, const Segment&) override { return {}; }

 private:
  void take(const RecordBatch& batch, uint32_t row) {
    const auto number = [&](size_t column) {
      return batch.columns[column]->values<int64_t>()[row];
    };
    const auto text = [&](size_t column) { return std::string(batch.columns[column]->text(row)); };
    const auto is_null = [&](size_t column) { return batch.columns[column]->is_null(row); };
    if (!is_late_) {
      const auto k = is_null(0) ? std::nullopt : std::optional(text(0));
      world_.answer.results.push_back(result_text(k, number(1), number(2), number(3)));
      return;
    }
    const auto end = is_null(5) ? std::nullopt : std::optional(number(5));
    const Interval behind = batch.columns[6]->values<Interval>()[row];
    world_.answer.lates.push_back(late_text(text(1), std::stoul(text(2)),
                                            static_cast<size_t>(number(3)), end, behind.micros));
  }

  World& world_;
  const bool is_late_;
};

// Of each table first one source for each reader is asked for, then one that finds the splits.
ConnectorFactory connectors_of(World& world) {
  return {
      .source = [&world](const SourceSpec& spec,
                         const RowShape& shape) -> Result<std::unique_ptr<Source>> {
        size_t table = 0;
        while (world.one.tables[table].name != spec.table) ++table;
        const size_t reader = world.splits_of_reader.size();
        world.splits_of_reader.emplace_back();
        return std::unique_ptr<Source>(std::make_unique<WorldSource>(world, reader, table, shape));
      },
      .sink = [&world](const SinkSpec& spec, const SinkLane&) -> Result<std::unique_ptr<Sink>> {
        return std::unique_ptr<Sink>(std::make_unique<WorldSink>(world, spec.table == "lates"));
      }};
}

class Stepper {
 public:
  Stepper(World& world, const JobTasks& job) : world_(world) {
    size_t readers = 0;
    for (const JobTasks::ByInstance& chain : job.chains()) {
      for (const auto& task : chain) {
        const bool reads = task->source() != nullptr;
        steppers_.push_back({.task = task.get(), .reader = reads ? readers : kNoReader});
        readers += reads ? 1 : 0;
      }
    }
  }

  // What went wrong; empty: every task has finished.
  std::string run() {
    const bool in_turn = world_.one.idle_timeout.has_value();
    while (!all_finished() && trouble_.empty()) {
      if (steps_ > kStepsMax) return "the job does not end";
      if (in_turn) {
        for (One& one : shuffled(true)) take_turn(one);
        world_.now += world_.dice.between(0, 200'000);
      } else {
        One& one = steppers_[world_.dice.below(steppers_.size())];
        for (size_t i = world_.dice.below(6); i > 0; --i) step(one);
        if (world_.dice.percent(5)) world_.now += 100'000;
      }
    }
    return trouble_;
  }

 private:
  static constexpr size_t kNoReader = SIZE_MAX;
  struct One {
    Task* task;
    size_t reader;
    bool finished = false;
  };

  bool all_finished() const {
    return std::all_of(steppers_.begin(), steppers_.end(), [](const One& o) { return o.finished; });
  }

  // The readers, or the others, in a random order.
  std::vector<std::reference_wrapper<One>> shuffled(bool readers) {
    std::vector<std::reference_wrapper<One>> some;
    for (One& one : steppers_) {
      if ((one.reader != kNoReader) == readers) some.emplace_back(one);
    }
    for (size_t i = some.size(); i > 1; --i) std::swap(some[i - 1], some[world_.dice.below(i)]);
    return some;
  }

  // Lets the reader read a few times, and everything it gave flow to its end: until there were
  // two rounds in which nothing moved, since a task whose sink has refused rows waits once and then
  // goes on.
  void take_turn(One& reader) {
    world_.reads_left = world_.dice.below(4);
    for (int still = 0; still <= 2 && trouble_.empty(); ++still) {
      while (step(reader)) still = 0;
      for (One& one : shuffled(false)) {
        for (size_t i = 1 + world_.dice.below(8); i > 0 && step(one); --i) still = 0;
      }
    }
  }

  // Whether it made progress.
  bool step(One& one) {
    if (one.finished || !trouble_.empty()) return false;
    ++steps_;
    const Result<StepResult> result = one.task->step({world_.now, world_.now});
    if (!result.ok()) {
      trouble_ = fmt::format("{}: {}", one.task->name(), result.error().message);
      return false;
    }
    if (one.reader != kNoReader) world_.log.push_back(ReaderSettled{one.reader});
    one.finished = *result == StepResult::kFinished;
    return *result == StepResult::kProgress;
  }

  World& world_;
  std::vector<One> steppers_;
  size_t steps_ = 0;
  std::string trouble_;
};

Result<Plan> plan_of(const TimeCase& one) {
  const JobGraph graph = TRY(sql_to_job_graph({.text = sql_of(one)}));
  return make_plan(graph, {.parallelism = one.parallelism, .two_phase = one.two_phase});
}

std::string run_job(World& world, TimeRun& run) {
  const Result<Plan> plan = plan_of(world.one);
  if (!plan.ok()) return plan.error().message;
  const ConnectorFactory connectors = connectors_of(world);
  Result<std::unique_ptr<JobTasks>> built =
      JobTasks::build(*plan, connectors, world.one.batch_rows);
  if (!built.ok()) return built.error().message;
  JobTasks& job = **built;
  const size_t readers = world.splits_of_reader.size();
  const Result<std::vector<JobSplit>> splits = job.discover(connectors, world.now);
  if (!splits.ok()) return splits.error().message;
  job.know_splits(*splits);
  const Status opened = job.read_splits(splits->size());
  if (!opened.ok()) return opened.error().message;
  world.splits_of_reader.resize(readers);
  const std::string trouble = Stepper(world, job).run();
  if (!trouble.empty()) return trouble;
  job.publish_last_reports();
  for (const StageTotals& stage : job_report(*plan, job.reports()).stages) {
    world.answer.late_pairs += stage.counters.late_pairs;
    run.counted_lifted += stage.counters.lifted;
  }
  return fmt::format("{}", fmt::join(unbalanced(*plan, job.reports()), "\n"));
}

}  // namespace

TimeRun run_time_case(const TimeCase& one) {
  World world(one);
  TimeRun run;
  run.trouble = run_job(world, run);
  run.answer = std::move(world.answer);
  std::sort(run.answer.results.begin(), run.answer.results.end());
  std::sort(run.answer.lates.begin(), run.answer.lates.end());
  if (one.idle_timeout) {
    LiftedRows lifted = lifted_rows(one, world.splits_of_reader, world.log);
    run.lifts = std::move(lifted.lifts);
    run.rows_lifted = lifted.count;
  }
  return run;
}

}  // namespace weir
