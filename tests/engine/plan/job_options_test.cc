#include "engine/plan/job_options.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("SetsEveryOptionByItsName") {
  JobOptions options;
  for (const auto& [name, value] : OptionMap{{"job_name", "fraud"},
                                             {"parallelism", "3"},
                                             {"checkpoint_interval", "200 milliseconds"},
                                             {"state_ttl", "1 day"},
                                             {"result_mode", "final"},
                                             {"memory", "1GiB"},
                                             {"max_alignment", "5 seconds"},
                                             {"restart_attempts", "0"}}) {
    CHECK(set_job_option(options, name, value).ok());
  }
  CHECK(options.job_name == "fraud");
  CHECK(options.parallelism == 3);
  CHECK(options.checkpoint_interval == 200'000);
  CHECK(options.state_ttl == 86'400'000'000);
  CHECK(options.result_mode == ResultMode::kFinal);
  CHECK(options.memory == uint64_t{1} << 30);
  CHECK(options.max_alignment == 5'000'000);
  CHECK(options.restart_attempts == 0);
}

TEST_CASE("EveryScriptOptionHasAFieldWithTheSameDefault") {
  for (const Option& option : script_options()) {
    if (option.fallback.empty()) continue;
    JobOptions options;
    CHECK(set_job_option(options, option.name, option.fallback).ok());
    const JobOptions unset;
    CHECK(options.checkpoint_interval == unset.checkpoint_interval);
    CHECK(options.state_ttl == unset.state_ttl);
    CHECK(options.result_mode == unset.result_mode);
    CHECK(options.max_alignment == unset.max_alignment);
    CHECK(options.restart_attempts == unset.restart_attempts);
  }
}

TEST_CASE("RefusesUnknownNamesAndWrongForms") {
  JobOptions options;
  CHECK(set_job_option(options, "paralelism", "3").error().message ==
        "setting \"paralelism\" does not exist; did you mean \"parallelism\"?");
  CHECK_FALSE(set_job_option(options, "parallelism", "0").ok());
  CHECK_FALSE(set_job_option(options, "memory", "much").ok());
  CHECK_FALSE(set_job_option(options, "state_ttl", "0 seconds").ok());
  CHECK_FALSE(options.parallelism);
}

}  // namespace weir
