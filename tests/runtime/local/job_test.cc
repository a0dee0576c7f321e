// Whole jobs in one process, on real executors: the same rows at any parallelism, ends in good and
// bad order, and books that balance.
#include "runtime/local/job.h"

#include "engine/expr/build.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

namespace weir {
namespace {

// What every kind of job is tried with.
template <typename F>
void at_any_parallelism(F&& f) {
  for (const uint32_t parallelism : {1U, 2U, 3U}) {
    for (const size_t executors : {size_t{1}, size_t{2}}) {
      for (const size_t batch_rows : {size_t{7}, size_t{4096}}) {
        INFO("parallelism " << parallelism << ", executors " << executors << ", batches of "
                            << batch_rows);
        f(parallelism, RunOptions{.executors = executors, .batch_rows = batch_rows});
      }
    }
  }
}

TEST_CASE("CopiesATable") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"].splits = four_splits(100);
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    run_to_the_end(graph.job(parallelism), tables, options);
    REQUIRE(sorted(tables.written("out").delivered) == all_of(four_splits(100)));
    REQUIRE(tables.written("out").sinks == parallelism);
  });
}

// Each split is days ahead of the last one, then falls behind it, so that readers keep waiting for
// each other.
TEST_CASE("ReadersThatAreFarApartInTimeAllFinish") {
  std::map<std::string, Rows> splits;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 40; ++j) {
      splits[std::to_string(i)].push_back({.k = "k", .v = j, .at = (j + i % 3) * 100'000});
    }
  }
  splits["empty"];
  at_any_parallelism([&](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"].splits = splits;
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    run_to_the_end(graph.job(parallelism), tables, options);
    REQUIRE(sorted(tables.written("out").delivered) == all_of(splits));
  });
}

TEST_CASE("AWaitMayBeLongerThanTheClockCanCount") {
  Tables tables;
  tables.sources["in"].splits = four_splits(10);
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  const std::unique_ptr<Job> job = started(graph.job(1), tables);
  const std::optional<Status> status = job->wait_for(kMaxTime);
  REQUIRE(status.has_value());
  REQUIRE(status->ok());
}

TEST_CASE("AnEmptyTableIsCopiedToo") {
  Tables tables;
  tables.sources["in"];
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  run_to_the_end(graph.job(2), tables);
  REQUIRE(tables.written("out").delivered.empty());
  REQUIRE(tables.written("out").sinks == 2);
}

TEST_CASE("CountsByKeyAndWindow") {
  std::map<std::string, int64_t> first;
  at_any_parallelism([&first](uint32_t parallelism, const RunOptions& options) {
    for (const bool two_phase : {false, true}) {
      Tables tables;
      tables.sources["in"].splits = four_splits(300);
      run_to_the_end(counting_graph().job(parallelism, two_phase), tables, options);
      const std::map<std::string, int64_t> counts = counts_of(tables.written("out").delivered);
      int64_t sum = 0;
      for (const auto& [group, count] : counts) sum += count;
      REQUIRE(sum == 4 * 300);
      REQUIRE(tables.written("late").delivered.empty());
      if (first.empty()) first = counts;
      REQUIRE(counts == first);
    }
  });
  // Values of k are the squares modulo 7: 0, 1, 2, 4. Seconds 0 to 308 make 31 windows; 300 to 308
  // have fewer keys.
  REQUIRE(first.size() >= 30 * 4);
}

// Some tasks have no split at all: they must not hold the windows of the others.
TEST_CASE("TasksWithoutASplitHoldNoTimeBack") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(200)}}, .endless = true, .rediscovers = true};
  const std::unique_ptr<Job> job = started(counting_graph().job(3), tables, {.executors = 2});
  tables.wait_for_rows("out", 19 * 4);  // Four keys in each of the windows that are over.
  job->stop();
  REQUIRE(ended(*job).ok());
  REQUIRE(job->unbalanced().empty());
  REQUIRE(tables.written("out").rows.size() == 19 * 4);
}

TEST_CASE("LateRowsAreRoutedAndCounted") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"].splits["0"] = {{.k = "a", .v = 1, .at = 5},
                                        {.k = "a", .v = 2, .at = 25},
                                        {.k = "a", .v = 3, .at = 6},
                                        {.k = "b", .v = 4, .at = 24}};
    const std::unique_ptr<Job> job = started(counting_graph().job(parallelism), tables, options);
    REQUIRE(ended(*job).ok());
    REQUIRE(job->unbalanced().empty());
    const std::vector<std::string> late = tables.written("late").delivered;
    REQUIRE(late.size() == 1);
    REQUIRE(late[0].find(R"("source":"in","part":"0","pos":2)") != std::string::npos);
    REQUIRE(tables.written("out").delivered.size() == 3);
    uint64_t counted = 0;
    for (const StageTotals& stage : job->report().stages) counted += stage.counters.late;
    REQUIRE(counted == 1);
  });
}

TEST_CASE("SeveralSinksShareOneReadOfASource") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"].splits = four_splits(50);
    Graph graph;
    const VertexIndex in = graph.source("in");
    const ExprPtr v = make_column(1, TypeKind::kBigint);
    const ExprPtr few = *make_call("<", {v, *make_number("10")});
    const VertexIndex project = graph.add("few", ProjectSpec{.filter = few, .columns = {{"v", v}}});
    graph.connect(in, project);
    graph.connect(in, graph.sink("all", table_schema()));
    graph.connect(project, graph.sink("some", graph.schema_of(project)));
    const std::unique_ptr<Job> job = started(graph.job(parallelism), tables, options);
    REQUIRE(ended(*job).ok());
    REQUIRE(job->unbalanced().empty());
    REQUIRE(sorted(tables.written("all").delivered) == all_of(four_splits(50)));
    REQUIRE(tables.written("some").delivered.size() == 40);

    const JobReport report = job->report();
    uint64_t read = 0;
    for (const StageTotals& stage : report.stages) {
      if (stage.id == "in") read += stage.counters.rows_in;
      const bool is_sink = stage.id == "all" || stage.id == "some";
      REQUIRE(stage.written.has_value() == is_sink);
      if (is_sink) REQUIRE(stage.written->rows == stage.counters.rows_in);
    }
    REQUIRE(read == 200);
  });
}

TEST_CASE("UnionsRowsOfSeveralTables") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["one"].splits = four_splits(20);
    tables.sources["two"].splits["only"] = many_rows(30, 1000);
    Graph graph;
    UnionSpec both;
    both.columns = table_schema()->fields;
    both.columns[2].event_time = true;
    both.columns[2].nullable = false;
    const VertexIndex all = graph.add("both", both);
    graph.connect(graph.source("one"), all);
    graph.connect(graph.source("two"), all);
    graph.connect(all, graph.sink("out", table_schema()));
    run_to_the_end(graph.job(parallelism), tables, options);
    std::vector<std::string> expected = all_of(four_splits(20));
    for (std::string& row : json_of(many_rows(30, 1000))) expected.push_back(std::move(row));
    REQUIRE(sorted(tables.written("out").delivered) == sorted(expected));
  });
}

TEST_CASE("RebalancedAndBroadcastRowsAreAccountedFor") {
  for (const auto& [kind, copies] :
       {std::pair{DistributionKind::kRebalance, 1}, std::pair{DistributionKind::kBroadcast, 3}}) {
    Tables tables;
    tables.sources["in"].splits = four_splits(20);
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()), {.kind = kind});
    run_to_the_end(graph.job(3), tables, {.executors = 2});
    REQUIRE(tables.written("out").delivered.size() == static_cast<size_t>(80 * copies));
  }
}

TEST_CASE("ASinkThatRefusesRowsLosesNone") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"].splits = four_splits(100);
    tables.sinks["out"] = {.rows_at_once = 5, .flushes_needed = 3};
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    run_to_the_end(graph.job(parallelism), tables, options);
    REQUIRE(sorted(tables.written("out").delivered) == all_of(four_splits(100)));
    REQUIRE(tables.written("out").refusals > 0);
  });
}

TEST_CASE("ASlowSinkBehindAnExchangeLosesNothing") {
  Tables tables;
  tables.sources["in"].splits = four_splits(2'000);
  tables.sinks["out"].rows_at_once = 50;
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()), by_key());
  run_to_the_end(graph.job(3), tables, {.executors = 2, .batch_rows = 64});
  REQUIRE(sorted(tables.written("out").delivered) == all_of(four_splits(2'000)));
}

TEST_CASE("ASourceThatHesitatesIsReadToTheEnd") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(20), .hesitates = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  run_to_the_end(graph.job(2), tables, {.batch_rows = 3});
  REQUIRE(tables.written("out").delivered.size() == 80);
}

TEST_CASE("RecordsThatCannotBeDecodedBecomeDeadLetters") {
  Tables tables;
  tables.sources["in"].splits["0"] = {
      {.k = "a", .v = 1, .at = 1}, {.undecodable = true}, {.k = "b", .v = 2, .at = 2}};
  SourceSpec spec = source_spec("in");
  spec.on_error = OnError::kDeadLetter;
  Graph graph;
  const VertexIndex in = graph.add("in", spec);
  graph.connect(in, graph.sink("out", table_schema()));
  graph.connect(in, graph.sink("dead", dead_letter_schema()), {}, kBadPort);
  const std::unique_ptr<Job> job = started(graph.job(1), tables);
  REQUIRE(ended(*job).ok());
  REQUIRE(job->unbalanced().empty());
  REQUIRE(tables.written("out").delivered.size() == 2);
  const std::vector<std::string> dead = tables.written("dead").delivered;
  REQUIRE(dead.size() == 1);
  REQUIRE(dead[0].find(
              R"("source":"in","part":"0","pos":1,"stage":"decode","reason":"not a row: ?")") !=
          std::string::npos);
  REQUIRE(job->report().stages[0].bad_by_label.at("not a row") == 1);
}

TEST_CASE("ABadRecordEndsTheJobUnlessToldOtherwise") {
  Tables tables;
  tables.sources["in"].splits["7"] = {{.k = "a", .v = 1, .at = 1}, {.undecodable = true}};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  const std::unique_ptr<Job> job = started(graph.job(2), tables);
  const Status status = ended(*job);
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kBadData);
  REQUIRE(status.error().message.find("table in, in, part 7, position 1") != std::string::npos);
  REQUIRE(tables.written("out").delivered.empty());
}

TEST_CASE("TheFirstErrorEndsTheJobAndNothingIsDelivered") {
  for (const bool of_sink : {false, true}) {
    at_any_parallelism([of_sink](uint32_t parallelism, const RunOptions& options) {
      INFO((of_sink ? "of a sink" : "of a source"));
      Tables tables;
      tables.sources["in"].splits = four_splits(100);
      if (of_sink) {
        tables.sinks["out"].breaks_after = 20;
      } else {
        tables.sources["in"].breaks_after = 50;
      }
      Graph graph;
      graph.connect(graph.source("in"), graph.sink("out", table_schema()));
      const std::unique_ptr<Job> job = started(graph.job(parallelism), tables, options);
      const Status status = ended(*job);
      REQUIRE_FALSE(status.ok());
      REQUIRE(status.error().kind == ErrorKind::kUnavailable);
      REQUIRE(status.error().message.find(of_sink ? "table out" : "split ") == 0);
      REQUIRE(tables.written("out").delivered.empty());
      // And it stays ended.
      REQUIRE_FALSE(ended(*job).ok());
    });
  }
}

TEST_CASE("AJobThatCannotOpenItsTablesDoesNotStart") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(1), .refuses_to_open = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  const auto refused = Job::start(graph.job(2), tables.factory(), {.executors = 2});
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().message == "cannot open split 0");

  Graph unknown;
  unknown.connect(unknown.source("nowhere"), unknown.sink("out", table_schema()));
  const auto missing = Job::start(unknown.job(1), tables.factory(), {});
  REQUIRE_FALSE(missing.ok());
  REQUIRE(missing.error().message == "no table nowhere");
}

TEST_CASE("AStoppedJobDeliversWhatItHasRead") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    tables.sources["in"] = {.splits = four_splits(25), .endless = true};
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    const std::unique_ptr<Job> job = started(graph.job(parallelism), tables, options);
    tables.wait_for_rows("out", 100);
    REQUIRE_FALSE(job->wait_for(0).has_value());
    job->stop();
    REQUIRE(ended(*job).ok());
    REQUIRE(sorted(tables.written("out").delivered) == all_of(four_splits(25)));
    REQUIRE(job->unbalanced().empty());
    REQUIRE(job->report().watermark < kMaxTime);
  });
}

TEST_CASE("WindowsThatAreOpenWhenAJobIsStoppedDoNotFire") {
  at_any_parallelism([](uint32_t parallelism, const RunOptions& options) {
    Tables tables;
    // Time has come to second 31 in every split: the windows up to 30 fire, the one up to 40 does
    // not.
    tables.sources["in"] = {.endless = true};
    for (const char* split : {"0", "1", "2", "3"}) {
      tables.sources["in"].splits[split] = {
          {.k = "a", .v = 1, .at = 5}, {.k = "a", .v = 1, .at = 25}, {.k = "a", .v = 1, .at = 31}};
    }
    const std::unique_ptr<Job> job = started(counting_graph().job(parallelism), tables, options);
    tables.wait_for_rows("out", 2);
    job->stop();
    REQUIRE(ended(*job).ok());
    REQUIRE(tables.written("out").delivered.size() == 2);
    REQUIRE(job->unbalanced().empty());
  });
}

// Whenever the stop comes, windows hold all rows that they should or do not fire.
TEST_CASE("AJobStoppedAtAnyMomentGivesNoPartOfAWindow") {
  std::map<std::string, int64_t> whole;
  {
    Tables tables;
    tables.sources["in"].splits = four_splits(300);
    run_to_the_end(counting_graph().job(1), tables);
    whole = counts_of(tables.written("out").delivered);
  }
  for (const uint32_t parallelism : {1U, 2U, 3U}) {
    for (const size_t rows_before_stop : {0, 1, 20, 60}) {
      INFO("parallelism " << parallelism << ", stopped after " << rows_before_stop);
      Tables tables;
      tables.sources["in"] = {.splits = four_splits(300), .endless = true};
      const std::unique_ptr<Job> job =
          started(counting_graph().job(parallelism), tables, {.executors = 2, .batch_rows = 3});
      tables.wait_for_rows("out", rows_before_stop);
      job->stop();
      REQUIRE(ended(*job).ok());
      for (const auto& [group, count] : counts_of(tables.written("out").delivered)) {
        REQUIRE(whole.at(group) == count);
      }
      REQUIRE(job->unbalanced().empty());
    }
  }
}

TEST_CASE("SplitsThatAppearWhileTheJobRunsAreRead") {
  Tables tables;
  tables.sources["in"] = {.splits = {{"0", many_rows(5)}}, .endless = true, .rediscovers = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  const std::unique_ptr<Job> job = started(graph.job(2), tables, {.executors = 2});
  tables.wait_for_rows("out", 5);
  tables.add_split("in", "1", many_rows(7, 100));
  tables.wait_for_rows("out", 12);
  job->stop();
  REQUIRE(ended(*job).ok());
  REQUIRE(tables.written("out").delivered.size() == 12);
  REQUIRE(job->unbalanced().empty());
}

TEST_CASE("AJobCanBeLeftWhileItRuns") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(25), .endless = true, .rediscovers = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()), by_key());
  std::unique_ptr<Job> job = started(graph.job(3), tables, {.executors = 2});
  tables.wait_for_rows("out", 1);
  job.reset();
  REQUIRE(tables.written("out").delivered.empty());
}

// Somebody asks brokers that do not answer: nobody waits for that.
TEST_CASE("AJobThatIsStoppedWhileItStartsIsGivenUp") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(25), .endless = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  std::atomic<int> times = 0;
  std::promise<void> asked;
  std::promise<void> answered;
  const std::shared_future<void> answer = answered.get_future().share();
  ConnectorFactory connectors = tables.factory();
  connectors.source = [&, make = connectors.source](const SourceSpec& spec, const RowShape& shape) {
    if (times++ == 0) asked.set_value();
    answer.wait();
    return make(spec, shape);
  };
  Job job(graph.job(1), RunOptions());
  std::thread interrupt([&] {
    asked.get_future().wait();
    job.stop();
  });
  const Status begun = job.begin(connectors);
  CHECK(begun.ok());
  CHECK(job.was_given_up());
  CHECK_FALSE(job.was_finished());
  interrupt.join();
  answered.set_value();
}

TEST_CASE("AJobThatIsStoppedBeforeItBeginsDoesNothing") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(25), .endless = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  Job job(graph.job(1), RunOptions());
  job.stop();
  REQUIRE(job.begin(tables.factory()).ok());
  REQUIRE(job.was_given_up());
}

TEST_CASE("ReportsWhileItRuns") {
  Tables tables;
  tables.sources["in"] = {.splits = four_splits(25), .endless = true};
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  const std::unique_ptr<Job> job = started(graph.job(2), tables);
  while (job->report().stages[0].counters.rows_in < 100) std::this_thread::yield();
  REQUIRE(job->report().backlog == 0);
  REQUIRE(job->report().stages.size() == 2);
  job->stop();
  REQUIRE(ended(*job).ok());
}

}  // namespace
}  // namespace weir
