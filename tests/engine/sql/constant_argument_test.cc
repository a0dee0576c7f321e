#include "engine/sql/constant_argument.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// The first entry of a SELECT, as an interval.
Result<int64_t> interval_of(const std::string& text) {
  const ScriptText script = ScriptText::bare("SELECT ", text);
  const Result<ParsedScript> parsed = parse_script(script);
  REQUIRE(parsed.ok());
  const Catalog catalog;
  const Node value = parsed->statements()[0].node.list("targetList")[0].child("val");
  return constant_interval(script, catalog, value, "it");
}

Result<uint32_t> count_of(const std::string& text) {
  const ScriptText script = ScriptText::bare("SELECT ", text);
  const Result<ParsedScript> parsed = parse_script(script);
  REQUIRE(parsed.ok());
  const Catalog catalog;
  const Node value = parsed->statements()[0].node.list("targetList")[0].child("val");
  return constant_count(script, catalog, value, "it", 9);
}

TEST_CASE("IntervalsAreMicroseconds") {
  REQUIRE(*interval_of("INTERVAL '1 minute'") == 60'000'000);
  REQUIRE(*interval_of("INTERVAL '1' HOUR * 2") == 7'200'000'000);
  REQUIRE(*interval_of("'-1 day'") == -86'400'000'000);
}

TEST_CASE("IntervalsThatAreNoneAreRefused") {
  const auto says = [](const std::string& text) { return interval_of(text).error().message; };
  REQUIRE(says("5").find("it is a constant interval, such as") != std::string::npos);
  REQUIRE(says("NULL").find("it is a constant interval") != std::string::npos);
  REQUIRE(says("INTERVAL '1 year'").find("it has no fixed length") != std::string::npos);
  REQUIRE(says("x").find("column \"x\" does not exist") != std::string::npos);
}

TEST_CASE("CountsHaveBounds") {
  REQUIRE(*count_of("0") == 0);
  REQUIRE(*count_of("4 + 5") == 9);
  for (const char* text : {"10", "-1", "1.5", "NULL", "'a'"}) {
    INFO(text);
    REQUIRE(count_of(text).error().message.find("it is a constant number from 0 to 9") !=
            std::string::npos);
  }
}

}  // namespace
}  // namespace weir
