// What users are told who typed something that is no command line.
#include "runtime/cli/usage.h"

#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

std::string told(const std::string& words) {
  CLI::App app;
  WeirLine line;
  app.require_subcommand(0, 1);
  add_commands(app, line);
  try {
    app.parse(words, false);
  } catch (const CLI::ParseError& error) {
    return usage_text(app, error);
  }
  return "accepted";
}

TEST_CASE("AnUnknownCommandIsToldWithTheNearest") {
  CHECK(told("rnu a.sql") == "there is no command \"rnu\"; did you mean \"run\"?; see weir help");
  CHECK(told("zzz") == "there is no command \"zzz\"; see weir help");
}

TEST_CASE("AnUnknownOptionIsToldWithTheNearestOfTheCommand") {
  CHECK(told("run --memroy 1 a.sql") ==
        "weir run has no option --memroy; did you mean \"--memory\"?; see weir run --help");
  CHECK(told("show --jsn") ==
        "weir show has no option --jsn; did you mean \"--json\"?; see weir show --help");
  CHECK(told("worker --slot=3") ==
        "weir worker has no option --slot; did you mean \"--slots\"?; see weir worker --help");
  CHECK(told("--json list") ==
        "there is no option --json in front of a command; see weir list --help");
}

TEST_CASE("OneWordTooManyIsToldWithTheUsage") {
  CHECK(told("run a.sql b.sql") ==
        "\"b.sql\" is one word too many for weir run (FILE | -c SQL) [OPTIONS]; see weir run "
        "--help");
  CHECK(told("list extra").find("\"extra\" is one word too many for weir list [OPTIONS]") == 0);
}

TEST_CASE("WhatIsMissingIsTold") {
  CHECK(told("show") ==
        "weir show wants JOB, the name or id of the job: weir show JOB [OPTIONS]; see weir show "
        "--help");
  CHECK(told("rescale a") ==
        "weir rescale wants N, the instances of each step: weir rescale JOB N [OPTIONS]; see weir "
        "rescale --help");
  CHECK(told("run --parallelism") ==
        "--parallelism wants a value: --parallelism N, instances of each step; see weir run "
        "--help");
}

TEST_CASE("AWrongValueIsToldWithWhatIsRight") {
  CHECK(told("run --parallelism 0") ==
        "--parallelism: '0' is not a whole number from 1 to 1024; see weir run --help");
  CHECK(told("explain --format jso") ==
        "--format: 'jso' is none of text, json, yaml, dot; did you mean \"json\"?; see weir "
        "explain --help");
  CHECK(told("run --var A") == "--var: 'A' is not of the form NAME=VALUE; see weir run --help");
  CHECK(told("worker --memory much").find("--memory: 'much' is not a size: ") == 0);
  CHECK(told("run a.sql -c b").find("give one of the two, not both: FILE excludes") == 0);
}

}  // namespace
}  // namespace weir
