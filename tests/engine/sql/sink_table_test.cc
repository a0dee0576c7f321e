#include "engine/sql/sink_table.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string sink_script(const std::string& columns, const std::string& options) {
  return with_tables("CREATE TABLE s (" + columns + ") WITH (" + options +
                     "); INSERT INTO s (a) SELECT n FROM payments");
}

SinkSpec sink_of(const std::string& columns, const std::string& options) {
  return std::get<SinkSpec>(vertex_of(graph_of(sink_script(columns, options)), "s").spec);
}

constexpr const char* kKafka = "connector = 'kafka', brokers = 'b:1', topic = 'x'";

TEST_CASE("DeliveryIsExactlyOnceUnlessToldOtherwise") {
  REQUIRE(sink_of("a int", kKafka).delivery == Delivery::kExactlyOnce);
  REQUIRE(sink_of("a int", "connector = 'file', path = 'x'").delivery == Delivery::kExactlyOnce);
  REQUIRE(sink_of("a int", "connector = 'print'").delivery == Delivery::kExactlyOnce);
  REQUIRE(sink_of("a int", kKafka + std::string(", delivery = 'at_least_once'")).delivery ==
          Delivery::kAtLeastOnce);
}

TEST_CASE("AKeyMakesUpsertTheDefault") {
  REQUIRE(sink_of("a int", "connector = 'print'").envelope == Envelope::kPlain);
  REQUIRE(sink_of("a int PRIMARY KEY", "connector = 'print'").envelope == Envelope::kUpsert);
  REQUIRE(sink_of("a int PRIMARY KEY", "connector = 'print', envelope = 'plain'").envelope ==
          Envelope::kPlain);
  REQUIRE(sink_of("a int", "connector = 'print', envelope = 'op'").envelope == Envelope::kOp);
  REQUIRE(refusal(sink_script("a int", "connector = 'print', envelope = 'upsert'"))
              .ends_with("envelope = 'upsert' needs a key: give table \"s\" a PRIMARY KEY"));
}

TEST_CASE("SinkOptionsArePassedOn") {
  const SinkSpec spec = sink_of("a int, b int", kKafka + std::string(", key = 'a, b'"));
  REQUIRE(spec.options == OptionMap{{"brokers", "b:1"}, {"key", "a, b"}, {"topic", "x"}});
  REQUIRE(refusal(sink_script("a int", kKafka + std::string(", key = 'aa'")))
              .find("column \"aa\" of key does not exist") != std::string::npos);
}

TEST_CASE("WhatJudgesInputIsRefusedOnASink") {
  REQUIRE(refusal(sink_script("a int CHECK (a > 0)", "connector = 'print'"))
              .find("put the condition into the WHERE") != std::string::npos);
  REQUIRE(refusal(sink_script("a int, b int GENERATED ALWAYS AS (a) STORED", "connector = 'print'"))
              .find("leave out GENERATED") != std::string::npos);
  REQUIRE(refusal(sink_script("a int", "connector = 'file', path = 'x', split = 'file'"))
              .ends_with("option \"split\" is for tables that are read; \"s\" is written"));
  REQUIRE(refusal(sink_script("a int", "connector = 'generator', dataset = 'nexmark'"))
              .ends_with("table \"s\" is written, but connector 'generator' can only be read"));
}

TEST_CASE("TablesOfBadAndLateRowsHaveFixedColumns") {
  const std::string source =
      "CREATE TABLE t (a int) WITH (connector = 'file', path = 'x', on_error = 'dead_letter', "
      "dead_letters = 'bad');";
  REQUIRE(refusal(source + "CREATE TABLE bad (a int) WITH (connector = 'print'); SELECT a FROM t")
              .ends_with("table \"bad\" is the table of dead letters of another one, so its "
                         "columns must be (raw bytea, source text, "
                         "part text, pos bigint, stage text, reason text, seen_at timestamptz)"));
}

}  // namespace
}  // namespace weir
