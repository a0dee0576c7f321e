// Tasks that nobody runs but the test: built, connected, stepped by hand, and their books.
#include "runtime/task/job_tasks.h"

#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Plan copy_plan(uint32_t parallelism) {
  JobGraph graph;
  graph.vertices = {{.id = "in", .spec = source_spec("in")},
                    {.id = "out", .spec = sink_spec("out", table_schema())}};
  graph.edges = {{.from = VertexIndex(0),
                  .to = VertexIndex(1),
                  .distribution = {.kind = DistributionKind::kRebalance}}};
  REQUIRE(validate(graph).ok());
  return make_plan(graph, {.parallelism = parallelism});
}

Status open_splits(JobTasks& job, Tables& tables, int64_t now) {
  const Result<std::vector<JobSplit>> found = job.discover(tables.factory(), now);
  REQUIRE(found.ok());
  job.know_splits(*found);
  return job.read_splits(found->size());
}

void step_to_the_end(JobTasks& job) {
  for (bool all_finished = false; !all_finished;) {
    all_finished = true;
    for (const JobTasks::ByInstance& chain : job.chains()) {
      for (const auto& task : chain) {
        const Result<StepResult> result = task->step({});
        REQUIRE(result.ok());
        all_finished = all_finished && *result == StepResult::kFinished;
      }
    }
  }
  job.publish_last_reports();
}

TEST_CASE("ConnectorsWithinAPlanAreToldTheirBuffers") {
  std::string read;
  std::string written;
  const ConnectorFactory noting{
      .source = [&read](const SourceSpec& spec,
                        const RowShape&) -> Result<std::unique_ptr<Source>> {
        read = spec.options.at("buffer_bytes");
        return user_error("noted");
      },
      .sink = [&written](const SinkSpec& spec, const SinkLane&) -> Result<std::unique_ptr<Sink>> {
        written = spec.options.at("buffer_bytes");
        return user_error("noted");
      }};
  const ConnectorFactory bounded =
      within(noting, MemoryPlan{.consumer_bytes = 5'000'000, .producer_bytes = 7'000'000});
  SourceSpec source;
  source.connector = "kafka";
  SinkSpec sink;
  sink.connector = "kafka";
  sink.delivery = Delivery::kAtLeastOnce;
  REQUIRE_FALSE(bounded.source(source, {}).ok());
  REQUIRE_FALSE(bounded.sink(sink, {}).ok());
  CHECK(read == "5000000");
  CHECK(written == "7000000");
}

// Keeps what it is told of the past, by slot.
class RememberingSink : public Sink {
 public:
  RememberingSink(std::map<uint32_t, SlotPast>& told, uint32_t slot) : told_(told), slot_(slot) {}

  Status prepare(const SlotPast& past) override {
    told_[slot_] = past;
    return {};
  }
  Result<size_t> write(const RecordBatch& batch, size_t) override { return batch.size(); }
  Result<Flush> flush() override { return Flush::kDone; }
  Result<Segment> seal(CheckpointId) override { return Segment(); }
  Status deliver(CheckpointId, const Segment&) override { return {}; }

 private:
  std::map<uint32_t, SlotPast>& told_;
  const uint32_t slot_;
};

TEST_CASE("SinksAreToldOfTheSlotsThatTheBaseNames") {
  Tables tables;
  std::map<uint32_t, SlotPast> told;
  ConnectorFactory connectors = tables.factory();
  connectors.sink = [&told](const SinkSpec&,
                            const SinkLane& lane) -> Result<std::unique_ptr<Sink>> {
    return std::make_unique<RememberingSink>(told, lane.slot);
  };
  tables.sources["in"] = {};
  const Manifest from{
      .id = {Generation(1), Epoch(5)},
      .slots = {{.sink = "out"}, {.sink = "out", .slot = 2}, {.sink = "other", .slot = 3}}};
  const Plan plan = copy_plan(2);
  REQUIRE(JobTasks::build(plan, connectors, 2, {.generation = Generation(2), .from = &from}).ok());
  REQUIRE(told.size() == 2);
  CHECK_FALSE(told[0].is_new);
  CHECK(told[1].is_new);
  for (const auto& [slot, past] : told) {
    CHECK(past.base == from.id);
    CHECK(past.slots == 2);
    CHECK(past.closing == std::set<uint32_t>{2});
  }
}

TEST_CASE("StepsItsTasksByHand") {
  for (const uint32_t parallelism : {1U, 3U}) {
    Tables tables;
    tables.sources["in"].splits = {{"0", many_rows(50)}, {"1", many_rows(30, 7)}};
    const Plan plan = copy_plan(parallelism);
    auto built = JobTasks::build(plan, tables.factory(), 8);
    REQUIRE(built.ok());
    JobTasks& job = **built;
    REQUIRE(open_splits(job, tables, 0).ok());
    REQUIRE_FALSE(job.rediscovers());
    step_to_the_end(job);
    REQUIRE(unbalanced(plan, job.reports()).empty());
    REQUIRE(tables.written("out").rows.size() == 80);
    REQUIRE(tables.written("out").delivered.empty());
    const JobReport report = job_report(plan, job.reports());
    REQUIRE(report.watermark == kMaxTime);
    REQUIRE(report.stages.back().written->rows == 80);
  }
}

TEST_CASE("FindsNewSplitsWhenItIsTime") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(5)}}, .rediscovers = true};
  const Plan plan = copy_plan(1);
  auto built = JobTasks::build(plan, tables.factory(), 8);
  REQUIRE(built.ok());
  JobTasks& job = **built;
  REQUIRE(open_splits(job, tables, 100).ok());
  REQUIRE(job.rediscovers());
  tables.add_split("in", "1", many_rows(5));
  REQUIRE(job.find_new_splits(99)->empty());
  const Result<std::vector<JobSplit>> found = job.find_new_splits(100);
  REQUIRE(found->size() == 1);
  job.know_splits(*found);
  REQUIRE(job.read_splits(job.known_splits()).ok());
  job.chains()[0][0]->source()->close_splits();
  step_to_the_end(job);
  REQUIRE(unbalanced(plan, job.reports()).empty());
}

TEST_CASE("SaysWhichTableCannotBeOpened") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(5)}}, .refuses_to_open = true};
  const Plan plan = copy_plan(1);
  auto built = JobTasks::build(plan, tables.factory(), 8);
  REQUIRE(built.ok());
  const Status opened = open_splits(**built, tables, 0);
  REQUIRE(opened.error().message == "cannot open split 0");
}

}  // namespace
}  // namespace weir
