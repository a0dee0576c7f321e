// Goal: conditions are seen for what they are, however they are written. Method: one join, one line
// of its step.
#include "engine/sql/join_condition.h"

#include "engine/expr/build.h"
#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// The step of payments p JOIN logins l ON this; the refusal where there is one.
std::string joined(const std::string& on) {
  const std::string script = with_tables(
      "CREATE TABLE logins (card text NOT NULL, small int, at timestamptz NOT NULL, seen "
      "timestamptz) "
      "WITH (connector = 'file', path = 'x', event_time = 'at');"
      "SELECT p.id FROM payments p JOIN logins l ON " +
      on);
  const std::string message = refusal(script);
  if (!message.empty()) return message.substr(message.find(' ') + 1);
  const JobGraph graph = graph_of(script);
  for (const Vertex& vertex : graph.vertices) {
    if (!std::holds_alternative<IntervalJoinSpec>(vertex.spec)) continue;
    return step_of(script, vertex.id);
  }
  return "";
}

const std::string kKeys = "inner (card) at at = (l_card) at l_at";

TEST_CASE("BoundsMayBeWrittenEitherWayRound") {
  const std::string k = "p.card = l.card AND ";
  const std::string five = kKeys + " in [-300000000us, 300000000us]";
  REQUIRE(joined(k + "p.at BETWEEN l.at - INTERVAL '5 m' AND l.at + INTERVAL '5 m'") == five);
  REQUIRE(
      joined("l.at BETWEEN p.at - INTERVAL '5 m' AND p.at + INTERVAL '5 m' AND l.card = p.card") ==
      five);
  REQUIRE(joined(k + "p.at - l.at <= INTERVAL '5 m' AND l.at - p.at <= INTERVAL '5 m'") == five);
  REQUIRE(joined(k + "p.at + INTERVAL '5 m' >= l.at AND l.at + INTERVAL '1 m' * 5 >= p.at") ==
          five);
  REQUIRE(joined(k + "(p.at >= l.at - INTERVAL '5 m') AND NOT p.ok AND l.at + INTERVAL '5 m' >= "
                     "p.at") == five);
  const std::string before = kKeys + " in [0us, 300000000us]";
  REQUIRE(joined(k + "l.at BETWEEN p.at - INTERVAL '5 m' AND p.at") == before);
  REQUIRE(joined(k + "p.at >= l.at AND p.at <= l.at + INTERVAL '5 m'") == before);
  REQUIRE(joined(k + "p.at - INTERVAL '5 m' <= l.at AND l.at <= p.at") == before);
}

TEST_CASE("StrictBoundsAreAMicrosecondNarrower") {
  const std::string k = "p.card = l.card AND ";
  REQUIRE(joined(k + "p.at > l.at AND p.at < l.at + INTERVAL '1 s'") ==
          kKeys + " in [1us, 999999us]");
  REQUIRE(joined(k + "l.at < p.at AND l.at > p.at - INTERVAL '1 s'") ==
          kKeys + " in [1us, 999999us]");
}

TEST_CASE("SeveralBoundsLeaveTheNarrowest") {
  REQUIRE(
      joined("p.card = l.card AND p.at BETWEEN l.at AND l.at + INTERVAL '1 s' AND p.at <= l.at + "
             "INTERVAL '9 s' AND p.at >= l.at + INTERVAL '0.5 s'") ==
      kKeys + " in [500000us, 1000000us]");
  REQUIRE(joined("p.card = l.card AND p.at BETWEEN l.at + INTERVAL '2 s' AND l.at + INTERVAL '1 s'")
              .find("leave nothing between them") != std::string::npos);
}

TEST_CASE("EqualTimesAreABoundAndAKeyWhereThereIsNoOther") {
  REQUIRE(joined("p.at = l.at AND p.card = l.card") == kKeys + " in [0us, 0us]");
  REQUIRE(joined("p.at = l.at") == "inner (at) at at = (l_at) at l_at in [0us, 0us]");
}

TEST_CASE("KeysOfTwoTypesAreCastToOne") {
  REQUIRE(joined("p.id = l.small AND lower(p.card) = l.card || 'x' AND p.at = l.at") ==
          "inner (id, key_2) at at = (key, key_3) at l_at in [0us, 0us]");
}

TEST_CASE("TheRestIsACondition") {
  REQUIRE(joined("p.card = l.card AND p.at = l.at AND p.n > l.small AND (p.ok OR l.small = 1)") ==
          kKeys + " in [0us, 0us] if ((n > small) AND (ok OR (small = 1)))");
  REQUIRE(joined("p.card = l.card AND p.at = l.at AND p.at > l.seen") ==
          kKeys + " in [0us, 0us] if (at > seen)");
}

TEST_CASE("JoinsWithoutAnEqualityAreRefused") {
  REQUIRE(joined("p.at BETWEEN l.at AND l.at + INTERVAL '1 s'").find("needs an equality") !=
          std::string::npos);
  REQUIRE(joined("p.card = l.card AND p.at BETWEEN l.at + INTERVAL '1 s' AND l.at")
              .find("leave nothing between them") != std::string::npos);
  REQUIRE(joined("p.card = l.card AND p.at BETWEEN l.at AND l.at + INTERVAL '1 month'")
              .find("no fixed length in months") != std::string::npos);
}

TEST_CASE("ColumnsOfOneSideAreTold") {
  const ExprPtr both =
      *make_call("=", {make_column(1, TypeKind::kInt), make_column(4, TypeKind::kInt)});
  REQUIRE(reads_only(*both, 1, 5));
  REQUIRE_FALSE(reads_only(*both, 1, 4));
  REQUIRE_FALSE(reads_only(*both, 2, 5));
}

}  // namespace
}  // namespace weir
