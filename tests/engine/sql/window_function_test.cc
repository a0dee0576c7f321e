#include "engine/sql/window_function.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// A count over the window that `call` opens.
std::string counted(const std::string& call) {
  return with_tables("SELECT count(*) FROM " + call + " GROUP BY window_start, window_end");
}

WindowSpec window_of(const std::string& call) {
  return std::get<WindowAggregateSpec>(vertex_of(graph_of(counted(call)), "stdout.window()").spec)
      .window;
}

TEST_CASE("TumbleHasSizeAndOffset") {
  const WindowSpec window =
      window_of("tumble(payments, at, INTERVAL '1 minute', INTERVAL '-10 seconds')");
  REQUIRE(window.kind == WindowKind::kTumble);
  REQUIRE(window.size == 60'000'000);
  REQUIRE(window.offset == -10'000'000);
  REQUIRE(window_of("tumble(payments, at, '1 day')").size == 86'400'000'000);
  REQUIRE(window_of("tumble(payments, at, INTERVAL '1' HOUR * 2)").size == 7'200'000'000);
}

TEST_CASE("TumbleReadsTablesViewsAndSubqueries") {
  REQUIRE(window_of("tumble((SELECT at AS t FROM payments WHERE n > 1), t, INTERVAL '1 s')").size ==
          1'000'000);
  REQUIRE(window_of("tumble(payments, payments.at, INTERVAL '1 s') AS w").size == 1'000'000);
  REQUIRE(refusal("WITH a AS (SELECT 1) SELECT 1 FROM tumble(b, at, INTERVAL '1 s')").find("1:") ==
          0);
}

TEST_CASE("ArgumentsOfTheWrongFormAreRefused") {
  const auto says = [](const std::string& call) { return refusal(counted(call)); };
  REQUIRE(says("tumble(payments, at)").starts_with("7:22: tumble takes three or four arguments"));
  REQUIRE(says("tumble()").starts_with("7:22: tumble reads a table, a view or a subquery"));
  REQUIRE(says("tumble('payments', at, INTERVAL '1 s')").starts_with("7:29: tumble reads a table"));
  REQUIRE(says("tumble(payment, at, INTERVAL '1 s')").ends_with("did you mean \"payments\"?"));
  REQUIRE(says("tumble(payments, 'at', INTERVAL '1 s')").find("without quotes around it") !=
          std::string::npos);
  REQUIRE(says("tumble(payments, descriptor(at), INTERVAL '1 s')").find("without DESCRIPTOR") !=
          std::string::npos);
  REQUIRE(says("tumble(payments, processing_time(n), INTERVAL '1 s')")
              .ends_with("processing_time() takes no arguments"));
  REQUIRE(says("tumble(payments, att, INTERVAL '1 s')").ends_with("did you mean \"at\"?"));
  REQUIRE(says("tumble(payments, at, INTERVAL '1 month')").find("has no fixed length") !=
          std::string::npos);
  REQUIRE(says("tumble(payments, at, INTERVAL '0 s')")
              .ends_with("the size of a window must be positive"));
  REQUIRE(says("tumble(payments, at, 5)").find("a constant interval") != std::string::npos);
  REQUIRE(says("tumble(payments, at, n)").find("column \"n\" does not exist") != std::string::npos);
}

TEST_CASE("AWindowNeedsEventTimeAndSaysWhyThereIsNone") {
  const auto says = [](const std::string& call) {
    return refusal("CREATE TABLE plain (at timestamptz) WITH (connector = 'file', path = 'x');" +
                   counted(call));
  };
  REQUIRE(says("tumble(plain, at, INTERVAL '1 s')")
              .ends_with("a window needs a column with event time, and \"at\" has none: table "
                         "\"plain\" does not say which "
                         "column that is; add event_time = 'at' to its options"));
  REQUIRE(says("tumble(payments, n, INTERVAL '1 s')")
              .ends_with("the event time of table \"payments\" is \"at\""));
  REQUIRE(
      says("tumble((SELECT at + INTERVAL '1 s' AS b, at FROM payments), b, INTERVAL '1 s')")
          .ends_with(
              "it is computed, and only a column that is passed on as it is keeps it; use \"at\""));
  REQUIRE(
      says("tumble((SELECT at FROM payments UNION ALL SELECT at FROM plain), at, INTERVAL '1 s')")
          .ends_with("not every branch of the UNION ALL has event time in it"));
  REQUIRE(says("tumble((SELECT window_start AS ws, window_time AS wt FROM tumble(payments, at, '1 "
               "s') GROUP BY window_start, "
               "window_end), ws, '1 minute')")
              .ends_with("of a windowed result window_time and window_end have it; use \"wt\""));
}

TEST_CASE("AWindowOfProcessingTimeIsOverTheStampOfAStep") {
  const JobGraph graph = graph_of(counted("tumble(payments, processing_time(), INTERVAL '1 s')"));
  const auto stamps = [](const Vertex& vertex) {
    return std::holds_alternative<ProcessingTimeSpec>(vertex.spec);
  };
  REQUIRE(std::count_if(graph.vertices.begin(), graph.vertices.end(), stamps) == 1);
  REQUIRE(
      refusal(counted("tumble((SELECT card, window_start AS s, at FROM tumble(payments, "
                      "processing_time(), '1 s')), at, '1 s')"))
          .ends_with("rows are timed by processing_time() here, and the event time ends there"));
  // What asks for the arrival watermark stands before the stamp, which ends it.
  REQUIRE(refusal(counted("tumble((SELECT current_watermark() AS a FROM payments WHERE at > "
                          "current_watermark()), processing_time(), INTERVAL '1 s')"))
              .empty());
}

TEST_CASE("TumbleAddsItsColumnsOnce") {
  REQUIRE(refusal(counted("tumble((SELECT at AS window_end FROM payments), window_end, '1 s')"))
              .find("the subquery has a column window_end already, and tumble adds one") !=
          std::string::npos);
}

TEST_CASE("HopCumulateAndSessionHaveTheirLengths") {
  const WindowSpec hop =
      window_of("hop(payments, at, INTERVAL '2 s', INTERVAL '10 s', INTERVAL '1 s')");
  REQUIRE(hop == WindowSpec{.kind = WindowKind::kHop,
                            .time_column = 7,
                            .size = 10'000'000,
                            .slide = 2'000'000,
                            .offset = 1'000'000});
  const WindowSpec cumulate =
      window_of("cumulate(payments, at, INTERVAL '1 hour', INTERVAL '1 day')");
  REQUIRE(cumulate.kind == WindowKind::kCumulate);
  REQUIRE(cumulate.slide == 3'600'000'000);
  REQUIRE(cumulate.size == 86'400'000'000);
  const WindowSpec session = window_of("session(payments, at, INTERVAL '30 s')");
  REQUIRE(session.kind == WindowKind::kSession);
  REQUIRE(session.size == 30'000'000);
  // Rows between hops would be lost; a hop that is no multiple loses none.
  REQUIRE(window_of("hop(payments, at, '3 s', '10 s')").slide == 3'000'000);
}

TEST_CASE("LengthsThatCannotBeAreRefused") {
  const auto says = [](const std::string& call) { return refusal(counted(call)); };
  REQUIRE(says("hop(payments, at, '10 s', '2 s')")
              .starts_with("7:48: the slide of a window is longer than its size, 10 seconds and 2 "
                           "seconds: rows between windows would be lost; the shorter one comes "
                           "first: hop(table, time_column, slide"));
  REQUIRE(says("cumulate(payments, at, '1 day', '1 hour')").find("the shorter one comes first") !=
          std::string::npos);
  REQUIRE(says("cumulate(payments, at, '7 hours', '1 day')")
              .ends_with("the size of cumulate must be a multiple of its step: 1 day is none of 7 "
                         "hours"));
  REQUIRE(
      says("hop(payments, at, '0 s', '2 s')").ends_with("the slide of a window must be positive"));
  REQUIRE(says("hop(payments, at, '-1 s', '2 s')").ends_with("must be positive"));
  REQUIRE(says("session(payments, at, '-1 s')").ends_with("the gap of a session must be positive"));
  REQUIRE(says("hop(payments, at, '1 s')").find("hop takes four or five arguments") !=
          std::string::npos);
  REQUIRE(says("session(payments, at, '1 s', '1 s')").find("session takes three arguments") !=
          std::string::npos);
  REQUIRE(says("session(payments, at, '1 month')").find("has no fixed length") !=
          std::string::npos);
}

TEST_CASE("RowsOfAWindowHaveItsColumnsWithoutAGroup") {
  REQUIRE(facts_of(with_tables("SELECT card, window_end FROM hop(payments, at, '1 s', '2 s') WHERE "
                               "n > 1")) ==
          "payments: reads file\n"
          "stdout.assign.input: id, card, amount, note, spot, ok, n, at where (n > 1)\n"
          "stdout.assign: assigns hop(at, 1000000us, 2000000us)\n"
          "stdout.project: card, window_end\n"
          "stdout: writes print\n"
          "payments -> stdout.assign.input\n"
          "stdout.assign.input -> stdout.assign\n"
          "stdout.assign -> stdout.project\n"
          "stdout.project -> stdout\n");
  const std::string later = step_of(
      with_tables("SELECT window_end - at AS d FROM tumble(payments, at, '1 s') WHERE window_end > "
                  "at"),
      "stdout.project");
  REQUIRE(later == "(window_end - at) AS d where (window_end > at)");
  // A window over rows that have one: the columns of the first are called otherwise.
  REQUIRE(step_of(with_tables("SELECT count(*) FROM tumble((SELECT window_time AS t FROM "
                              "tumble(payments, at, '1 s')), t, '1 m') GROUP BY window_end"),
                  "stdout.window()") == "tumble(window_time, 60000000us) by () count=count(*)");
}

TEST_CASE("ASessionNeedsAGroup") {
  REQUIRE(refusal(with_tables("SELECT * FROM session(payments, at, '1 s')"))
              .starts_with("7:15: a session has no end before its rows are grouped: GROUP BY"));
}

}  // namespace
}  // namespace weir
