// Command lines as users type them.
#include "runtime/cli/client_commands.h"
#include "tests/runtime/cli/client_desk.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Parsed {
  ClientLine line;
  std::string command;
  bool accepted = true;

  explicit Parsed(const std::string& words) {
    CLI::App app;
    add_client_commands(app, line);
    try {
      app.parse(words, false);
    } catch (const CLI::ParseError&) {
      accepted = false;
      return;
    }
    command = app.get_subcommands().front()->get_name();
  }
};

std::vector<std::string> asked(const std::string& words) {
  ClientDesk desk;
  const Parsed parsed(words);
  REQUIRE(parsed.accepted);
  REQUIRE(is_client_command(parsed.command));
  REQUIRE(dispatch(parsed.command, desk.client(), parsed.line).value() == 0);
  return desk.cluster.calls;
}

TEST_CASE("EveryCommandReachesItsCall") {
  using Calls = std::vector<std::string>;
  REQUIRE(asked("list") == Calls{});
  REQUIRE(asked("show count") == Calls{"job count"});
  REQUIRE(asked("logs count") == Calls{"logs count"});
  REQUIRE(asked("why count --json") == Calls{"why count"});
  REQUIRE(asked("stop count --no-wait").back() == "stop to= 0123abcd");
  REQUIRE(asked("savepoint count --to /s --no-wait").back() == "savepoint to=/s 0123abcd");
  REQUIRE(asked("cancel count --no-wait").back() == "cancel 0123abcd");
  REQUIRE(asked("rescale count 5 --no-wait").back() == "rescale 5 0123abcd");
  REQUIRE_FALSE(is_client_command("run"));
}

TEST_CASE("ASubmissionIsWrittenOut") {
  const Parsed parsed(
      "submit job.sql --name n --wait --from /s --fork --parallelism 3 --var A=1 --set b=2");
  const SubmitArguments& submit = parsed.line.submit;
  REQUIRE(submit.file.path == "job.sql");
  REQUIRE(submit.file.variables == std::vector<std::string>{"A=1"});
  REQUIRE(submit.file.settings == std::vector<std::string>{"b=2"});
  REQUIRE(submit.name == "n");
  REQUIRE(submit.wait);
  REQUIRE(submit.from == "/s");
  REQUIRE(submit.fork);
  REQUIRE(submit.parallelism == 3);
}

TEST_CASE("WhatMakesNoSenseIsRefused") {
  for (const char* words :
       {"show", "rescale count", "rescale count 0", "rescale count 1025", "rescale count x",
        "list count", "cancel --to x", "submit a.sql -c b", "cancel count --json"}) {
    CAPTURE(words);
    REQUIRE_FALSE(Parsed(words).accepted);
  }
}

TEST_CASE("TheCoordinatorIsOnThisMachineUnlessItIsNamed") {
  REQUIRE(Parsed("list").line.connection.coordinator == "localhost:7000");
  REQUIRE(Parsed("list --coordinator b:2").line.connection.coordinator == "b:2");
}

}  // namespace
}  // namespace weir
