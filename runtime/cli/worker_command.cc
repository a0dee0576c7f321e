#include "engine/plan/options.h"
#include "engine/sql/sql.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/connectors.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/latch.h"
#include "runtime/cli/log.h"
#include "runtime/cli/process_memory.h"
#include "runtime/cli/server_commands.h"
#include "runtime/cli/work_folder.h"
#include "runtime/cli/worker_http.h"
#include "runtime/exchange/exchange.h"
#include "runtime/http/http_server.h"
#include "runtime/messages/addresses.h"
#include "runtime/messages/clock.h"
#include "runtime/rpc/control_client.h"
#include "runtime/rpc/credentials.h"
#include "runtime/worker/exchange_peers.h"
#include "runtime/worker/worker.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace weir {
namespace {

// The store that the coordinator names, if it is the one that the coordinator has.
Result<std::shared_ptr<SnapshotStore>> open_store(const Welcome& welcome) {
  std::unique_ptr<SnapshotStore> store = TRY(open_directory_store(welcome.store));
  const std::optional<std::string> mark = TRY(store->get("store-mark"));
  if (mark == welcome.store_mark) return std::shared_ptr<SnapshotStore>(std::move(store));
  return user_error(fmt::format(
      "{} is not the coordinator's store here: mount the folder that the coordinator has as "
      "--store under the same name on this machine",
      welcome.store));
}

Status check_exchange_address(const WorkerArguments& arguments) {
  const HostPort address = TRY(parse_address(arguments.listen));
  if (!address.host.empty() && address.host != "0.0.0.0" && address.host != "::") return {};
  return user_error(fmt::format(
      "--listen {} tells other workers nothing: name a host of this machine that they can reach",
      arguments.listen));
}

Result<std::unique_ptr<Exchange>> listen(const WorkerArguments& arguments,
                                         const Security& security) {
  TRY(check_exchange_address(arguments));
  TRY(check_listening(arguments.listen, security));
  ExchangeOptions options{.token = security.token};
  if (security.has_certificate()) options.server_credentials = server_credentials(security);
  if (security.has_authority()) options.channel_credentials = channel_credentials(security);
  return Exchange::listen(arguments.listen, options);
}

Result<WorkerSetup> setup_of(const WorkerArguments& arguments, const WorkFolder& work,
                             uint64_t memory, Exchange& exchange, WorkerLink link, Latch& latch) {
  return WorkerSetup{.connectors = all_connectors(STDOUT_FILENO, wall_clock_micros()),
                     .peers = peers_over(exchange),
                     .open_store = open_store,
                     .executors = arguments.slots,
                     .state_bytes = TRY(state_bytes_allowed()),
                     .work_folder = work.path(),
                     .memory = memory,
                     .slots = arguments.slots,
                     .own_memory = memory_bytes,
                     .link = std::move(link),
                     .note =
                         [](const std::string& event, const std::string& detail) {
                           log::info(event, {{"detail", detail}});
                         },
                     .failed = [&latch](const Error& error) { latch.fail(error); }};
}

// The exit code.
Result<int> serve(const WorkerArguments& arguments) {
  const Security security = TRY(load_security(arguments.security));
  TRY(parse_addresses(arguments.coordinator));
  Hello hello{.version = kEngineVersion, .slots = arguments.slots};
  hello.memory = arguments.memory.empty() ? default_memory() : TRY(parse_size(arguments.memory));
  const WorkFolder work = TRY(WorkFolder::make(arguments.dir));  // Outlives the worker.
  Latch latch;
  InterruptWatcher interrupt;
  interrupt.start([&latch] { latch.release(); });
  const std::unique_ptr<Exchange> exchange = TRY(listen(arguments, security));
  hello.exchange_address = exchange->address();
  std::unique_ptr<Worker> worker;
  std::unique_ptr<ControlClient> client;
  WorkerLink link{.connect = [&] { client->connect(arguments.coordinator, hello); },
                  .send = [&](const FromWorker& report) { client->send(report); },
                  .beat = [&](uint64_t beat) { client->beat(beat); }};
  worker = std::make_unique<Worker>(
      TRY(setup_of(arguments, work, hello.memory, *exchange, std::move(link), latch)));
  ControlClient::Handlers handlers{
      .welcomed = [&](Welcome welcome) { worker->welcomed(std::move(welcome)); },
      .refused = [&](const std::string& reason) { worker->refused(reason); },
      .message = [&](ToWorker order) { worker->heard(std::move(order)); },
      .renewed = [&](uint64_t beat) { worker->renewed(beat); },
      .broken = [&](Error reason) { worker->broken(std::move(reason)); }};
  client = std::make_unique<ControlClient>(security, sql_expression, std::move(handlers));
  std::string shown = fmt::format("exchange {}\n", exchange->address());
  std::unique_ptr<HttpServer> http;
  if (arguments.http != "off") {
    http = TRY(HttpServer::listen(arguments.http, security, [&](const ApiRequest& request) {
      return handle_worker_http(*worker, request);
    }));
    hello.http_address = http->address();
    shown += fmt::format("http {}\n", http->address());
  }
  std::fputs(shown.c_str(), stdout);
  std::fflush(stdout);
  log::info("worker.ready", {{"exchange", exchange->address()},
                             {"coordinator", arguments.coordinator},
                             {"slots", std::to_string(arguments.slots)}});
  worker->start();
  Status ended = latch.wait();
  // Nobody asks it and gives it more to do; then all that it does ends.
  http.reset();
  client->stop();
  worker.reset();
  client.reset();
  TRY(std::move(ended));
  return interrupt.exit_of_service();
}

}  // namespace

int worker_command(const WorkerArguments& arguments) {
  const Result<int> ended = serve(arguments);
  if (ended.ok()) return *ended;
  print_error(ended.error());
  return exit_code(ended.error());
}

}  // namespace weir
