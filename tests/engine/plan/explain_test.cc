#include "engine/plan/explain.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

std::string explained(const JobGraph& graph, uint32_t parallelism) {
  return explain_text(graph, make_plan(graph, {.parallelism = parallelism}));
}

// The lines of one step.
std::string block(const std::string& text, const std::string& id) {
  const size_t begin = text.find("\n\n" + id + " (");
  REQUIRE(begin != std::string::npos);
  return text.substr(begin + 2, text.find("\n\n", begin + 2) - begin - 1);
}

}  // namespace

TEST_CASE("ExplainsEveryStep") {
  const std::string text = explained(fraud_graph(), 2);
  CHECK_THAT(text, Contains("Job fraud: 2 instances of each step, a checkpoint every 1 second\n"));
  CHECK_THAT(block(text, "transactions"),
             Contains("time      event time at; the watermark is 5 seconds behind\n") &&
                 Contains("bad rows  to trash\n") && Contains("clock     max_future: "));
  CHECK_THAT(block(text, "big"), Contains("from      transactions, in the same task\n") &&
                                     Contains("gives     append") && Contains("state     none\n"));
  CHECK(block(text, "totals") ==
        "totals (window aggregate, final: after the exchange)\n"
        "  does      merges the partial results of card, window: total, mean, home\n"
        "  from      totals/partial, hash by card\n"
        "  gives     append: rows are never taken back\n"
        "  state     per (card, window) until the window closes; no state_ttl\n"
        "  time      event time window_end, window_time\n"
        "  runs      in 2 tasks of chain 2\n");
  CHECK_THAT(block(text, "totals/partial"), Contains("late rows to late\n"));
  CHECK_THAT(block(text, "late"), Contains("from      late rows of totals/partial"));
  CHECK_THAT(text, Contains("gives the same answer, except where \"clock\" is said."));
}

// By the log a row is judged as it comes: only a range asks whether it is late, and rows of one key
// in two splits come in any order.
TEST_CASE("SaysWhatTheOrderOfTheLogMeans") {
  JobGraph graph = fraud_graph();
  OverCall before{
      .name = "before", .function = OverFunction::kRowNumber, .type = TypeKind::kBigint};
  OverSpec over{.keys = {0}, .order = OverOrder::kLog, .calls = {before}};
  graph.vertices.push_back({"numbered", over});
  graph.vertices.push_back({"nowhere", SinkSpec{.table = "nowhere", .connector = "blackhole"}});
  const VertexIndex numbered(static_cast<uint32_t>(graph.vertices.size() - 2));
  const VertexIndex nowhere(static_cast<uint32_t>(graph.vertices.size() - 1));
  add_edge(graph, kBig, numbered, kRowsPort, {DistributionKind::kHash, {0}});
  std::get<SinkSpec>(graph.vertices.back().spec).columns =
      output_schema(over, kRowsPort, input_schemas(graph)[numbered.value()])->fields;
  add_edge(graph, numbered, nowhere);
  const std::string by_number = block(explained(graph, 1), "numbered");
  CHECK_THAT(by_number, Contains("order     of the log: certain where all rows of a key"));
  CHECK_THAT(by_number, !Contains("late rows"));
  CHECK_THAT(explained(graph, 1), Contains("except where \"clock\" or \"order\" is said."));
  OverSpec& ranged = std::get<OverSpec>(graph.vertices[numbered.value()].spec);
  ranged.time_column = 1;
  ranged.calls[0] = {.name = "before", .range = 1'000'000, .type = TypeKind::kBigint};
  CHECK_THAT(block(explained(graph, 1), "numbered"), Contains("late rows dropped and counted"));
}

TEST_CASE("SaysWhenOutputIsSeen") {
  JobGraph graph = fraud_graph();
  CHECK_THAT(block(explained(graph, 1), "out"), Contains("delivery  written at once"));
  spec_at<SinkSpec>(graph, kOut).connector = "file";
  CHECK_THAT(block(explained(graph, 1), "out"), Contains("delivery  exactly once: visible with"));
  spec_at<SinkSpec>(graph, kOut).delivery = Delivery::kAtLeastOnce;
  CHECK_THAT(block(explained(graph, 1), "out"), Contains("delivery  at least once"));
  spec_at<SinkSpec>(graph, kOut).connector = "kafka";
  CHECK_THAT(block(explained(graph, 1), "out"), Contains("delivery  at least once"));
}

// Where nobody keeps checkpoints there are some all the same, unless the job ends by itself and its
// output can wait.
TEST_CASE("SaysWhatIsSeenOnlyAtTheEnd") {
  JobGraph graph = fraud_graph();
  SinkSpec& sink = spec_at<SinkSpec>(graph, kOut);
  sink.connector = "file";
  const auto waits = [&graph] {
    return block(explained(graph, 1), "out").find("when the job has ended") != std::string::npos;
  };
  CHECK_FALSE(waits());
  spec_at<SourceSpec>(graph, kTransactions).options["stop"] = "latest";
  CHECK(waits());
  sink.connector = "kafka";
  CHECK_FALSE(waits());
}

TEST_CASE("SaysWhatIsNotThere") {
  JobGraph graph = fraud_graph();
  graph.edges.pop_back();
  graph.vertices.pop_back();
  spec_at<SourceSpec>(graph, kTransactions).max_future.reset();
  spec_at<SourceSpec>(graph, kTransactions).on_error = OnError::kSkip;
  spec_at<SourceSpec>(graph, kTransactions).options["stop"] = "latest";
  const std::string text = explained(graph, 1);
  CHECK_THAT(block(text, "totals"), Contains("late rows dropped and counted\n"));
  CHECK_THAT(block(text, "transactions"), Contains("bad rows  skipped and counted\n"));
  CHECK_THAT(text, Contains("\nThe same input gives the same answer.\n"));
}

}  // namespace weir
