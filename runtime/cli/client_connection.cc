// run_client_command: a Client over a real connection and a real terminal.
#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/interrupt.h"
#include "runtime/rpc/control_client.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

namespace weir {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{30};

// Waits, and is told of Ctrl-C.
class Pause {
 public:
  Pause() {
    interrupt_.start([this] {
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
      changed_.notify_all();
    });
  }

  // False: interrupted.
  bool wait(int64_t micros) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(micros), [this] { return interrupted_; });
    return !interrupted_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted_ = false;    // Guarded by mutex_.
  InterruptWatcher interrupt_;  // Destroyed first: its thread calls back.
};

bool write_to(std::FILE* file, std::string_view text) {
  const size_t written = std::fwrite(text.data(), 1, text.size(), file);
  return written == text.size() && std::fflush(file) == 0;
}

bool may_wait(const std::string& command, const ClientLine& line) {
  if (command == "submit") return line.submit.wait;
  const bool orders =
      command == "stop" || command == "savepoint" || command == "cancel" || command == "rescale";
  return orders && !line.no_wait;
}

}  // namespace

int run_client_command(const std::string& command, const ClientLine& line) {
  const Result<Security> security = load_security({.tls_cert = line.connection.tls_cert,
                                                   .tls_key = line.connection.tls_key,
                                                   .tls_ca = line.connection.tls_ca,
                                                   .token = line.connection.token_file});
  if (!security.ok()) {
    print_error(security.error());
    return exit_code(security.error());
  }
  // Before there are threads of the connection. A command that does not wait just ends with Ctrl-C.
  std::optional<Pause> pause;
  if (may_wait(command, line)) pause.emplace();
  Client client{.coordinator = line.connection.coordinator, .json = line.json};
  ApiCaller caller(client.coordinator, *security);
  client.call = [&](const ApiRequest& request) { return caller.call(request, kAnswerTimeout); };
  client.pause = [&pause](int64_t micros) { return pause->wait(micros); };
  int write_error = 0;
  client.out = [&write_error](std::string_view text) {
    if (!write_to(stdout, text)) write_error = errno;
  };
  client.say = [](std::string_view text) { write_to(stderr, text); };
  const Answer<int> code = dispatch(command, client, line);
  if (write_error != 0) {
    print_error(
        unavailable(fmt::format("cannot write to standard output: {}", strerror(write_error))));
    return kExitFailed;
  }
  if (code.ok()) return *code;
  client.say("weir: error: " + code.error().message + "\n");
  return exit_code(code.error());
}

}  // namespace weir
