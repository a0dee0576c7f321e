// The client's commands over a real connection on loopback, to a cluster that is faked.
#include "runtime/cli/client_commands.h"
#include "runtime/coordinator/api.h"
#include "runtime/rpc/control_server.h"
#include "tests/runtime/coordinator/fake_cluster.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace weir {
namespace {

class Served {
 public:
  explicit Served(const Security& security = {}) {
    ControlServer::Handlers handlers;
    handlers.hello = [](SessionId, const Hello&) {};
    handlers.message = [](SessionId, const FromWorker&) {};
    handlers.heartbeat = [](SessionId, uint64_t) {};
    handlers.broken = [](SessionId, const Error&) {};
    handlers.api = [this](const ApiRequest& request) { return handle_api(cluster, request); };
    server_ = ControlServer::listen("127.0.0.1:0", security, handlers).value();
    line.connection.coordinator = server_->address();
    line.job = "count";
    line.no_wait = true;
  }

  int run(const std::string& command) const { return run_client_command(command, line); }

  FakeCluster cluster;
  ClientLine line;

 private:
  std::unique_ptr<ControlServer> server_;
};

TEST_CASE("ACommandCrossesAndItsExitCodeComesBack") {
  Served served;
  REQUIRE(served.run("cancel") == 0);
  REQUIRE(served.cluster.calls.back() == "cancel 0123abcd");
  served.line.job = "nope";
  REQUIRE(served.run("cancel") == 2);
}

TEST_CASE("WithoutACoordinatorTheExitCodeIsThree") {
  ClientLine line;
  {
    const Served gone;
    line.connection.coordinator = gone.line.connection.coordinator;
  }
  REQUIRE(run_client_command("list", line) == 3);
}

TEST_CASE("AWrongTokenIsExitCodeTwo") {
  std::string path = std::filesystem::temp_directory_path() / "weir-token-XXXXXX";
  const int file = mkstemp(path.data());
  REQUIRE(file >= 0);
  close(file);
  std::ofstream(path) << "open-sesame\n";
  Served served({.token = "open-sesame"});
  REQUIRE(served.run("cancel") == 2);
  served.line.connection.token_file = path;
  REQUIRE(served.run("cancel") == 0);
  unlink(path.c_str());
  REQUIRE(served.run("cancel") == 2);
}

}  // namespace
}  // namespace weir
