// Has one coordinator process take part in an election: the loop around an ElectionMachine
// (engine/protocol/election.h).
//
// It has three threads. One steps the machine and watches the time; it never waits for anybody, so
// that a leader whose etcd does not answer steps down in time. One asks etcd. One begins and ends
// what leads, both of which may take long.
//
// Owned by the coordinator process. Any thread may call resign().
#pragma once

#include "engine/protocol/election.h"
#include "runtime/election/leader_key.h"

#include <functional>
#include <memory>
#include <string>

namespace weir {

struct ElectorSetup {
  std::unique_ptr<LeaderKey> key;
  std::string address;  // Where others reach this process.
  election::Settings settings;

  // begin and end are called in turn by one thread, and may block. An error of begin: this process
  // cannot lead now, and another is to try. Each begin is followed by an end, also then; and there
  // may be an end without a begin, where leadership was over before it could begin.
  std::function<Status()> begin;
  std::function<void()> end;
  // Between them, possibly while begin still runs: this process leads no more. At once; must not
  // block.
  std::function<void(const std::string& reason)> stand_down;
  // Who leads, as this process sees it; empty: not known. Must not block.
  std::function<void(const std::string& address)> follow;
  // For the log.
  std::function<void(const std::string& event, const std::string& detail)> note;
};

class Elector {
 public:
  explicit Elector(ElectorSetup setup);
  ~Elector();

  // Once; from then on handlers are called.
  void start();
  // Ends what leads, and gives the lease back, so that another takes over at once. Nothing is
  // called afterwards. Once, or by the destructor; not by a handler.
  void close();

  // It leads, and cannot: somebody newer does. Nothing where it does not lead.
  void resign(const std::string& reason);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace weir
