// Who answers in a coordinator process: a Coordinator while the process leads, else a Standby.
//
// Owned by the process, and outlives the servers that call it. Any thread may call it. A
// Coordinator that is taken away is not used by anybody any more.
#pragma once

#include "runtime/coordinator/coordinator.h"
#include "runtime/coordinator/standby.h"
#include "runtime/messages/api_message.h"

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>

namespace weir {

class Seat {
 public:
  // `turn_away`: tells a worker why it cannot join here now (ControlServer::turn_away).
  using TurnAway = std::function<void(SessionId, const std::string& reason)>;
  Seat(std::string version, TurnAway turn_away);

  // REQUIRES: there is none.
  void put(std::unique_ptr<Coordinator> coordinator);
  // Null if there is none. Waits for those who are talking to it.
  std::unique_ptr<Coordinator> take();
  // Its leadership is over (Coordinator::stand_down). Nothing if there is none.
  void stand_down(const Error& why);
  // Who leads elsewhere; empty: not known.
  void follow(const std::string& leader) { standby_.follow(leader); }

  void hello(SessionId session, const Hello& hello);
  void heard(SessionId session, FromWorker report);
  void heartbeat(SessionId session, uint64_t beat);
  void broken(SessionId session, const Error& reason);
  ApiReply answer(const ApiRequest& request);

 private:
  const TurnAway turn_away_;  // Constant after construction.
  Standby standby_;

  std::shared_mutex mutex_;                   // Held while somebody talks to the coordinator.
  std::unique_ptr<Coordinator> coordinator_;  // Guarded by mutex_.
};

}  // namespace weir
