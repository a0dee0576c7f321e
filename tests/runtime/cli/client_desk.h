// A Client for tests: its calls go to a fake cluster through the REST interface, what it prints is
// kept, and no time passes while it pauses.
#pragma once

#include "runtime/cli/client.h"
#include "runtime/coordinator/api.h"
#include "tests/runtime/coordinator/fake_cluster.h"

#include <functional>
#include <string>

namespace weir {

struct ClientDesk {
  FakeCluster cluster;
  std::string out;
  std::string said;
  int pauses = 0;
  bool interrupted = false;
  bool reachable = true;
  std::function<void(int pause)> meanwhile;  // What happens while the client pauses.

  Client client(bool json = false) {
    Client made{.coordinator = "h:7000", .json = json};
    made.call = [this](const ApiRequest& request) -> Result<ApiReply> {
      if (!reachable) return unavailable("connection refused");
      return handle_api(cluster, request);
    };
    made.pause = [this](int64_t) {
      ++pauses;
      if (meanwhile) meanwhile(pauses);
      return !interrupted;
    };
    made.out = [this](std::string_view text) { out += text; };
    made.say = [this](std::string_view text) { said += text; };
    return made;
  }
};

}  // namespace weir
