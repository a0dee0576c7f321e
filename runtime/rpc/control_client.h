// The worker's end of the control plane (control_server.h is the other one), and how a command
// calls the coordinator's API.
//
// Owned by the worker process. Every function may be called by any thread, also from within a
// handler, and none blocks, save the destructor and call_api. The destructor disconnects, waits
// for the handler that runs, and must not be called from within one.
#pragma once

#include "engine/plan/graph_text.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/messages.h"
#include "runtime/messages/security.h"
#include "runtime/rpc/control_options.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir {

class ControlClient {
 public:
  // Called by threads of the client, one at a time and in order. They must be quick. None may be
  // absent.
  struct Handlers {
    std::function<void(Welcome)> welcomed;
    // The coordinator does not want this worker; the connection is over. `broken` is not called.
    std::function<void(std::string reason)> refused;
    std::function<void(ToWorker)> message;  // Only after `welcomed`.
    // The heartbeat of that number was answered.
    std::function<void(uint64_t beat)> renewed;
    // The connection could not be made, or has ended; once for each connect(), unless it was
    // refused or disconnect() was called. kUnavailable: connect() again. kUser: that will not help
    // before a person has acted (a wrong token, an expired certificate, a report that is too
    // large). kBadData: the coordinator said what cannot be understood.
    std::function<void(Error reason)> broken;
  };

  // `reader` reads the expressions of job graphs.
  ControlClient(const Security& security, ExpressionReader reader, Handlers handlers,
                const ControlOptions& options = {});
  ~ControlClient();

  // Dials "host:port" and says `hello`, which ends in `welcomed`, `refused` or `broken`. Of several
  // addresses, separated by commas, each call takes the next one. After attempts in a row that were
  // not welcomed, one for each address, it waits before it dials: 0.1 s, then twice as long each
  // time up to 3 s (with some chance, so that workers do not come all at once). A connection that
  // there was before is dropped without a word.
  void connect(const std::string& address, const Hello& hello);
  // Disconnects, waits for the handler that runs, and calls none afterwards; nothing can be
  // connected any more. For owners whose handlers need what is destroyed before the client. Not
  // from within a handler. The destructor does it too.
  void stop();
  // Drops the connection. Handlers are not called for it afterwards, except one that runs now.
  void disconnect();

  // Queued, and sent in this order; dropped if there is no connection that was welcomed.
  void send(const FromWorker& message);
  void beat(uint64_t number);

 private:
  class Dialler;
  std::unique_ptr<Dialler> dialler_;
};

// One request to the coordinator's API, as HTTP would carry it. Any answer of the coordinator is a
// reply, also one of status 500. Errors: kUnavailable when the coordinator cannot be reached or
// does not answer in time, kUser for a wrong token or certificate.
Result<ApiReply> call_api(const std::string& address, const Security& security,
                          const ApiRequest& request, std::chrono::milliseconds timeout);

// The same for the coordinators of one cluster, of which one leads: who cannot be reached, or says
// that it cannot do it now (503), is followed by the next, and who answered comes first from then
// on. One thread.
class ApiCaller {
 public:
  // `addresses`: "host:port", or several, separated by commas.
  ApiCaller(const std::string& addresses, Security security);

  Result<ApiReply> call(const ApiRequest& request, std::chrono::milliseconds timeout);

 private:
  const std::vector<std::string> addresses_;  // Constant after construction.
  const Security security_;
  size_t first_ = 0;
};

}  // namespace weir
