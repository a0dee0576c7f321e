#include "engine/sql/sql.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/latch.h"
#include "runtime/cli/log.h"
#include "runtime/cli/server_commands.h"
#include "runtime/cli/submission.h"
#include "runtime/coordinator/api.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/http/http_server.h"
#include "runtime/rpc/control_server.h"

#include <fmt/format.h>

#include <cstdio>

namespace weir {
namespace {

// For how long it renews leases without having seen in the store that it still leads.
constexpr int64_t kTermMicros = 3'000'000;

// A session of a worker is nothing to a coordinator that is still being made.
class Link {
 public:
  explicit Link(std::unique_ptr<ControlServer>& server) : server_(server) {}

  CoordinatorLink functions() {
    return {.welcome = [this](SessionId s, const Welcome& w) { server_->welcome(s, w); },
            .refuse = [this](SessionId s, const std::string& why) { server_->refuse(s, why); },
            .send = [this](SessionId s, const ToWorker& order) { server_->send(s, order); },
            .renew = [this](SessionId s, uint64_t beat) { server_->renew(s, beat); },
            .close = [this](SessionId s) { server_->close(s); }};
  }

 private:
  std::unique_ptr<ControlServer>& server_;
};

CoordinatorSetup setup_of(const CoordinatorArguments& arguments, SnapshotStore& store, Link& link,
                          Latch& latch) {
  return {.store = &store,
          .store_name = arguments.store,
          .savepoints = arguments.store + "/savepoints",
          .version = kEngineVersion,
          .read_job = read_submission,
          .read_expression = sql_expression,
          .settings = {.term_us = kTermMicros},
          .link = link.functions(),
          .job_changed =
              [](const std::string& job, const JobEvent& event) {
                log::info("job.changed", {{"job", job},
                                          {"state", std::string(state_name(event.state))},
                                          {"generation", std::to_string(event.generation)},
                                          {"reason", event.reason}});
              },
          .note =
              [](const std::string& event, const std::string& detail) {
                log::info(event, {{"detail", detail}});
              },
          .stood_down = [&latch](const Error& error) { latch.fail(error); }};
}

Status serve(const CoordinatorArguments& arguments) {
  if (arguments.store.empty()) {
    return user_error("name the folder that all processes of the cluster share with --store DIR");
  }
  const Security security = TRY(load_security(arguments.security));
  TRY(check_listening(arguments.listen, security));
  if (arguments.http != "off") TRY(check_listening(arguments.http, security));
  const std::unique_ptr<SnapshotStore> store = TRY(open_directory_store(arguments.store));
  Latch latch;
  InterruptWatcher interrupt;
  interrupt.start([&latch] { latch.release(); });
  std::unique_ptr<ControlServer> server;
  Link link(server);
  std::unique_ptr<Coordinator> coordinator;
  ControlServer::Handlers handlers{
      .hello = [&](SessionId s, const Hello& hello) { coordinator->hello(s, hello); },
      .message = [&](SessionId s, FromWorker report) { coordinator->heard(s, std::move(report)); },
      .heartbeat = [&](SessionId s, uint64_t beat) { coordinator->heartbeat(s, beat); },
      .broken = [&](SessionId s, const Error& why) { coordinator->broken(s, why); },
      .api = [&](const ApiRequest& request) { return handle_api(*coordinator, request); }};
  coordinator = TRY(Coordinator::begin(setup_of(arguments, *store, link, latch)));
  server = TRY(ControlServer::listen(arguments.listen, security, std::move(handlers)));
  coordinator->listens_on(server->address());
  std::string shown = fmt::format("control {}\n", server->address());
  std::unique_ptr<HttpServer> http;
  if (arguments.http != "off") {
    http = TRY(HttpServer::listen(arguments.http, security, [&](const ApiRequest& request) {
      return handle_api(*coordinator, request);
    }));
    shown += fmt::format("http {}\n", http->address());
  }
  std::fputs(shown.c_str(), stdout);
  std::fflush(stdout);
  log::info("coordinator.ready", {{"control", server->address()}, {"store", arguments.store}});
  Status ended = latch.wait();
  // Workers see it as broken, and go on until their leases run out.
  http.reset();
  coordinator->close();
  server.reset();
  return ended;
}

}  // namespace

int coordinator_command(const CoordinatorArguments& arguments) {
  const Status ended = serve(arguments);
  if (ended.ok()) return kExitDone;
  print_error(ended.error());
  return exit_code(ended.error());
}

}  // namespace weir
