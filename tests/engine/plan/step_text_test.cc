#include "engine/plan/step_text.h"

#include "engine/plan/step_notes.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

const StagePlan& stage_of(const Plan& plan, std::string_view id) {
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (stage.id == id) return stage;
    }
  }
  FAIL("no stage " << id);
  return plan.chains[0].stages[0];
}

}  // namespace

TEST_CASE("StepsAreSaidInSql") {
  const Plan plan = make_plan(fraud_graph(), {.parallelism = 2});
  CHECK(
      step_text(stage_of(plan, "transactions")) ==
      "reads topic transactions of localhost:9092; parses 3 of 5 columns: card, amount, at; CHECK "
      "positive (amount > 0); NOT NULL card");
  CHECK(step_text(stage_of(plan, "big")) ==
        "SELECT card, at, amount * 2 AS amount, part = 0 AS from_home WHERE amount > 10");
  CHECK(
      step_text(stage_of(plan, "totals/partial")) ==
      "sum(amount) AS total, avg(amount) AS mean, count(*) FILTER (WHERE from_home) AS home GROUP "
      "BY card, tumble(at, '1 minute')");
  CHECK(step_text(stage_of(plan, "totals")) ==
        "merges the partial results of card, window: total, mean, home");
  CHECK(step_text({.id = "stamp", .spec = ProcessingTimeSpec{.column = "seen"}}) ==
        "stamps rows with the wall clock, as seen");
  CHECK(step_text(stage_of(plan, "out")) == "writes card, ends, total to standard output");
}

TEST_CASE("ConstantsAreSaidWithoutTheirTypes") {
  JobGraph graph = fraud_graph();
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  auto& big = spec_at<ProjectSpec>(graph, kBig);
  const auto said = [&](std::string_view filter) {
    big.filter = expr_of(filter, *table);
    const std::string text = step_text(stage_of(make_plan(graph, {}), "big"));
    return text.substr(text.find("WHERE ") + 6);
  };
  CHECK(said("note = 'it''s (' AND amount > 1.5") == "(note = 'it''s (') AND (amount > 1.5)");
  CHECK(said("note LIKE '4%'") == "note LIKE '4%'");
  CHECK(said("note = '5'") == "note = '5'");
  CHECK(said("at > '2024-01-01Z'") == "at > '2024-01-01 00:00:00+00'::timestamp with time zone");
}

TEST_CASE("KindsSayConnectorAndPhase") {
  const Plan plan = make_plan(fraud_graph(), {.parallelism = 2});
  CHECK(step_kind(stage_of(plan, "transactions")) == "source, kafka");
  CHECK(step_kind(stage_of(plan, "totals/partial")) ==
        "window aggregate, partial: before the exchange");
  CHECK(step_kind(stage_of(plan, "out")) == "sink, print");
}

TEST_CASE("ExchangesAreSaidByColumnNames") {
  const Schema schema{{field("card", TypeKind::kText), field("x", TypeKind::kInt)}};
  CHECK(distribution_text({DistributionKind::kHash, {1, 0}}, schema) == "hash by x, card");
  CHECK(distribution_text({DistributionKind::kHash, {}}, schema) == "all to one instance");
  CHECK(distribution_text({DistributionKind::kRebalance, {}}, schema) == "rebalanced");
}

TEST_CASE("EverythingThatAsksTheClockIsNamed") {
  JobGraph graph = fraud_graph();
  auto& source = spec_at<SourceSpec>(graph, kTransactions);
  source.idle_timeout = 30'000'000;
  source.when_quiet = WhenQuiet::kAdvance;
  auto& big = spec_at<ProjectSpec>(graph, kBig);
  const SchemaPtr table = output_schema(source, kRowsPort, nullptr);
  big.filter = expr_of("at < now()", *table);
  const Plan plan = make_plan(graph, {});
  const std::vector<std::string> texts = clock_texts(stage_of(plan, "transactions"));
  REQUIRE(texts.size() == 4);
  CHECK(texts[0] == "max_future: a record stamped more than 1 hour ahead is bad");
  CHECK_THAT(texts[1], Contains("silent for 30 seconds"));
  CHECK_THAT(texts[2], Contains("when_quiet"));
  CHECK_THAT(texts[3], Contains("new partitions"));
  CHECK(clock_texts(stage_of(plan, "big")) == std::vector<std::string>{"now() in the filter"});
  CHECK(clock_texts(stage_of(plan, "totals")).empty());
}

}  // namespace weir
