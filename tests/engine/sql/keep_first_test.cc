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

TEST_CASE("DistinctOnThatNeedsMoreIsRefused") {
  REQUIRE(says(first("card", ""), "say by which column"));
  REQUIRE(says(first("card", "ORDER BY card"), "say by which column"));
  REQUIRE(says(first("card", "ORDER BY at"), "must match initial ORDER BY expressions"));
  REQUIRE(says(first("card", "ORDER BY card, n"), "this column has no event time"));
  REQUIRE(says(first("card", "ORDER BY card, at DESC"), "leave out DESC to keep the first"));
  REQUIRE(says(first("card", "ORDER BY card, at, id"), "nothing stands behind the time"));
  REQUIRE(says(first("spot", "ORDER BY spot, at"), "take its fields"));
  REQUIRE(says(with_tables("SELECT DISTINCT card FROM payments"), "SELECT DISTINCT ON (key)"));
}

}  // namespace
}  // namespace weir
