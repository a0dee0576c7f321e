// Tables that no query uses are judged as if one did.
#include "engine/sql/table_faults.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// The refusal of a script that defines one more table, and does not use it.
std::string unused(const std::string& table) {
  const std::string message = error_of(with_tables("SELECT id FROM payments;\n" + table));
  const size_t begin = message.find(": ", message.find("job.sql"));
  if (begin == std::string::npos) return message;
  return message.substr(begin + 2, message.find('\n') - begin - 2);
}

constexpr const char* kFile = "CREATE TABLE u (a int) WITH (connector = 'file', path = 'x'";

TEST_CASE("UnusedTablesOfEitherRoleAreTaken") {
  for (const std::string more :
       {"", ", format = 'csv'", ", roll_bytes = '1 MiB'", ", on_error = 'skip'"}) {
    INFO(more);
    REQUIRE(unused(kFile + more + ")").empty());
  }
  REQUIRE(unused("CREATE TABLE u (a int PRIMARY KEY) WITH (connector = 'print')").empty());
  REQUIRE(unused("CREATE TABLE u (a int GENERATED ALWAYS AS (1) STORED, b int) WITH (connector = "
                 "'file', path = 'x')")
              .empty());
}

TEST_CASE("TheOptionsOfUnusedTablesAreChecked") {
  REQUIRE(unused(kFile + std::string(", pth = 'x')")).starts_with("option \"pth\" does not exist"));
  REQUIRE(unused(kFile + std::string(", event_time = 'a')"))
              .starts_with("column \"a\" has type integer: event time is"));
  REQUIRE(
      unused("CREATE TABLE u (a int) WITH (connector = 'file')").find("needs the option path") !=
      std::string::npos);
}

TEST_CASE("OfBothRolesTheLikelierOneIsAnswered") {
  REQUIRE(unused("CREATE TABLE u (a int PRIMARY KEY) WITH (connector = 'file', path = 'x', "
                 "event_time = 'a')")
              .find("\"u\" is written") != std::string::npos);
  REQUIRE(unused("CREATE TABLE u (a int) WITH (connector = 'print', on_error = 'skip')")
              .starts_with("option \"on_error\" is for tables of connector"));
}

TEST_CASE("ConnectorsAreAskedAboutUnusedTables") {
  const SqlScript script{
      .text =
          "CREATE TABLE t (a int) WITH (connector = 'file', path = 'x');\nCREATE TABLE u (a "
          "int) WITH (connector = 'file', path = 'y');\nSELECT a FROM t",
      .file = "job.sql",
      .variables = nullptr,
      .check_table = [](const VertexSpec& table) -> std::optional<TableFault> {
        const auto* source = std::get_if<SourceSpec>(&table);
        if (source != nullptr && source->table == "t") return std::nullopt;
        const auto* sink = std::get_if<SinkSpec>(&table);
        if (sink != nullptr && sink->table != "u") return std::nullopt;
        return TableFault{.message = "no", .option = "path", .column = ""};
      }};
  const Result<JobGraph> graph = sql_to_job_graph(script);
  REQUIRE_FALSE(graph.ok());
  REQUIRE(graph.error().message.starts_with("job.sql:2:50: no"));
}

}  // namespace
}  // namespace weir
