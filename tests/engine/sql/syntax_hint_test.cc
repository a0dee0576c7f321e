#include "engine/sql/syntax_hint.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ReservedWordsAsColumnsAreShownQuoted") {
  for (const std::string word :
       {"user", "offset", "end", "order", "limit", "to", "table", "desc"}) {
    INFO(word);
    const std::string message = refusal("CREATE TABLE t (a int, " + word + " text)");
    REQUIRE(message == "1:24: syntax error at or near \"" + word + "\": " + word +
                           " is a reserved word; as a name write it in double quotes: \"" + word +
                           "\"");
  }
  REQUIRE(refusal("SELECT a, end FROM t").ends_with("write it in double quotes: \"end\""));
}

TEST_CASE("ReservedWordsInExpressionsAreShownQuoted") {
  for (const std::string word : {"offset", "limit", "order", "group", "end", "to"}) {
    INFO(word);
    const std::string hint =
        word + " is a reserved word; as a name write it in double quotes: \"" + word + "\"";
    for (const std::string& query :
         {"SELECT " + word + " FROM t", "SELECT " + word + " + 1 FROM t",
          "SELECT a FROM t WHERE " + word + " > 1",
          "SELECT a FROM t WHERE a = 1 AND " + word + " < 2", "SELECT max(" + word + ") FROM t"}) {
      INFO(query);
      REQUIRE(refusal(query).ends_with(hint));
    }
  }
  REQUIRE(refusal("SELECT case FROM t").ends_with("double quotes: \"case\""));
  REQUIRE(refusal("SELECT a FROM t WHERE a > limit").ends_with("double quotes: \"limit\""));
  REQUIRE(refusal("SELECT a order FROM t").ends_with("double quotes: \"order\""));
  REQUIRE(refusal("SELECT sum(CASE WHEN end > 1 THEN 1 END) FROM t").ends_with("\"end\""));
}

TEST_CASE("ClausesAreNotTakenForNames") {
  for (const std::string query :
       {"SELECT a FROM t WHERE GROUP BY a", "SELECT a FROM t WHERE LIMIT 5",
        "SELECT a FROM t WHERE a = 1 AND ORDER BY a", "SELECT a * FROM t", "SELECT a + FROM t",
        "SELECT CASE WHEN a THEN END FROM t"}) {
    INFO(query);
    REQUIRE(refusal(query).find("reserved word") == std::string::npos);
  }
}

TEST_CASE("UnquotedSizesAndIntervalsAreShownQuoted") {
  REQUIRE(refusal("SET memory = 1GiB").ends_with("write memory = '1GiB'"));
  REQUIRE(refusal("SET checkpoint_interval = 5 seconds")
              .ends_with("write checkpoint_interval = '5 seconds'"));
  REQUIRE(refusal("CREATE TABLE t (a int) WITH (roll_bytes = 64MiB)")
              .ends_with("write roll_bytes = '64MiB'"));
  REQUIRE(refusal("CREATE TABLE t (a int) WITH (watermark_delay = INTERVAL '5 seconds')")
              .ends_with(
                  "the value of an option is a plain text: write watermark_delay = '5 seconds'"));
  REQUIRE(refusal("SET state_ttl = INTERVAL '1 day'").ends_with("write state_ttl = '1 day'"));
}

TEST_CASE("HabitsOfOtherDialectsGetTheRightForm") {
  REQUIRE(refusal("CREATE TABLE t (a int, PRIMARY KEY (a) NOT ENFORCED)")
              .ends_with("leave out NOT ENFORCED"));
  REQUIRE(refusal("SELECT 1 FROM tumble(TABLE bids, a, b)")
              .ends_with(
                  "name the table without TABLE: tumble(bids, time_column, INTERVAL '1 minute')"));
  REQUIRE(refusal("CREATE TABLE t (a int, WATERMARK FOR a AS a)")
              .find("watermarks are table options") != std::string::npos);
  REQUIRE(refusal("CREATE TABLE `t` (a int)")
              .ends_with("names are quoted with double quotes: \"name\""));
  REQUIRE(refusal("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL)")
              .find("are STORED here") != std::string::npos);
  REQUIRE(refusal("CREATE TABLE t (a int,)").ends_with("there is a comma too many before this"));
}

TEST_CASE("ACommaWithNothingBehindItIsNoMatterOfReservedWords") {
  REQUIRE(refusal("SELECT a, FROM t").ends_with("missing between the comma and FROM"));
  REQUIRE(refusal("SELECT a FROM t GROUP BY a,").ends_with("and the end of the statement"));
}

TEST_CASE("DottedOptionsAreShownQuoted") {
  REQUIRE(refusal("CREATE TABLE t (a int) WITH (b = 1, kafka.sasl.mechanism = 'PLAIN')")
              .ends_with("write \"kafka.sasl.mechanism\""));
}

TEST_CASE("ConditionsAreNotJoinedAsInC") {
  REQUIRE(refusal("SELECT a FROM t WHERE a = 1 && b = 2").ends_with("joined with AND"));
}

TEST_CASE("AQuoteLeftOutIsSoughtWhereItWasOpened") {
  REQUIRE(refusal("SELECT 1\nWHERE a = 'b;\nSELECT 'c' d")
              .ends_with("opened in line 2: close them there"));
}

TEST_CASE("OtherMistakesAreLeftToTheParser") {
  REQUIRE_FALSE(syntax_hint("SELEC 1", 0));
  REQUIRE_FALSE(syntax_hint("SELECT 1 FROM", 13));
  REQUIRE_FALSE(syntax_hint("", 0));
}

TEST_CASE("SemicolonsInQuotesAndCommentsDoNotEndAStatement") {
  REQUIRE(longest_statement("abc;defgh") == 6);
  REQUIRE(longest_statement("'a;b;c'") == 7);
  REQUIRE(longest_statement("/* ; */ a -- ;\n") == 15);
  REQUIRE(longest_statement("") == 0);
}

}  // namespace
}  // namespace weir
