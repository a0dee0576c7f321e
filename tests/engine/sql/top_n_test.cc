#include "engine/sql/top_n.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const char* const kRanked =
    "CREATE VIEW ranked AS SELECT card, rank() OVER (PARTITION BY window_start, window_end ORDER "
    "BY "
    "n) AS r, row_number() OVER (PARTITION BY window_start, window_end ORDER BY n) AS r2 FROM "
    "tumble(payments, at, '1 s');";

std::string ranked(const std::string& readers) {
  return step_of(with_tables(kRanked + readers), "ranked.over(window_start,window_end)");
}

const std::string kAll = "ranks given(window_start, window_end) by () order n rank row_number";

TEST_CASE("AConditionOnTheFirstNumberLimitsAWindow") {
  REQUIRE(ranked("SELECT card FROM ranked WHERE r <= 3") == kAll + " limit 3");
  REQUIRE(ranked("SELECT card FROM ranked WHERE 4 > r AND card <> ''") == kAll + " limit 3");
  REQUIRE(ranked("SELECT card FROM ranked WHERE r = 1") == kAll + " limit 1");
  REQUIRE(ranked("SELECT card FROM ranked WHERE r < 4 AND r <= 2") == kAll + " limit 2");
  REQUIRE(ranked("SELECT card FROM ranked WHERE r2 <= 3") == kAll);
  REQUIRE(ranked("SELECT card FROM ranked WHERE r >= 3") == kAll);
  REQUIRE(ranked("SELECT card FROM ranked WHERE r <= 3 OR card = ''") == kAll);
  REQUIRE(ranked("SELECT card FROM ranked WHERE r < 1") == kAll);
}

TEST_CASE("AllReadersHaveASay") {
  REQUIRE(ranked("SELECT card FROM ranked WHERE r <= 3; SELECT card FROM ranked WHERE r <= 5") ==
          kAll + " limit 5");
  REQUIRE(ranked("SELECT card FROM ranked WHERE r <= 3; SELECT * FROM ranked") == kAll);
}

TEST_CASE("TheFirstByTimeNeedsNoNumber") {
  const std::string numbered =
      "CREATE VIEW numbered AS SELECT card, id, row_number() OVER (PARTITION BY card ORDER BY at) "
      "AS "
      "r FROM payments;";
  const std::string script =
      with_tables(numbered + "SELECT id, r FROM numbered WHERE r = 1 AND id > 5");
  REQUIRE(step_of(script, "numbered.over(card)") == "first (card) by at");
  REQUIRE(step_of(script, "stdout.project") == "id, '1'::bigint AS r where (id > '5'::bigint)");
  REQUIRE(step_of(with_tables(numbered + "SELECT id FROM numbered WHERE r <= 2"),
                  "numbered.over(card)") == "over (card) by at row_number=row_number(*)");
}

}  // namespace
}  // namespace weir
