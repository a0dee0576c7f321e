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
  REQUIRE(says("tumble(payments, processing_time(), INTERVAL '1 s')").find("not available yet") !=
          std::string::npos);
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

TEST_CASE("TumbleAddsItsColumnsOnce") {
  REQUIRE(refusal(counted("tumble((SELECT at AS window_end FROM payments), window_end, '1 s')"))
              .find("the subquery has a column window_end already, and tumble adds one") !=
          std::string::npos);
}

TEST_CASE("RowsOfAWindowNeedAGroup") {
  REQUIRE(refusal(with_tables("SELECT * FROM tumble(payments, at, '1 s')"))
              .starts_with("7:15: rows of tumble(..) need GROUP BY"));
  REQUIRE(
      refusal(with_tables(
                  "SELECT 1 FROM tumble((SELECT * FROM tumble(payments, at, '1 s')), at, '1 s')"))
          .starts_with("7:37: rows of tumble(..) need GROUP BY"));
  REQUIRE(refusal(with_tables("SELECT count(*) FROM tumble(payments, at, '1 s') WHERE window_end > "
                              "now() GROUP BY window_end"))
              .find("into HAVING") != std::string::npos);
}

}  // namespace
}  // namespace weir
