#include "engine/sql/catalog.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string column_type(const std::string& type) {
  const JobGraph graph = graph_of("CREATE TABLE t (a " + type +
                                  ") WITH (connector = 'file', path = 'x'); SELECT a FROM t");
  return to_text(std::get<SourceSpec>(graph.vertices[0].spec).payload[0].type);
}

std::string type_refusal(const std::string& type) {
  return refusal("CREATE TABLE t (a " + type + ") WITH (connector = 'file', path = 'x')");
}

TEST_CASE("TypesHavePostgresNames") {
  REQUIRE(column_type("int") == "integer");
  REQUIRE(column_type("int8") == "bigint");
  REQUIRE(column_type("boolean") == "boolean");
  REQUIRE(column_type("double precision") == "double precision");
  REQUIRE(column_type("numeric(12,2)") == "numeric(12,2)");
  REQUIRE(column_type("decimal(9)") == "numeric(9,0)");
  REQUIRE(column_type("timestamptz") == "timestamp with time zone");
  REQUIRE(column_type("timestamp with time zone") == "timestamp with time zone");
  REQUIRE(column_type("timestamp") == "timestamp without time zone");
  REQUIRE(column_type("interval") == "interval");
  REQUIRE(column_type("date") == "date");
  REQUIRE(column_type("bytea") == "bytea");
}

TEST_CASE("UnknownTypesGetAdvice") {
  REQUIRE(type_refusal("bigin") == "1:19: type \"bigin\" does not exist; did you mean \"bigint\"?");
  REQUIRE(type_refusal("varchar(20)") == "1:19: type \"varchar\" is not available: use text");
  REQUIRE(type_refusal("float4") == "1:19: type \"real\" is not available: use double precision");
  REQUIRE(type_refusal("jsonb").find("use text, or a composite type") != std::string::npos);
  REQUIRE(type_refusal("int[][]").find("arrays have one dimension here") != std::string::npos);
  REQUIRE(type_refusal("numeric").find("write numeric(p,s)") != std::string::npos);
  REQUIRE(type_refusal("numeric(50,2)") != "");
  REQUIRE(type_refusal("timestamp(3)").find("leave out (3)") != std::string::npos);
  REQUIRE(type_refusal("a.b") == "1:19: a type is a single name here, such as bigint");
}

TEST_CASE("CompositeTypesNest") {
  const JobGraph graph = graph_of(
      "CREATE TYPE inner_type AS (x int, \"dateTime\" timestamptz);"
      "CREATE TYPE outer_type AS (i inner_type, n bigint);"
      "CREATE TABLE t (o outer_type) WITH (connector = 'file', path = 'x');"
      "SELECT (o).i.x, ((o).i).\"dateTime\" FROM t");
  REQUIRE(facts(graph).find("((o).i).x AS x") != std::string::npos);
}

TEST_CASE("NamesAreTakenOnce") {
  REQUIRE(refusal("CREATE TYPE a AS (x int); CREATE TYPE a AS (x int)") ==
          "1:39: there is already a type \"a\"");
  REQUIRE(refusal("CREATE TYPE a AS (x int, x int)") == "1:26: field \"x\" is there twice");
  REQUIRE(refusal("CREATE TYPE text AS (x int)") == "1:13: there is already a type \"text\"");
  REQUIRE(refusal(with_tables("CREATE VIEW alerts AS SELECT 1")) ==
          "7:13: there is already a table \"alerts\"");
  REQUIRE(
      refusal(
          with_tables(
              "CREATE VIEW v AS SELECT id FROM payments; CREATE VIEW v AS SELECT id FROM payments"))
          .ends_with("there is already a view \"v\""));
}

TEST_CASE("SchemasAreNotNames") {
  REQUIRE(refusal("CREATE TABLE s.t (a int)") == "1:14: tables have no schemas here: write t");
  REQUIRE(refusal(with_tables("SELECT id FROM public.payments")) ==
          "7:16: tables have no schemas here: write payments");
}

TEST_CASE("ViewsTakeNoOptions") {
  REQUIRE(refusal("CREATE OR REPLACE VIEW v AS SELECT 1")
              .starts_with("1:1: write CREATE VIEW name AS SELECT"));
  REQUIRE(refusal("CREATE TEMP VIEW v AS SELECT 1")
              .starts_with("1:1: write CREATE VIEW name AS SELECT"));
  REQUIRE(refusal("CREATE VIEW v WITH (a = 1) AS SELECT 1") == "1:1: a view takes no options");
}

}  // namespace
}  // namespace weir
