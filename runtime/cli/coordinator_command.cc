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
#include <future>

namespace weir {
namespace {

// For how long it renews leases without having seen in the store that it still leads.
constexpr int64_t kTermMicros = 3'000'000;

// The server that a coordinator speaks through. It listens, and so may hear, before it is known
// here: who has to speak waits for that moment.
class Link {
 public:
  void set(ControlServer& server) { promised_.set_value(&server); }

  CoordinatorLink functions() {
    return {.welcome = [this](SessionId s, const Welcome& w) { server().welcome(s, w); },
            .refuse = [this](SessionId s, const std::string& why) { server().refuse(s, why); },
            .send = [this](SessionId s, const ToWorker& order) { server().send(s, order); },
            .renew = [this](SessionId s, uint64_t beat) { server().renew(s, beat); },
            .close = [this](SessionId s) { server().close(s); }};
  }

 private:
  ControlServer& server() { return *known_.get(); }

  std::promise<ControlServer*> promised_;
  const std::shared_future<ControlServer*> known_ = promised_.get_future().share();
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
  Link link;
  std::unique_ptr<Coordinator> coordinator;
  ControlServer::Handlers handlers{
      .hello = [&](SessionId s, const Hello& hello) { coordinator->hello(s, hello); },
      .message = [&](SessionId s, FromWorker report) { coordinator->heard(s, std::move(report)); },
      .heartbeat = [&](SessionId s, uint64_t beat) { coordinator->heartbeat(s, beat); },
      .broken = [&](SessionId s, const Error& why) { coordinator->broken(s, why); },
      .api = [&](const ApiRequest& request) { return handle_api(*coordinator, request); }};
  coordinator = TRY(Coordinator::begin(setup_of(arguments, *store, link, latch)));
  std::unique_ptr<HttpServer> http;
  if (arguments.http != "off") {
    http = TRY(HttpServer::listen(arguments.http, security, [&](const ApiRequest& request) {
      return handle_api(*coordinator, request);
    }));
  }
  // The last that can fail: from here on workers may be there.
  const std::unique_ptr<ControlServer> server =
      TRY(ControlServer::listen(arguments.listen, security, std::move(handlers)));
  link.set(*server);
  coordinator->listens_on(server->address());
  std::string shown = fmt::format("control {}\n", server->address());
  if (http != nullptr) shown += fmt::format("http {}\n", http->address());
  std::fputs(shown.c_str(), stdout);
  std::fflush(stdout);
  log::info("coordinator.ready", {{"control", server->address()}, {"store", arguments.store}});
  Status ended = latch.wait();
  // Workers see it as broken, and go on until their leases run out.
  http.reset();
  server->stop();
  coordinator.reset();
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
