// Goal: a fact that does not hold ends the process with SIGABRT and says where. Method: a child
// process states it.
#include "engine/base/check.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

struct Ending {
  int signal = 0;  // 0: it ended by itself.
  std::string printed;
};

// How a child process ends that calls `body`.
template <typename F>
Ending ending_of(F&& body) {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    dup2(pipe_ends[1], STDERR_FILENO);
    body();
    _exit(0);
  }
  close(pipe_ends[1]);
  Ending ending;
  char bytes[256];
  for (ssize_t size = 0; (size = read(pipe_ends[0], bytes, sizeof bytes)) > 0;) {
    ending.printed.append(bytes, static_cast<size_t>(size));
  }
  close(pipe_ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  return ending;
}

// Catch has a CHECK of its own, so ours is called by what it stands for.
void state_fact(bool fact) {
  if (!fact) check_failed("fact", "somewhere.cc", 12);
}

TEST_CASE("FactThatHoldsIsSilent") {
  const Ending ending = ending_of([] { state_fact(true); });
  REQUIRE(ending.signal == 0);
  REQUIRE(ending.printed.empty());
}

TEST_CASE("FactThatDoesNotHoldAborts") {
  const Ending ending = ending_of([] { state_fact(false); });
  REQUIRE(ending.signal == SIGABRT);
  REQUIRE(ending.printed == "CHECK failed: fact (somewhere.cc:12)\n");
}

TEST_CASE("UnreachablePlaceAborts") {
  REQUIRE(ending_of([] { unreachable(); }).signal == SIGABRT);
}

}  // namespace
}  // namespace weir
