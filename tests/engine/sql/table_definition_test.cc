#include "engine/sql/table_definition.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SourceSpec source_of(const std::string& columns, const std::string& options = "") {
  const JobGraph graph =
      graph_of("CREATE TABLE t (" + columns + ") WITH (connector = 'file', path = 'x'" + options +
               "); SELECT * FROM t");
  return std::get<SourceSpec>(graph.vertices[0].spec);
}

std::string table_refusal(const std::string& columns,
                          const std::string& options = "connector = 'print'") {
  return refusal("CREATE TABLE t (" + columns + ") WITH (" + options + ")");
}

TEST_CASE("ConstraintsHavePostgresNames") {
  const SourceSpec spec = source_of(
      "a int CHECK (a > 0) CHECK (a < 9), b int, CHECK (a < b), CHECK (b > a), CONSTRAINT odd "
      "CHECK (b % 2 = 1)");
  std::vector<std::string> names;
  for (const Constraint& constraint : spec.constraints) names.push_back(constraint.name);
  REQUIRE(names ==
          std::vector<std::string>{"t_a_check", "t_a_check1", "t_check", "t_check1", "odd"});
}

TEST_CASE("ReadsNotNullColumns") {
  REQUIRE(source_of("a int NOT NULL, b int NULL, c int NOT NULL").not_null ==
          std::vector<std::string>{"a", "c"});
}

TEST_CASE("OptionsKeepTheirText") {
  const SourceSpec spec =
      source_of("a text", ", max_record_bytes = 1000, format = 'csv', header = true");
  REQUIRE(spec.options ==
          OptionMap{
              {"path", "x"}, {"max_record_bytes", "1000"}, {"format", "csv"}, {"header", "true"}});
}

TEST_CASE("NegativeNumbersAreReadFromTheText") {
  REQUIRE(refusal("CREATE TABLE t (a text) WITH (connector = 'generator', dataset = 'nexmark', "
                  "rows = -5); SELECT a FROM t")
              .find("-5") != std::string::npos);
}

TEST_CASE("RefusesWhatATableCannotHave") {
  REQUIRE(table_refusal("a int, a int") == "1:24: column \"a\" is there twice");
  REQUIRE(table_refusal("").find("has no columns") != std::string::npos);
  REQUIRE(table_refusal("a int DEFAULT 3").find("DEFAULT is not available") != std::string::npos);
  REQUIRE(table_refusal("a int UNIQUE").find("NOT NULL, CHECK and PRIMARY KEY") !=
          std::string::npos);
  REQUIRE(table_refusal("a int REFERENCES b").find("NOT NULL, CHECK and PRIMARY KEY") !=
          std::string::npos);
  REQUIRE(table_refusal("a text COLLATE \"C\"").find("collations") != std::string::npos);
  REQUIRE(table_refusal("LIKE other") == "1:22: LIKE is not available: write the columns out");
  REQUIRE(table_refusal("a int, PRIMARY KEY (b)") ==
          "1:24: column \"b\" of the PRIMARY KEY does not exist");
  REQUIRE(table_refusal("a int PRIMARY KEY, PRIMARY KEY (a)") ==
          "1:36: a table has one PRIMARY KEY");
  REQUIRE(table_refusal("a int, CONSTRAINT c CHECK (a > 0), CONSTRAINT c CHECK (a > 1)") ==
          "1:52: constraint \"c\" is there twice");
}

TEST_CASE("RefusesOptionsOfTheWrongForm") {
  REQUIRE(table_refusal("a int", "connector = print") ==
          "1:30: the value of an option is quoted: write connector = 'print'");
  REQUIRE(table_refusal("a int", "connector = 'print', bounded") ==
          "1:51: option \"bounded\" needs a value: write bounded = '...'");
  REQUIRE(table_refusal("a int", "connector = 'print', kafka.acks = 'all'") ==
          "1:51: dotted names are quoted: write \"kafka.acks\"");
  REQUIRE(table_refusal("a int", "connector = 'print', connector = 'file'") ==
          "1:51: option \"connector\" is there twice");
  REQUIRE(table_refusal("a int", "connector = 'kafa'").ends_with("did you mean \"kafka\"?"));
  REQUIRE(table_refusal("a int", "format = 'json'").find("does not say what it stands for") !=
          std::string::npos);
}

TEST_CASE("RefusesOtherKindsOfTables") {
  REQUIRE(refusal("CREATE TEMP TABLE t (a int)").find("without TEMPORARY") != std::string::npos);
  REQUIRE(refusal("CREATE TABLE IF NOT EXISTS t (a int)").find("without IF NOT EXISTS") !=
          std::string::npos);
  REQUIRE(refusal("CREATE TABLE t (a int) PARTITION BY RANGE (a)").find("PARTITION") !=
          std::string::npos);
  REQUIRE(refusal("CREATE TABLE t (a int) INHERITS (u)").find("INHERITS") != std::string::npos);
}

}  // namespace
}  // namespace weir
