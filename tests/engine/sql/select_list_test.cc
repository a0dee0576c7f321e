#include "engine/sql/select_list.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Names of the columns that are printed.
std::vector<std::string> names_of(const std::string& list, const std::string& from = "payments") {
  const JobGraph graph = graph_of(with_tables("SELECT " + list + " FROM " + from));
  std::vector<std::string> names;
  for (const Field& field : std::get<SinkSpec>(graph.vertices.back().spec).columns)
    names.push_back(field.name);
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("ColumnsHavePostgresNames") {
  REQUIRE(names_of("card, payments.n, (spot).lat, n::text AS t, amount::text") ==
          Names{"card", "n", "lat", "t", "amount"});
  REQUIRE(names_of("lower(card), coalesce(note, ''), greatest(n, 1), least(n, 1), nullif(n, 1)") ==
          Names{"lower", "coalesce", "greatest", "least", "nullif"});
  REQUIRE(
      names_of("CASE WHEN ok THEN 1 END, n + 1, current_date, extract(hour FROM at), trim(card)") ==
      Names{"case", "?column?", "current_date", "extract", "btrim"});
  REQUIRE(names_of("CASE WHEN ok THEN 1 ELSE n END, DATE '2024-01-01', '1'::bigint") ==
          Names{"n", "date", "int8"});
}

TEST_CASE("StarsAreWrittenOut") {
  const Names all{"id", "card", "amount", "note", "spot", "ok", "n", "at"};
  REQUIRE(names_of("*") == all);
  REQUIRE(names_of("payments.*") == all);
  REQUIRE(names_of("p.*", "payments p") == all);
  REQUIRE(names_of("(spot).*, id") == Names{"lat", "lon", "id"});
}

TEST_CASE("PrintedColumnsOfOneNameAreNumbered") {
  REQUIRE(names_of("1, 2, n, n") == Names{"?column?", "?column?_2", "n", "n_2"});
}

TEST_CASE("StarsOfNothingAreRefused") {
  REQUIRE(refusal(with_tables("SELECT x.* FROM payments")) == "7:8: table \"x\" is not in FROM");
  REQUIRE(refusal(with_tables("SELECT (n).* FROM payments"))
              .ends_with("a value of type integer has no fields: it is not composite"));
  REQUIRE(
      refusal(with_tables("SELECT FROM payments")).ends_with("a SELECT needs at least one column"));
  REQUIRE(refusal(with_tables("SELECT lower(payments.*) FROM payments"))
              .ends_with("* stands alone in the list of a SELECT"));
}

}  // namespace
}  // namespace weir
