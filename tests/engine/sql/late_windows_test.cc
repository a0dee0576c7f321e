#include "engine/sql/late_windows.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace weir {
namespace {

const char* const kHops = "CREATE VIEW hops AS SELECT * FROM hop(payments, at, '1 s', '5 s');";
const std::string kDistinct =
    "SELECT count(DISTINCT card) FROM hop(payments, at, '1 s', '5 s') GROUP BY window_start, "
    "window_end;";
const std::string kRanked =
    "SELECT card, rank() OVER (PARTITION BY window_start, window_end ORDER BY n) FROM hops;";

// "id drops_late" for each step that assigns windows, in order.
std::string assigning(const std::string& script) {
  std::string text;
  for (const Vertex& vertex : graph_of(with_tables(script)).vertices) {
    const auto* assign = std::get_if<AssignWindowSpec>(&vertex.spec);
    if (assign == nullptr) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", vertex.id,
                        assign->drops_late ? " drops late" : "");
  }
  return text;
}

TEST_CASE("LateRowsAreDroppedWhereWindowsAreAssigned") {
  REQUIRE(assigning(kDistinct) == "stdout.window().assign drops late");
  REQUIRE(assigning(kHops + kRanked) == "stdout.assign drops late");
}

TEST_CASE("RowsThatNobodyJudgesStay") {
  REQUIRE(assigning(std::string(kHops) + "SELECT card FROM hops;") == "stdout.assign");
  REQUIRE(assigning(std::string(kHops) +
                    "SELECT card, count(*) OVER (PARTITION BY card ORDER BY at) FROM hops;") ==
          "stdout.assign");
}

TEST_CASE("AllReadersMustJudge") {
  const std::string two =
      "CREATE VIEW two AS SELECT card, n, window_start, window_end FROM hops UNION ALL SELECT "
      "card, "
      "n, window_start, window_end FROM hops;";
  const std::string ranks =
      "SELECT card, rank() OVER (PARTITION BY window_start, window_end ORDER BY n) FROM two;";
  REQUIRE(assigning(kHops + two + ranks) == "two.assign drops late, two.assign#2 drops late");
  REQUIRE(assigning(kHops + two + ranks + "SELECT n FROM two;") == "two.assign, two.assign#2");
}

TEST_CASE("LateRowsGoFromThereToTheirTable") {
  const std::string late =
      "CREATE TABLE t (card text, n int, at timestamptz) WITH (connector = 'file', path = 'x', "
      "event_time = 'at', late = 'late');"
      "CREATE TABLE late (\"row\" text, source text, part text, pos bigint, step text, window_end "
      "timestamptz, behind interval) WITH (connector = 'blackhole');";
  const std::string script =
      late +
      "SELECT count(DISTINCT card) FROM hop(t, at, '1 s', '5 s') GROUP BY window_start, "
      "window_end;";
  const JobGraph graph = graph_of(script);
  const auto leads = [&](const Edge& edge) {
    return edge.from_port == kLatePort && graph.vertex(edge.to).id == "late" &&
           graph.vertex(edge.from).id == "stdout.window().assign";
  };
  REQUIRE(std::count_if(graph.edges.begin(), graph.edges.end(), leads) == 1);
}

}  // namespace
}  // namespace weir
