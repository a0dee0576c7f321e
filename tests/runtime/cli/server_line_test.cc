// Command lines of the two processes of a cluster, as users type them.
#include "runtime/cli/server_commands.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

struct Parsed {
  ServerLine line;
  std::string command;  // Empty: refused.

  explicit Parsed(const std::string& words) {
    CLI::App app;
    add_server_commands(app, line);
    try {
      app.parse(words, false);
    } catch (const CLI::ParseError&) {
      return;
    }
    command = app.get_subcommands().front()->get_name();
  }
};

TEST_CASE("ACoordinatorNeedsNoOptions") {
  const Parsed parsed("coordinator");
  CHECK(parsed.command == "coordinator");
  CHECK(parsed.line.coordinator.listen == "localhost:7000");
  CHECK(parsed.line.coordinator.http == "localhost:7001");
  CHECK(parsed.line.coordinator.store.empty());
}

TEST_CASE("ACoordinatorIsToldAllThatItHas") {
  const Parsed parsed(
      "coordinator --listen a:1 --http off --store /s --tls-cert c --tls-key k --tls-ca a "
      "--token-file t");
  REQUIRE(parsed.command == "coordinator");
  const CoordinatorArguments& told = parsed.line.coordinator;
  CHECK(told.listen == "a:1");
  CHECK(told.http == "off");
  CHECK(told.store == "/s");
  CHECK(told.security.tls_cert == "c");
  CHECK(told.security.tls_key == "k");
  CHECK(told.security.tls_ca == "a");
  CHECK(told.security.token == "t");
}

TEST_CASE("AWorkerTakesAsManyInstancesAsTheMachineHasCores") {
  const Parsed parsed("worker");
  CHECK(parsed.command == "worker");
  CHECK(parsed.line.worker.coordinator == "localhost:7000");
  CHECK(parsed.line.worker.slots >= 1);
}

TEST_CASE("AWorkerIsToldAllThatItHas") {
  const Parsed parsed(
      "worker --coordinator c:1 --listen w:2 --http off --slots 3 --memory 4GiB --dir /d "
      "--token-file t");
  REQUIRE(parsed.command == "worker");
  const WorkerArguments& told = parsed.line.worker;
  CHECK(told.coordinator == "c:1");
  CHECK(told.listen == "w:2");
  CHECK(told.http == "off");
  CHECK(told.slots == 3);
  CHECK(told.memory == "4GiB");
  CHECK(told.dir == "/d");
  CHECK(told.security.token == "t");
}

TEST_CASE("AWorkerHasAtLeastOneSlotAndNotTooMany") {
  CHECK(Parsed("worker --slots 0").command.empty());
  CHECK(Parsed("worker --slots 4097").command.empty());
  CHECK(Parsed("worker --slots many").command.empty());
  CHECK(Parsed("worker --slots 4096").command == "worker");
}

}  // namespace
}  // namespace weir
