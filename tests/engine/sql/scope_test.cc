#include "engine/sql/scope.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string select(const std::string& list, const std::string& from) {
  return refusal(with_tables("SELECT " + list + " FROM " + from));
}

TEST_CASE("ColumnsAreFoundWithAndWithoutTheirTable") {
  REQUIRE(select("card, payments.card, p.card", "payments AS p")
              .starts_with("7:14: table \"payments\" is not in FROM"));
  REQUIRE(select("card AS a, payments.card", "payments").empty());
  REQUIRE(select("\"CARD\"", "payments") ==
          "7:8: column \"CARD\" does not exist; did you mean \"card\"?");
  REQUIRE(select("CARD", "payments").empty());
}

TEST_CASE("UnknownColumnsSuggestTheNearest") {
  REQUIRE(select("amnt", "payments") ==
          "7:8: column \"amnt\" does not exist; did you mean \"amount\"?");
  REQUIRE(select("zzzzzz", "payments") == "7:8: column \"zzzzzz\" does not exist");
  REQUIRE(select("payments.crad", "payments") ==
          "7:8: column \"crad\" does not exist; did you mean \"card\"?");
}

TEST_CASE("FieldsOfCompositesNeedParentheses") {
  REQUIRE(select("spot.lat", "payments") == "7:8: to read a field write (spot).lat");
  REQUIRE(select("payments.spot.lat", "payments") ==
          "7:8: tables have no schemas here: to read a field write (spot).lat");
}

TEST_CASE("ATableIsNotAValue") {
  REQUIRE(select("p", "payments p") == "7:8: \"p\" is a table: write p.* or the columns you need");
}

TEST_CASE("TwoColumnsOfOneNameAreAmbiguous") {
  REQUIRE(select("x", "(SELECT card AS x, note AS x FROM payments) s") ==
          "7:8: column reference \"x\" is ambiguous");
}

TEST_CASE("AScopeOverASchemaNamesItsColumns") {
  const Scope scope(Schema{
      .fields = {{.name = "a", .type = TypeKind::kInt}, {.name = "b", .type = TypeKind::kText}}});
  REQUIRE(scope.columns()[1].expr->index == 1);
  REQUIRE(scope.count("a") == 1);
  REQUIRE(scope.count("c") == 0);
  REQUIRE_FALSE(scope.has_table("a"));
}

}  // namespace
}  // namespace weir
