#include "runtime/cli/job_file.h"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace weir {
namespace {

using Catch::Matchers::Contains;

const char* const kScript =
    "SET parallelism = '3'; CREATE TABLE t (n int) WITH (connector = 'file', path = '${IN}');"
    "SELECT n FROM t;";

TEST_CASE("VariablesOfTheCommandLineFillTheScript") {
  const JobGraph graph = load_job({.sql = kScript, .variables = {"IN=a=b.json"}}).value();
  REQUIRE(std::get<SourceSpec>(graph.vertices[0].spec).options.at("path") == "a=b.json");
  REQUIRE(graph.options.job_name == "job");
}

TEST_CASE("SettingsOfTheCommandLineWinOverTheScript") {
  const JobFile file{.sql = kScript, .variables = {"IN=x"}, .settings = {"parallelism=5"}};
  const JobGraph graph = load_job(file).value();
  REQUIRE(parallelism_of(std::nullopt, graph) == 5);
  REQUIRE(parallelism_of(7, graph) == 7);
}

TEST_CASE("SettingsOfAConfigurationFileStandBetweenTheScriptAndTheCommandLine") {
  JobFile file{.sql = kScript, .variables = {"IN=x"}};
  file.configured_settings = {{"parallelism", "5"}, {"job_name", "mine"}};
  REQUIRE(load_job(file)->options.parallelism == 5);
  file.settings = {"parallelism=6"};
  REQUIRE(load_job(file)->options.parallelism == 6);
  REQUIRE(load_job(file)->options.job_name == "mine");
}

TEST_CASE("VariablesOfAConfigurationFileAreTheLast") {
  JobFile file{.sql = kScript};
  file.configured_variables = {{"IN", "configured"}};
  const auto path = [&file] {
    return std::get<SourceSpec>(load_job(file)->vertices[0].spec).options.at("path");
  };
  ::unsetenv("IN");
  REQUIRE(path() == "configured");
  ::setenv("IN", "environment", 1);
  REQUIRE(path() == "environment");
  file.variables = {"IN=flag"};
  REQUIRE(path() == "flag");
  ::unsetenv("IN");
}

// A coordinator that took them as they are would not survive it.
TEST_CASE("SettingsThatNoJobCanRunWithAreRefused") {
  for (const char* setting : {"checkpoint_interval=0 seconds", "max_alignment=0 seconds"}) {
    const Result<JobGraph> job =
        load_job({.sql = kScript, .variables = {"IN=x"}, .settings = {setting}});
    REQUIRE_FALSE(job.ok());
    REQUIRE(job.error().kind == ErrorKind::kUser);
    REQUIRE_THAT(job.error().message, Contains("must be longer than nothing"));
  }
}

TEST_CASE("WhatIsNoPairIsRefused") {
  const Result<JobGraph> job = load_job({.sql = kScript, .variables = {"IN"}});
  REQUIRE_FALSE(job.ok());
  REQUIRE_THAT(job.error().message, Contains("--var wants NAME=VALUE, but got 'IN'"));
}

TEST_CASE("AFileOfNoKnownKindIsRefused") {
  const Result<JobGraph> job = load_job({.path = "missing.txt"});
  REQUIRE_FALSE(job.ok());
  REQUIRE(job.error().kind == ErrorKind::kUser);
  REQUIRE_THAT(job.error().message, Contains("missing.txt"));
}

}  // namespace
}  // namespace weir
