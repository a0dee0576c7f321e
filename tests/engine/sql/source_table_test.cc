#include "engine/sql/source_table.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string source_script(const std::string& columns, const std::string& options,
                          const std::string& more = "") {
  return "CREATE TABLE t (" + columns + ") WITH (" + options + ");" + more + " SELECT * FROM t";
}

SourceSpec source_of(const std::string& columns, const std::string& options,
                     const std::string& more = "") {
  return std::get<SourceSpec>(vertex_of(graph_of(source_script(columns, options, more)), "t").spec);
}

constexpr const char* kKafka = "connector = 'kafka', brokers = 'b:1', topic = 'x'";

std::string kafka(const std::string& options) { return kKafka + std::string(", ") + options; }

TEST_CASE("EventTimeOptionsBecomeNumbers") {
  const SourceSpec spec = source_of("a int, at timestamptz",
                                    kafka("event_time = 'at', watermark_delay = '5 seconds', "
                                          "idle_timeout = '30 seconds', when_quiet = 'advance'"));
  REQUIRE(spec.event_time == "at");
  REQUIRE(spec.watermark_delay == 5'000'000);
  REQUIRE(spec.idle_timeout == 30'000'000);
  REQUIRE(spec.max_future == 3'600'000'000);
  REQUIRE(spec.when_quiet == WhenQuiet::kAdvance);
  REQUIRE(spec.on_error == OnError::kFail);
}

TEST_CASE("SplitsAreNeverIdleUnlessTheTableSaysSo") {
  const SourceSpec spec = source_of("at timestamptz", kafka("event_time = 'at'"));
  REQUIRE_FALSE(spec.idle_timeout);
  REQUIRE(spec.when_quiet == WhenQuiet::kHold);
}

TEST_CASE("QuietTimeNeedsAnIdleTimeoutAboveZero") {
  const auto says = [](const std::string& option) {
    return refusal(source_script("at timestamptz", kafka("event_time = 'at', " + option)));
  };
  REQUIRE(says("idle_timeout = '0 seconds'")
              .starts_with("1:109: idle_timeout must be above 0, or 'none'"));
  REQUIRE(says("when_quiet = 'advance'")
              .starts_with("1:109: when_quiet = 'advance' needs to know when a split is quiet"));
}

TEST_CASE("TheFutureIsUnboundedForGeneratorsAndWhereTheTableSaysSo") {
  REQUIRE_FALSE(
      source_of("at timestamptz", kafka("event_time = 'at', max_future = 'none'")).max_future);
  REQUIRE_FALSE(
      source_of("at timestamptz",
                "connector = 'generator', dataset = 'card_transactions', event_time = 'at'")
          .max_future);
}

TEST_CASE("ConnectorOptionsArePassedOn") {
  const SourceSpec spec =
      source_of("at timestamptz",
                kafka("event_time = 'at', start = 'latest', \"kafka.fetch.min.bytes\" = '9'"));
  REQUIRE(spec.options == OptionMap{{"brokers", "b:1"},
                                    {"kafka.fetch.min.bytes", "9"},
                                    {"start", "latest"},
                                    {"topic", "x"}});
}

TEST_CASE("GeneratedColumnsAndMetadataAreComputedFromTheRecord") {
  const SourceSpec spec = source_of(
      "a int, p int GENERATED ALWAYS AS (record_partition()) STORED, b int,"
      "pos text GENERATED ALWAYS AS (record_partition() || ':' || record_offset()) STORED,"
      "h bytea GENERATED ALWAYS AS (record_header('id')) STORED, s bigint GENERATED ALWAYS AS (a + "
      "b) STORED",
      kKafka);
  REQUIRE(spec.payload.size() == 2);
  REQUIRE(spec.metadata == std::vector<MetadataSpec>{{"record_partition", ""},
                                                     {"record_offset", ""},
                                                     {"record_header", "id"}});
  const SchemaPtr record = record_schema(spec);
  std::string text;
  for (const NamedExpr& column : spec.columns) text += to_text(*column.expr, *record) + "\n";
  REQUIRE(text ==
          "a\nrecord_partition\nb\n((CAST(record_partition AS text) || ':'::text) || "
          "CAST(record_offset AS text))\n"
          "record_header_id\nCAST((a + b) AS bigint)\n");
}

TEST_CASE("AGeneratedColumnMayBeTheEventTime") {
  const SourceSpec spec = source_of(
      "a bigint, at timestamptz GENERATED ALWAYS AS (timestamptz '2024-01-01 00:00:00Z' + a * "
      "interval '1 second') STORED",
      kafka("event_time = 'at'"));
  REQUIRE(spec.event_time == "at");
}

TEST_CASE("BadGeneratedColumnsAreRefused") {
  REQUIRE(refusal(source_script("a int, b int GENERATED ALWAYS AS (c) STORED", kKafka)) ==
          "1:51: column \"c\" does not exist");
  REQUIRE(refusal(source_script("a int, b int GENERATED ALWAYS AS (lower('x')) STORED", kKafka))
              .ends_with("column \"b\" has type integer, but its expression has type text"));
  REQUIRE(
      refusal(source_script("a int GENERATED ALWAYS AS (record_ofset()) STORED", kKafka))
          .ends_with("function record_ofset() does not exist; did you mean \"record_offset\"?"));
  REQUIRE(refusal(source_script("a int GENERATED ALWAYS AS (record_header()) STORED", kKafka))
              .ends_with("write record_header('name'), with the name in quotes"));
  REQUIRE(refusal(source_script("a int GENERATED ALWAYS AS (record_offset(1)) STORED", kKafka))
              .ends_with("record_offset() takes no arguments"));
  REQUIRE(refusal(source_script(
                      "a int GENERATED ALWAYS AS (1) STORED, b int GENERATED ALWAYS AS (a) STORED",
                      kKafka))
              .ends_with("column \"a\" does not exist"));
}

TEST_CASE("ChecksAreConditionsOverTheColumns") {
  const SourceSpec spec = source_of(
      "a int CHECK (a > 0), b int GENERATED ALWAYS AS (a * 2) STORED, CHECK (b < 9)", kKafka);
  REQUIRE(spec.constraints.size() == 2);
  REQUIRE(refusal(source_script("a int CHECK (a)", kKafka))
              .ends_with("CHECK must be type boolean, not type integer"));
  REQUIRE(refusal(source_script("a int CHECK (c > 0)", kKafka))
              .ends_with("column \"c\" does not exist"));
  REQUIRE(refusal(source_script("a int CHECK (sum(a) > 0)", kKafka))
              .ends_with("aggregate functions are not allowed in CHECK"));
}

TEST_CASE("EventTimeMustBeATimeColumn") {
  REQUIRE(refusal(source_script("at timestamptz", kafka("event_time = 'att'")))
              .ends_with("column \"att\" of event_time does not exist; did you mean \"at\"?"));
  REQUIRE(refusal(source_script("at bigint", kafka("event_time = 'at'")))
              .ends_with("column \"at\" has type bigint: event time is timestamptz or timestamp"));
  REQUIRE(
      refusal(source_script("at timestamptz", kafka("watermark_delay = '1 second'")))
          .ends_with("option \"watermark_delay\" needs an event time: add event_time = 'column'"));
}

TEST_CASE("DeadLettersAndPolicyGoTogether") {
  REQUIRE(source_of("a int", kafka("on_error = 'skip'")).on_error == OnError::kSkip);
  REQUIRE(
      refusal(source_script("a int", kafka("on_error = 'dead_letter'")))
          .ends_with(
              "on_error = 'dead_letter' needs a table to write to: add dead_letters = 'table'"));
  REQUIRE(refusal(source_script("a int", kafka("dead_letters = 'bad'")))
              .ends_with("dead_letters is used with on_error = 'dead_letter' only: add it"));
  REQUIRE(refusal(source_script("a int", kafka("on_error = 'dead_letter', dead_letters = 'bad'")))
              .ends_with("table \"bad\" of dead_letters does not exist"));
}

TEST_CASE("OptionsAreCheckedForNameRoleAndForm") {
  REQUIRE(refusal(source_script("a int", kafka("on_eror = 'skip'")))
              .ends_with("did you mean \"on_error\"?"));
  REQUIRE(refusal(source_script("a int", kafka("on_error = 'skipp'")))
              .ends_with("did you mean \"skip\"?"));
  REQUIRE(refusal(source_script("a int", kafka("delivery = 'at_least_once'")))
              .ends_with("option \"delivery\" is for tables that are written; \"t\" is read"));
  REQUIRE(refusal(source_script("a int", kafka("path = 'x'"))).find("this one is 'kafka'") !=
          std::string::npos);
  REQUIRE(refusal(source_script("a int", "connector = 'kafka', topic = 'x'"))
              .ends_with("table \"t\" of connector 'kafka' needs the option brokers = '...'"));
  REQUIRE(refusal(source_script("a int", "connector = 'print'"))
              .ends_with("table \"t\" is read, but connector 'print' can only be written"));
}

TEST_CASE("ASourcePromisesNoKey") {
  REQUIRE(refusal(source_script("a int PRIMARY KEY", kKafka)).find("leave out PRIMARY KEY") !=
          std::string::npos);
}

}  // namespace
}  // namespace weir
