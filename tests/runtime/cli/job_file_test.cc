#include "runtime/cli/job_file.h"

#include <catch2/catch.hpp>

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
