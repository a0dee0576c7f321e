#include "engine/sql/script_options.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

JobOptions options_of(const std::string& settings) {
  return graph_of(with_tables(settings + "; SELECT id FROM payments")).options;
}

TEST_CASE("SettingsBecomeJobOptions") {
  const JobOptions options = options_of(
      "SET job_name = 'fraud'; SET parallelism = 4; SET checkpoint_interval = '500 ms'; SET "
      "state_ttl = '1 day';"
      "SET result_mode = 'final'; SET memory = '1GiB'; SET max_alignment TO '10 seconds'; SET "
      "restart_attempts = 0");
  REQUIRE(options.job_name == "fraud");
  REQUIRE(options.parallelism == 4);
  REQUIRE(options.checkpoint_interval == 500'000);
  REQUIRE(options.state_ttl == 86'400'000'000);
  REQUIRE(options.result_mode == ResultMode::kFinal);
  REQUIRE(options.memory == uint64_t{1} << 30);
  REQUIRE(options.max_alignment == 10'000'000);
  REQUIRE(options.restart_attempts == 0);
}

TEST_CASE("WithoutSettingsTheDefaultsHold") {
  const JobOptions options = options_of("SET state_ttl = 'none'");
  REQUIRE_FALSE(options.parallelism);
  REQUIRE_FALSE(options.state_ttl);
  REQUIRE(options.checkpoint_interval == 1'000'000);
}

TEST_CASE("TheLastOfEqualSettingsHolds") {
  REQUIRE(options_of("SET parallelism = 4; SET parallelism = '2'").parallelism == 2);
}

TEST_CASE("WrongSettingsAreRefused") {
  REQUIRE(refusal("SET paralelism = 4") ==
          "1:1: setting \"paralelism\" does not exist; did you mean \"parallelism\"?");
  REQUIRE(refusal("SET parallelism = 0").starts_with("1:19: option \"parallelism\""));
  REQUIRE(refusal("SET parallelism = -4").find("-4 is not between") != std::string::npos);
  REQUIRE(refusal("SET checkpoint_interval = 'soon'")
              .starts_with("1:27: option \"checkpoint_interval\""));
  REQUIRE(refusal("SET job_name = 'a', 'b'") ==
          "1:16: the value of a setting is one quoted text: write SET job_name = '...'");
  REQUIRE(refusal("RESET parallelism").ends_with("a setting holds for the whole script"));
  REQUIRE(refusal("SET LOCAL parallelism = 4").ends_with("a setting holds for the whole script"));
  REQUIRE(refusal("SET parallelism TO DEFAULT").ends_with("a setting holds for the whole script"));
}

}  // namespace
}  // namespace weir
