// The coordinator's end of the control plane: workers dial it, say Hello, and from then on orders
// and reports flow in order over one stream each, a session. Commands call its API by the same
// port. gRPC service weir.proto.Control (proto/weir/control.proto).
//
// What is decided (who is accepted, leases, when a worker is lost) is decided by the owner, which
// is told of everything by handlers. The server carries; it knows no time but that of keepalive.
//
//   session: dialled -- Hello --> asked -- welcome() --> open -- broken --> gone
//                                      \-- refuse() --> gone      close() --> gone
//                                      \-- turn_away() --> gone
//
// Owned by the coordinator. Every function may be called by any thread, also from within a handler,
// and none blocks; what is said to a session that is gone is dropped. Its destructor ends all
// sessions, waits for the handlers that run, and must not be called from within one.
#pragma once

#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/messages.h"
#include "runtime/messages/security.h"
#include "runtime/rpc/control_options.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weir {

// One connection of a worker. No number is met twice in the life of a server.
using SessionId = StrongId<struct SessionIdTag, uint64_t>;

class ControlServer {
 public:
  // Called by threads of the server, for one session one at a time and in order; different sessions
  // at the same time. They must be quick, except `api`. None may be absent.
  struct Handlers {
    // The first of each session. Answered by welcome() or refuse(), now or later.
    std::function<void(SessionId, Hello)> hello;
    // Only between welcome() and broken.
    std::function<void(SessionId, FromWorker)> message;
    // A heartbeat of the worker: answered by renew() with the same number.
    std::function<void(SessionId, uint64_t beat)> heartbeat;
    // The last of a session that said Hello, once, with the reason; not after refuse() or close().
    // kUnavailable: the connection is gone. kBadData: the worker said what cannot be understood.
    // kUser: an order was too large to be sent.
    std::function<void(SessionId, Error reason)> broken;
    // May block: a few requests at a time run on threads of their own.
    std::function<ApiReply(const ApiRequest&)> api;
  };

  // Handlers may be called before it returns. `address` is "host:port"; port 0 picks one. kUser
  // error if it cannot be listened on, or not with this security (check_listening).
  static Result<std::unique_ptr<ControlServer>> listen(const std::string& address,
                                                       const Security& security, Handlers handlers,
                                                       const ControlOptions& options = {});
  ~ControlServer();

  // Ends all sessions, waits for the handlers that run, and calls none afterwards; what is said
  // from then on is dropped. For owners whose handlers need what is destroyed before the server.
  // Not from within a handler. The destructor does it too.
  void stop();

  // "host:port" with the port that was picked.
  std::string address() const;

  void welcome(SessionId session, const Welcome& welcome);
  // Tells the worker why, and ends the session.
  void refuse(SessionId session, const std::string& reason);
  // Ends the session for a reason that passes: its worker hears it as broken (kUnavailable), and
  // may come again.
  void turn_away(SessionId session, const std::string& reason);
  // Queued, and sent in this order after the Welcome. REQUIRES: welcome() was called.
  void send(SessionId session, const ToWorker& message);
  // REQUIRES: welcome() was called.
  void renew(SessionId session, uint64_t beat);
  // Ends the session: its worker sees it as broken.
  void close(SessionId session);

 private:
  class Service;
  explicit ControlServer(std::unique_ptr<Service> service);

  std::unique_ptr<Service> service_;
};

}  // namespace weir
