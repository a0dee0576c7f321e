#include "engine/base/fail_point.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

// How many times a process whose place is armed passes it before it is killed; all of `passages`
// if it is not.
int passages_until_killed(const std::string& place, int passages) {
  int counted[2];
  REQUIRE(::pipe(counted) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    fail_point::arm(place);
    for (int i = 0; i < passages; ++i) {
      FAIL_POINT("other");
      if (::write(counted[1], "x", 1) != 1) ::_exit(2);
      FAIL_POINT("here");
    }
    ::_exit(0);
  }
  ::close(counted[1]);
  int count = 0;
  for (char byte = 0; ::read(counted[0], &byte, 1) == 1;) ++count;
  ::close(counted[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (count < passages) {
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);
  } else {
    REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  }
  return count;
}

TEST_CASE("KillsTheProcessAtTheArmedPassage") {
  CHECK(passages_until_killed("here", 5) == 1);
  CHECK(passages_until_killed("here:3", 5) == 3);
  CHECK(passages_until_killed("elsewhere", 5) == 5);
}

}  // namespace
}  // namespace weir
