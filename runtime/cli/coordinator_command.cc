#include "engine/sql/sql.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/latch.h"
#include "runtime/cli/log.h"
#include "runtime/cli/place.h"
#include "runtime/cli/server_commands.h"
#include "runtime/cli/submission.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/coordinator/seat.h"
#include "runtime/election/elector.h"
#include "runtime/election/etcd.h"
#include "runtime/http/http_server.h"
#include "runtime/rpc/control_server.h"

#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

// For how long it renews leases without having seen in the store that it still leads.
constexpr int64_t kTermMicros = 3'000'000;

// The server that a coordinator speaks through. It listens, and so may hear, before it is known
// here: who has to speak waits for that moment.
class Link {
 public:
  void set(ControlServer& server) { promised_.set_value(&server); }
  ControlServer& server() const { return *known_.get(); }

  CoordinatorLink functions() const {
    return {.welcome = [this](SessionId s, const Welcome& w) { server().welcome(s, w); },
            .refuse = [this](SessionId s, const std::string& why) { server().refuse(s, why); },
            .send = [this](SessionId s, const ToWorker& order) { server().send(s, order); },
            .renew = [this](SessionId s, uint64_t beat) { server().renew(s, beat); },
            .close = [this](SessionId s) { server().close(s); }};
  }

 private:
  std::promise<ControlServer*> promised_;
  const std::shared_future<ControlServer*> known_ = promised_.get_future().share();
};

void note(const std::string& event, const std::string& detail) {
  log::info(event, {{"detail", detail}});
}

CoordinatorSetup setup_of(const CoordinatorArguments& arguments, SnapshotStore& store,
                          const Link& link, std::function<void(const Error&)> stood_down) {
  const std::string store_name = absolute_place(arguments.store);
  return {.store = &store,
          .store_name = store_name,
          .savepoints = store_name + "/savepoints",
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
          .note = note,
          .stood_down = std::move(stood_down)};
}

ControlServer::Handlers handlers_of(Seat& seat) {
  return {.hello = [&](SessionId s, const Hello& hello) { seat.hello(s, hello); },
          .message = [&](SessionId s, FromWorker report) { seat.heard(s, std::move(report)); },
          .heartbeat = [&](SessionId s, uint64_t beat) { seat.heartbeat(s, beat); },
          .broken = [&](SessionId s, const Error& why) { seat.broken(s, why); },
          .api = [&](const ApiRequest& request) { return seat.answer(request); }};
}

// Where others reach what listens on this address.
std::string reachable(const std::string& address) {
  Result<HostPort> parsed = parse_address(address);
  if (!parsed.ok()) return address;
  HostPort named = std::move(parsed).value();
  char name[256] = {};
  const bool is_any = named.host.empty() || named.host == "0.0.0.0" || named.host == "::";
  if (is_any && gethostname(name, sizeof name - 1) == 0) named.host = name;
  return to_text(named);
}

void end(Seat& seat) {
  // Workers go on until their leases run out, or somebody else welcomes them.
  seat.take().reset();
}

// What it takes to lead; all of it outlives who does.
struct Office {
  const CoordinatorArguments& arguments;
  SnapshotStore& store;
  Seat& seat;
  const Link& link;
  Latch& latch;
};

Status begin(const Office& office, std::function<void(const Error&)> stood_down) {
  std::unique_ptr<Coordinator> coordinator = TRY(Coordinator::begin(
      setup_of(office.arguments, office.store, office.link, std::move(stood_down))));
  coordinator->listens_on(reachable(office.link.server().address()));
  office.seat.put(std::move(coordinator));
  return {};
}

// Takes part in the election: `elector` is made and started.
Status campaign(const Office& office, const Security& security, std::unique_ptr<Elector>& elector) {
  EtcdAddress etcd = TRY(parse_etcd_address(office.arguments.election));
  if (etcd.tls && !security.has_authority()) {
    return user_error("--election etcds:// speaks TLS: give --tls-ca, whom to trust");
  }
  ElectorSetup setup{
      .key = std::make_unique<Etcd>(std::move(etcd), security),
      .address = reachable(office.link.server().address()),
      .begin =
          [office, &elector] {
            Status begun =
                begin(office, [&elector](const Error& why) { elector->resign(why.message); });
            const bool is_hopeless = !begun.ok() && begun.error().kind != ErrorKind::kUnavailable &&
                                     begun.error().kind != ErrorKind::kFenced;
            if (is_hopeless) office.latch.fail(begun.error());
            return begun;
          },
      .end = [office] { end(office.seat); },
      .stand_down =
          [office](const std::string& why) {
            office.seat.stand_down({ErrorKind::kFenced, why});
          },
      .follow = [office](const std::string& address) { office.seat.follow(address); },
      .note = note};
  elector = std::make_unique<Elector>(std::move(setup));
  elector->start();
  return {};
}

// The exit code.
Result<int> serve(const CoordinatorArguments& arguments) {
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
  Seat seat(kEngineVersion,
            [&link](SessionId s, const std::string& why) { link.server().turn_away(s, why); });
  const std::unique_ptr<ControlServer> server =
      TRY(ControlServer::listen(arguments.listen, security, handlers_of(seat)));
  link.set(*server);
  std::string shown = fmt::format("control {}\n", server->address());
  std::unique_ptr<HttpServer> http;
  if (arguments.http != "off") {
    http = TRY(HttpServer::listen(arguments.http, security, [&seat](const ApiRequest& request) {
      return seat.answer(request);
    }));
    shown += fmt::format("http {}\n", http->address());
  }
  std::unique_ptr<Elector> elector;
  const Office office{arguments, *store, seat, link, latch};
  if (arguments.election.empty()) {
    TRY(begin(office, [&latch](const Error& error) { latch.fail(error); }));
  } else {
    TRY(campaign(office, security, elector));
  }
  std::fputs(shown.c_str(), stdout);
  std::fflush(stdout);
  log::info("coordinator.ready", {{"control", server->address()}, {"store", arguments.store}});
  Status ended = latch.wait();
  http.reset();
  if (elector != nullptr) elector->close();
  server->stop();
  end(seat);
  TRY(std::move(ended));
  return interrupt.exit_of_service();
}

}  // namespace

int coordinator_command(const CoordinatorArguments& arguments) {
  const Result<int> ended = serve(arguments);
  if (ended.ok()) return *ended;
  print_error(ended.error());
  return exit_code(ended.error());
}

}  // namespace weir
