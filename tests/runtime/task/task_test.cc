// A task by hand: a chain of operators between a gate and an edge, or between a source and a sink,
// stepped one by one.
#include "runtime/task/task.h"

#include "operators/pass_through.h"
#include "operators/processing_time.h"
#include "runtime/task/split_directory.h"
#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// An operator that says what it is called for.
class Spy : public Operator {
 public:
  Spy(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}

  Readiness prefetch(Port, const Element& element) override {
    if (pending == 0) return Readiness::kReady;
    --pending;
    log_.push_back(name_ + " pending " + what(element));
    return Readiness::kPending;
  }

  Result<Progress> process(Port, const Element& element, int64_t, Output& out) override {
    log_.push_back(name_ + " " + what(element));
    if (fails) return bad_data("the spy was found out");
    const auto* batch = std::get_if<RecordBatch>(&element);
    if (batch != nullptr) {
      counters_.rows_in += batch->size();
      counters_.accepted += batch->size() - loses;
      for (int i = 0; i < copies; ++i) out.emit(kRowsPort, *batch);
    }
    if (more == 0) return Progress::kDone;
    --more;
    return Progress::kMore;
  }

  static std::string what(const Element& element) {
    if (const auto* batch = std::get_if<RecordBatch>(&element)) {
      return "rows " + std::to_string(batch->size());
    }
    if (const auto* watermark = std::get_if<Watermark>(&element)) {
      return "watermark " + std::to_string(watermark->time);
    }
    if (std::holds_alternative<Barrier>(element)) return "barrier";
    if (std::holds_alternative<Idle>(element)) return "idle";
    return "end";
  }

  int64_t hold_back() const override { return held_back; }

  int pending = 0;
  int more = 0;
  int64_t held_back = 0;
  int copies = 1;
  uint64_t loses = 0;
  bool fails = false;

 private:
  const std::string name_;
  std::vector<std::string>& log_;
};

// in -> a -> b -> out, with one channel at each end.
class TwoSpies {
 public:
  TwoSpies() {
    for (const char* id : {"a", "b"}) {
      StagePlan stage{.id = id, .spec = UnionSpec{}, .input = table_schema()};
      stage.outputs = {{.schema = table_schema(), .needed = all_needed(*table_schema())}};
      chain.stages.push_back(std::move(stage));
    }
    chain.stages[0].outputs[0].targets = {StageTarget{1, kRowsPort}};
    chain.stages[1].outputs[0].targets = {EdgeTarget{3}};
    TaskParts parts;
    parts.name = "b [0]";
    parts.state = std::make_unique<TaskState>(128, KeyGroupRange{0, 127},
                                              std::make_unique<MemoryResidency>());
    parts.operators.push_back(std::make_unique<Spy>("a", log));
    parts.operators.push_back(std::make_unique<Spy>("b", log));
    a = static_cast<Spy*>(parts.operators[0].get());
    b = static_cast<Spy*>(parts.operators[1].get());
    parts.gates.emplace_back().add_channel(in, Port{0}, {.edge = 2});
    parts.gate_stages = {0};
    parts.outputs.push_back(std::make_unique<OutputGate>(
        EdgePlan{.distribution = {.kind = DistributionKind::kForward}}, 3, 0, 128));
    parts.outputs[0]->add_channel(out);
    task = std::make_unique<Task>(chain, std::move(parts));
  }

  void send(Element element) { REQUIRE(in->push(element)); }
  void send_rows(size_t count) { send(table_batch(many_rows(count))); }
  StepResult step() {
    const Result<StepResult> result = task->step({});
    REQUIRE(result.ok());
    return *result;
  }
  StepResult run() {
    StepResult result = step();
    while (result == StepResult::kProgress) result = step();
    return result;
  }
  std::vector<std::string> received() {
    std::vector<std::string> all;
    while (const std::optional<Element> element = out->pop()) all.push_back(Spy::what(*element));
    return all;
  }

  std::vector<std::string> log;
  ChainPlan chain;
  std::shared_ptr<Channel> in = std::make_shared<Channel>(16);
  std::shared_ptr<Channel> out = std::make_shared<Channel>(2);
  Spy* a = nullptr;
  Spy* b = nullptr;
  std::unique_ptr<Task> task;
};

using Texts = std::vector<std::string>;

TEST_CASE("AnElementIsPushedDownTheChainBeforeTheNextIsTaken") {
  TwoSpies chain;
  chain.send_rows(2);
  chain.send_rows(3);
  REQUIRE(chain.run() == StepResult::kWaiting);
  REQUIRE(chain.log == Texts{"a rows 2", "b rows 2", "a rows 3", "b rows 3"});
  REQUIRE(chain.received() == Texts{"rows 2", "rows 3"});
}

TEST_CASE("MarksFollowTheRowsBeforeThemAndTheEndFinishesTheTask") {
  TwoSpies chain;
  chain.send_rows(2);
  chain.send(Watermark{7});
  REQUIRE(chain.run() == StepResult::kWaiting);
  REQUIRE(chain.received() == Texts{"rows 2", "watermark 7"});
  std::vector<TaskCheckpoint> taken;
  chain.task->take_checkpoints({Generation(1), Epoch(1)}, true,
                               [&taken](TaskCheckpoint one) { taken.push_back(std::move(one)); });
  chain.send(Barrier{Epoch(1)});
  chain.send(EndOfStream{});
  REQUIRE(chain.run() == StepResult::kFinished);
  REQUIRE(chain.received() == Texts{"barrier", "end"});
  REQUIRE(chain.log == Texts{"a rows 2", "b rows 2", "a watermark 7", "b watermark 7", "a barrier",
                             "b barrier", "a end", "b end"});
  REQUIRE(taken.size() == 2);
  REQUIRE(taken[0].epoch == Epoch(1));
  REQUIRE_FALSE(taken[0].final);
  REQUIRE(taken[1].epoch == Epoch(2));
  REQUIRE(taken[1].final);
}

TEST_CASE("AnOperatorThatHasMoreIsCalledAgainBeforeItsMarkGoesOn") {
  TwoSpies chain;
  chain.a->more = 2;
  chain.send(Watermark{7});
  chain.send_rows(1);
  chain.run();
  REQUIRE(chain.log == Texts{"a watermark 7", "a watermark 7", "a watermark 7", "b watermark 7",
                             "a rows 1", "b rows 1"});
}

TEST_CASE("WatermarksAreHeldBackBehindTheStageThatSaysSo") {
  TwoSpies chain;
  chain.a->held_back = 10;
  for (const int64_t time : {int64_t{15}, kMinTime + 5, kMaxTime}) chain.send(Watermark{time});
  chain.run();
  // The gate lets no lower watermark through, and the final one does not trail.
  REQUIRE(chain.log == Texts{"a watermark 15", "b watermark 5",
                             "a watermark " + std::to_string(kMaxTime),
                             "b watermark " + std::to_string(kMaxTime)});
  REQUIRE(chain.received() == Texts{"watermark 5", "watermark " + std::to_string(kMaxTime)});
}

TEST_CASE("AnElementWhoseStateIsPendingIsParkedInOrder") {
  TwoSpies chain;
  chain.b->pending = 2;
  chain.send_rows(1);
  chain.send_rows(2);
  for (int asked = 0; asked < 2; ++asked) {
    REQUIRE(chain.run() == StepResult::kWaiting);  // Asked again later, not at once.
    REQUIRE(chain.task->wake_at() > 0);
  }
  chain.run();
  REQUIRE(chain.log == Texts{"a rows 1", "b pending rows 1", "b pending rows 1", "b rows 1",
                             "a rows 2", "b rows 2"});
}

TEST_CASE("NothingIsDoneWhileTheOutputHasNoRoom") {
  TwoSpies chain;
  for (int i = 0; i < 5; ++i) chain.send_rows(1);
  REQUIRE(chain.run() == StepResult::kWaiting);
  // Two stand in the channel, one is kept back.
  REQUIRE(chain.log.size() == 6);
  REQUIRE(chain.step() == StepResult::kWaiting);
  REQUIRE(chain.log.size() == 6);
  REQUIRE(chain.received().size() == 2);
  chain.run();
  REQUIRE(chain.log.size() == 10);
  REQUIRE(chain.received().size() == 2);
  chain.run();
  REQUIRE(chain.received().size() == 1);
}

TEST_CASE("TimeWithoutRoomIsReportedWhileItPasses") {
  TwoSpies chain;
  for (int i = 0; i < 5; ++i) chain.send_rows(1);
  REQUIRE(chain.run() == StepResult::kWaiting);
  const auto blocked_at = [&](int64_t now) {
    chain.task->publish_report(now);
    return chain.task->report().blocked_micros;
  };
  REQUIRE(blocked_at(500) == 500);
  REQUIRE(blocked_at(900) == 900);
  chain.received();
  REQUIRE(chain.task->step({.wall = -7, .monotonic = 1'000}).ok());
  REQUIRE(blocked_at(2'000) == 1'000);
}

TEST_CASE("WithRoomForOneBatchAnOperatorWithMoreWaits") {
  TwoSpies chain;
  Element filler = EndOfStream{};
  chain.out->push(filler);
  chain.b->more = 3;
  chain.send_rows(1);
  Texts received;
  for (int i = 0; i < 10; ++i) {
    chain.run();
    for (std::string& text : chain.received()) received.push_back(std::move(text));
  }
  REQUIRE(chain.log == Texts{"a rows 1", "b rows 1", "b rows 1", "b rows 1", "b rows 1"});
  REQUIRE(received == Texts{"end", "rows 1", "rows 1", "rows 1", "rows 1"});
}

TEST_CASE("AnErrorIsHandedUp") {
  TwoSpies chain;
  chain.b->fails = true;
  chain.send_rows(1);
  Result<StepResult> result = StepResult::kProgress;
  while (result.ok() && *result == StepResult::kProgress) result = chain.task->step({});
  REQUIRE_FALSE(result.ok());
  REQUIRE(result.error().message == "the spy was found out");
}

TEST_CASE("IdleIsPassedDownTheChain") {
  TwoSpies chain;
  chain.send_rows(1);
  chain.send(Idle{});
  chain.run();
  REQUIRE(chain.received() == Texts{"rows 1", "idle"});
  chain.send(Watermark{7});
  chain.run();
  REQUIRE(chain.received() == Texts{"watermark 7"});
}

TEST_CASE("ReportsWhatItsStagesHaveDone") {
  TwoSpies chain;
  chain.b->copies = 2;
  chain.send_rows(4);
  chain.send(Watermark{9});
  chain.run();
  REQUIRE(chain.task->report().stages[0].counters.rows_in == 0);
  chain.task->publish_report(0);
  const TaskReport report = chain.task->report();
  REQUIRE(report.stages.size() == 2);
  REQUIRE(report.stages[0].id == "a");
  REQUIRE(report.stages[0].counters.rows_in == 4);
  REQUIRE(report.stages[0].emitted == std::vector<uint64_t>{4});
  REQUIRE(report.stages[1].emitted == std::vector<uint64_t>{8});
  REQUIRE(report.watermark == 9);
  REQUIRE(chain.task->rows_received(2) == 4);
  REQUIRE(chain.task->rows_sent(3) == 8);
  REQUIRE(chain.task->rows_sent(2) == 0);
}

TEST_CASE("AStageThatLosesARowIsNotBalanced") {
  TwoSpies chain;
  chain.a->loses = 1;
  chain.send_rows(4);
  chain.run();
  chain.task->publish_report(0);
  REQUIRE_FALSE(chain.task->report().stages[0].counters.balanced());
  REQUIRE(chain.task->report().stages[1].counters.balanced());
}

// in -> a step that stamps rows with the clock -> out, with one channel at each end.
class StampingTask {
 public:
  StampingTask() {
    const ProcessingTimeSpec spec{.column = "stamp"};
    const SchemaPtr output = output_schema(spec, kRowsPort, table_schema());
    StagePlan stage{.id = "stamp", .spec = spec, .input = table_schema()};
    stage.outputs = {{.schema = output, .needed = all_needed(*output), .targets = {EdgeTarget{0}}}};
    chain.stages = {stage};
    TaskParts parts;
    parts.state = std::make_unique<TaskState>(128, KeyGroupRange{0, 127},
                                              std::make_unique<MemoryResidency>());
    parts.operators.push_back(
        std::make_unique<ProcessingTime>("stamp", output, all_needed(*output), *parts.state));
    parts.gates.emplace_back().add_channel(in, Port{0}, {.edge = 2});
    parts.gate_stages = {0};
    parts.outputs.push_back(std::make_unique<OutputGate>(
        EdgePlan{.distribution = {.kind = DistributionKind::kForward}}, 0, 0, 128));
    parts.outputs[0]->add_channel(out);
    task = std::make_unique<Task>(chain, std::move(parts));
  }

  void send(Element element) { REQUIRE(in->push(element)); }
  // What it sends when it is stepped at this time until it waits.
  std::vector<std::string> run(int64_t now) {
    Result<StepResult> result = task->step({now, now});
    while (result.ok() && *result == StepResult::kProgress) result = task->step({now, now});
    REQUIRE(result.ok());
    std::vector<std::string> all;
    while (const std::optional<Element> element = out->pop()) all.push_back(Spy::what(*element));
    return all;
  }

  ChainPlan chain;
  std::shared_ptr<Channel> in = std::make_shared<Channel>(16);
  std::shared_ptr<Channel> out = std::make_shared<Channel>(16);
  std::unique_ptr<Task> task;
};

TEST_CASE("AStageThatTellsTimeIsAskedWithAndWithoutRows") {
  StampingTask stamping;
  REQUIRE(stamping.run(1'000'000) == Texts{"watermark 1000000"});
  REQUIRE(stamping.task->wake_at() == 1'050'000);
  stamping.send(table_batch(many_rows(2)));
  REQUIRE(stamping.run(1'049'999) == Texts{"rows 2"});
  REQUIRE(stamping.task->wake_at() == 1'050'000);
  REQUIRE(stamping.run(1'050'000) == Texts{"watermark 1050000"});
  stamping.send(table_batch(many_rows(1)));
  REQUIRE(stamping.run(1'260'000) == Texts{"watermark 1250000", "rows 1"});
  REQUIRE(stamping.task->wake_at() == 1'300'000);
}

TEST_CASE("TheTimeThatComesInEndsAtAStageThatTellsItsOwn") {
  StampingTask stamping;
  stamping.send(Watermark{7});
  stamping.send(Idle{});
  REQUIRE(stamping.run(10'000'000) == Texts{"watermark 10000000"});
  stamping.send(Watermark{20'000'000});
  stamping.send(Watermark{kMaxTime});
  REQUIRE(stamping.run(10'000'000) == Texts{"watermark " + std::to_string(kMaxTime)});
  REQUIRE(stamping.run(30'000'000).empty());
  REQUIRE_FALSE(stamping.task->wake_at().has_value());
  stamping.send(EndOfStream{});
  REQUIRE(stamping.run(30'000'000) == Texts{"end"});
}

TEST_CASE("NothingIsToldBehindTheEnd") {
  StampingTask stamping;
  stamping.send(EndOfStream{});
  REQUIRE(stamping.run(1'000'000) == Texts{"watermark 1000000", "end"});
  REQUIRE(*stamping.task->step({2'000'000, 2'000'000}) == StepResult::kFinished);
  REQUIRE_FALSE(stamping.out->pop().has_value());
}

TEST_CASE("AStageThatTellsTimeWaitsForRoom") {
  StampingTask stamping;
  for (int i = 0; i < 16; ++i) {
    Element rows = table_batch(many_rows(1));
    REQUIRE(stamping.out->push(rows));
  }
  REQUIRE(*stamping.task->step({1'000'000, 1'000'000}) ==
          StepResult::kWaiting);  // Its watermark is kept back.
  REQUIRE(*stamping.task->step({1'050'000, 1'050'000}) == StepResult::kWaiting);
  REQUIRE_FALSE(stamping.task->wake_at().has_value());
  while (stamping.out->pop().has_value()) continue;
  REQUIRE(stamping.run(1'200'000) == Texts{"watermark 1000000", "watermark 1200000"});
}

// source -> sink
class SourceToSink {
 public:
  explicit SourceToSink(Tables& tables, const OutputBudget* output = nullptr) {
    const SourceSpec source = source_spec("in");
    StagePlan first{.id = "in", .spec = source};
    first.outputs = {{.schema = output_schema(source, kRowsPort, nullptr),
                      .needed = all_needed(*table_schema()),
                      .targets = {StageTarget{1, kRowsPort}}},
                     {.schema = dead_letter_schema()}};
    chain.stages = {first, {.id = "out", .spec = sink_spec("out", table_schema())}};
    TaskParts parts;
    parts.state = std::make_unique<TaskState>(128, KeyGroupRange{0, 127},
                                              std::make_unique<MemoryResidency>());
    auto ingest = std::make_unique<Ingest>(source, first.outputs[0].schema, first.outputs[0].needed,
                                           splits, *parts.state);
    const ConnectorFactory factory = tables.factory();
    parts.source = std::make_unique<SourceStage>(*factory.source(source, table_shape()),
                                                 std::move(ingest), false, 4);
    parts.operators.push_back(nullptr);
    parts.output = output;
    parts.operators.push_back(std::make_unique<SinkStage>(
        *factory.sink(std::get<SinkSpec>(chain.stages[1].spec), SinkLane{})));
    task = std::make_unique<Task>(chain, std::move(parts));
    SourceStage& stage = *task->source();
    for (const auto& [name, rows] : tables.sources["in"].splits) {
      Split split{.name = name, .source = "in", .number = 0, .id = splits.add({"in", name})};
      auto reader = stage.source().open(split, nullptr, false);
      stage.add_split({.split = split, .reader = *std::move(reader)});
    }
    stage.close_splits();
  }

  StepResult run(int64_t now) {
    Result<StepResult> result = task->step({now, now});
    while (result.ok() && *result == StepResult::kProgress) result = task->step({now, now});
    REQUIRE(result.ok());
    return *result;
  }

  ChainPlan chain;
  SplitDirectory splits;
  std::unique_ptr<Task> task;
};

TEST_CASE("WhileOutputWaitsNothingIsReadAndBarriersPass") {
  Tables tables;
  tables.sources["in"].splits["0"] = many_rows(10);
  OutputBudget output;
  output.bound(1000);
  SourceToSink chain(tables, &output);
  std::vector<TaskCheckpoint> taken;
  chain.task->take_checkpoints({Generation(1), Epoch(1)}, true,
                               [&taken](TaskCheckpoint one) { taken.push_back(std::move(one)); });
  output.add(1000);
  REQUIRE(chain.run(0) == StepResult::kWaiting);
  REQUIRE(tables.written("out").rows.empty());
  REQUIRE(chain.task->wake_at().has_value());
  chain.task->inject(Epoch(1), false);
  REQUIRE(chain.run(1) == StepResult::kWaiting);
  REQUIRE(taken.size() == 1);
  output.subtract(1);
  REQUIRE(chain.run(2) == StepResult::kFinished);
  REQUIRE(tables.written("out").rows == json_of(many_rows(10)));
}

TEST_CASE("ReadsASourceToItsEnd") {
  Tables tables;
  tables.sources["in"].splits["0"] = many_rows(10);
  SourceToSink chain(tables);
  REQUIRE(chain.run(0) == StepResult::kFinished);
  REQUIRE(tables.written("out").rows == json_of(many_rows(10)));
  REQUIRE(chain.task->sinks().size() == 1);
  REQUIRE(chain.task->sinks()[0]->sealed().has_value());
  chain.task->publish_report(0);
  REQUIRE(chain.task->report().watermark == kMaxTime);
  REQUIRE(chain.task->report().backlog == 0);
}

TEST_CASE("ASinkThatRefusesIsAskedAgainLaterEvenWithoutAWakeUp") {
  Tables tables;
  tables.sources["in"].splits["0"] = many_rows(10);
  tables.sinks["out"].rows_at_once = 3;
  SourceToSink chain(tables);
  int64_t now = 1'000;
  int waits = 0;
  while (chain.run(now) != StepResult::kFinished) {
    REQUIRE(++waits < 100);
    const std::optional<int64_t> wake_at = chain.task->wake_at();
    REQUIRE(wake_at.has_value());
    REQUIRE(*wake_at > now);
    now = *wake_at;
  }
  REQUIRE(waits > 0);
  REQUIRE(tables.written("out").rows == json_of(many_rows(10)));
}

TEST_CASE("ASourceReadsNothingAfterTheLastBarrier") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(10)}}};
  SourceToSink chain(tables);
  std::vector<TaskCheckpoint> taken;
  chain.task->take_checkpoints({Generation(1), Epoch(1)}, true,
                               [&taken](TaskCheckpoint one) { taken.push_back(std::move(one)); });
  while (tables.written("out").rows.size() < 4) REQUIRE(chain.task->step({}).ok());
  chain.task->inject(Epoch(1), true);
  REQUIRE(chain.run(0) == StepResult::kWaiting);
  REQUIRE(taken.size() == 1);
  REQUIRE(taken[0].segments[0].rows == 4);
  REQUIRE(taken[0].splits.at("0").position == "4");
  chain.task->publish_report(0);
  REQUIRE(chain.task->report().watermark < kMaxTime);
}

TEST_CASE("AnErrorOfTheSourceIsHandedUp") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(10)}}, .breaks_after = 4};
  SourceToSink chain(tables);
  Result<StepResult> result = StepResult::kProgress;
  while (result.ok() && *result == StepResult::kProgress) result = chain.task->step({});
  REQUIRE_FALSE(result.ok());
  REQUIRE(result.error().kind == ErrorKind::kUnavailable);
}

// source -> out, an edge. Its splits wait at the end of their rows.
class SourceToEdge {
 public:
  SourceToEdge() {
    tables.sources["in"].endless = true;
    source.idle_timeout = 1'000'000;
    StagePlan stage{.id = "in", .spec = source};
    stage.outputs = {{.schema = output_schema(source, kRowsPort, nullptr),
                      .needed = all_needed(*table_schema()),
                      .targets = {EdgeTarget{0}}},
                     {.schema = dead_letter_schema()}};
    chain.stages = {stage};
    TaskParts parts;
    parts.state = std::make_unique<TaskState>(128, KeyGroupRange{0, 127},
                                              std::make_unique<MemoryResidency>());
    auto ingest = std::make_unique<Ingest>(source, stage.outputs[0].schema, stage.outputs[0].needed,
                                           splits, *parts.state);
    parts.source = std::make_unique<SourceStage>(*tables.factory().source(source, table_shape()),
                                                 std::move(ingest), false, 100);
    parts.operators.push_back(nullptr);
    parts.outputs.push_back(std::make_unique<OutputGate>(
        EdgePlan{.distribution = {.kind = DistributionKind::kForward}}, 0, 0, 128));
    parts.outputs[0]->add_channel(out);
    task = std::make_unique<Task>(chain, std::move(parts));
  }

  void add_split(const std::string& name, Rows rows) {
    tables.add_split("in", name, std::move(rows));
    Split split{.name = name, .source = "in", .number = 0, .id = splits.add({"in", name})};
    auto reader = task->source()->source().open(split, nullptr, false);
    task->source()->add_split({.split = split, .reader = *std::move(reader)});
  }
  // Steps until it waits, then goes on to the time it asks for, for so long.
  std::vector<std::string> run(int64_t micros) {
    const int64_t until = now + micros;
    while (true) {
      const Result<StepResult> result = task->step({now, now});
      REQUIRE(result.ok());
      if (*result == StepResult::kProgress) continue;
      if (now == until) break;
      now = std::min(until, task->wake_at().value_or(until));
    }
    std::vector<std::string> all;
    while (const std::optional<Element> element = out->pop()) all.push_back(Spy::what(*element));
    return all;
  }

  Tables tables;
  SourceSpec source = source_spec("in");
  SplitDirectory splits;
  ChainPlan chain;
  std::shared_ptr<Channel> out = std::make_shared<Channel>(16);
  int64_t now = 1'000'000;
  std::unique_ptr<Task> task;
};

TEST_CASE("ASourceWhoseSplitsAreAllIdleSaysSoOnceAndWakesWithTheNextRows") {
  SourceToEdge chain;
  REQUIRE(chain.run(1'000) == Texts{"idle"});  // Without a split it has nothing to wait for.
  chain.add_split("0", many_rows(3));
  REQUIRE(chain.run(900'000) == Texts{"rows 3", "watermark 2000000"});
  REQUIRE(chain.run(5'000'000) == Texts{"idle"});
  chain.add_split("1", many_rows(2));
  // Behind what was sent: the watermark is said again.
  REQUIRE(chain.run(900'000) == Texts{"rows 2", "watermark 2000000"});
  REQUIRE(chain.run(5'000'000) == Texts{"idle"});
  chain.task->publish_report(0);
  REQUIRE(chain.task->report().stages[0].counters.lifted == 2);
  REQUIRE(chain.task->report().idle);
  REQUIRE(chain.task->report().splits.size() == 2);
}

// Gives rows once, and has ended.
class LastRows : public SplitReader {
 public:
  Result<ReadOutcome> read(size_t, int64_t, DecodedRows& out) override {
    out.batch = table_batch(many_rows(2));
    out.records = out.batch.rows;
    return ReadOutcome{ReadState::kEnd, {}};
  }
  SplitPosition position() const override { return "end"; }
};

// Those who were sent the rows take the source for awake by them.
TEST_CASE("ASourceWhoseLastActiveSplitEndsWithItsRowsSaysIdleOnceMore") {
  SourceToEdge chain;
  chain.add_split("0", many_rows(3));
  REQUIRE(chain.run(5'000'000) == Texts{"rows 3", "watermark 2000000", "idle"});
  chain.task->source()->add_split(
      {.split = {.name = "1", .source = "in", .number = 0, .id = chain.splits.add({"in", "1"})},
       .reader = std::make_unique<LastRows>()});
  REQUIRE(chain.run(900'000) == Texts{"rows 2", "idle"});
}

}  // namespace
}  // namespace weir
