#include "runtime/cli/interrupt.h"

#include "runtime/cli/commands.h"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace weir {
namespace {

// SIGUSR1 is how the watcher's own end wakes its thread.
sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  return set;
}

}  // namespace

InterruptWatcher::InterruptWatcher() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // A reader that has gone away is an error of the write.
}

InterruptWatcher::~InterruptWatcher() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

void InterruptWatcher::start(std::function<void()> stop) {
  stop_ = std::move(stop);
  thread_ = std::thread([this] { watch(); });
}

int InterruptWatcher::exit_of_service() const {
  return signal_.load() == SIGINT ? kExitInterrupted : kExitDone;
}

void InterruptWatcher::watch() {
  const sigset_t set = watched();
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == SIGUSR1) return;
    if (signal_.exchange(signal) != 0) _exit(kExitInterrupted);
    stop_();
  }
}

}  // namespace weir
