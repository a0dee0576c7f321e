// What a command line must say as a whole.
#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

std::string trouble(const std::string& words) {
  CLI::App app;
  WeirLine line;
  add_commands(app, line);
  app.parse(words, false);
  const Status status = check_line(app.get_subcommands().front()->get_name(), line);
  if (!status.ok()) REQUIRE(status.error().kind == ErrorKind::kUser);
  return status.ok() ? "" : status.error().message;
}

TEST_CASE("AJobIsAFileOrSql") {
  for (const char* command : {"run", "explain", "submit"}) {
    const std::string name = command;
    CHECK(trouble(name) == "name a job file, or give SQL: weir " + name + " job.sql, or weir " +
                               name + " -c 'SELECT ...'");
    CHECK(trouble(name + " a.sql").empty());
    CHECK(trouble(name + " -c SELECT").empty());
  }
}

TEST_CASE("APlanIsJudgedAgainstASavepoint") {
  CHECK(trouble("plan a.sql") ==
        "name the savepoint whose state is to be judged with --from SAVEPOINT");
  CHECK(trouble("plan a.sql --from /s").empty());
}

TEST_CASE("AForkBeginsWithASavepoint") {
  for (const char* command : {"run", "submit"}) {
    const std::string line = std::string(command) + " a.sql --fork";
    CHECK(trouble(line).find("--fork begins a new lineage with a savepoint") == 0);
    CHECK(trouble(line + " --from /s").empty());
  }
}

TEST_CASE("VerboseStandsBeforeOrAfterTheCommand") {
  for (const char* words : {"-v list", "list -v", "list --verbose"}) {
    CLI::App app;
    WeirLine line;
    add_commands(app, line);
    app.parse(std::string(words), false);
    CHECK(line.verbose);
  }
}

}  // namespace
}  // namespace weir
