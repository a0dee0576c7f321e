#include "engine/sql/keep_first.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string first(const std::string& on, const std::string& order) {
  return with_tables("SELECT DISTINCT ON (" + on + ") card, n + 1 AS m FROM payments " + order);
}

bool says(const std::string& script, const std::string& part) {
  const std::string message = refusal(script);
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
  return message.find(part) != std::string::npos;
}

TEST_CASE("DistinctOnKeepsTheFirstRowOfEachKey") {
  REQUIRE(facts_of(first("card, lower(note)", "ORDER BY lower(note), card, at")) ==
          "payments: reads file\n"
          "stdout.first(card,lower).input: card, lower(note) AS lower, at, n\n"
          "stdout.first(card,lower): first (card, lower) by at\n"
          "stdout.project: card, (n + 1) AS m\n"
          "stdout: writes print\n"
          "payments -> stdout.first(card,lower).input\n"
          "stdout.first(card,lower).input -> stdout.first(card,lower) by (card, lower)\n"
          "stdout.first(card,lower) -> stdout.project\n"
          "stdout.project -> stdout\n");
  REQUIRE(step_of(first("1", "ORDER BY 1, at"), "stdout.first(card)") == "first (card) by at");
}

TEST_CASE("InAnyOtherOrderTheFirstRowChanges") {
  const auto top = [](const std::string& order) {
    const JobGraph graph =
        graph_of(with_tables("SET result_mode = 'final'; SELECT DISTINCT ON (card) card, n FROM "
                             "payments ORDER BY card, " +
                             order));
    for (const Vertex& vertex : graph.vertices) {
      if (const auto* spec = std::get_if<TopSpec>(&vertex.spec)) return *spec;
    }
    return TopSpec{.limit = 0};
  };
  REQUIRE(top("at DESC").ties == Ties::kLaterFirst);
  REQUIRE(top("at DESC").limit == 1);
  REQUIRE(top("n").ties == Ties::kEarlierFirst);
  REQUIRE(top("at, id").order.size() == 2);
  REQUIRE(says(first("card", "ORDER BY card, at DESC"), "SET result_mode = 'final'"));
}

TEST_CASE("DistinctOnThatNeedsMoreIsRefused") {
  REQUIRE(says(first("card", ""), "say in which"));
  REQUIRE(says(first("card", "ORDER BY card"), "say in which"));
  REQUIRE(says(first("card", "ORDER BY at"), "must match initial ORDER BY expressions"));
  REQUIRE(says(first("card", "ORDER BY card, spot"), "rows are not ordered by"));
  REQUIRE(says(first("spot", "ORDER BY spot, at"), "take its fields"));
}

}  // namespace
}  // namespace weir
