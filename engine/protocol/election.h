// Which of several coordinators leads, over a key that exists while a lease is kept alive (in
// etcd): the part of one of them. A pure machine.
//
// Leadership is for liveness: it keeps two coordinators from taking each other's work away all the
// time. That only one has any effect does not rest on it, but on what the store creates only if it
// is absent (job_record.h, recovery.h).
//
// One ElectionMachine lives as long as its process. Its owner hands it every event with the time,
// performs the actions that it answers, in their order, and calls step with a Tick when
// next_wakeup() is due; one thread calls it. Times are microseconds of a monotonic clock that goes
// on while the machine sleeps.
//
//   Phase      What it does                           Until
//   ---------  -------------------------------------  ------------------------------------------
//   stands by  looks at the key now and then          there is none: asks for a lease
//   asks       waits for a lease                      it is granted: claims; else stands by
//   claims     creates the key, if absent, with the   it is ours: Lead; else Revoke, stands by
//              lease
//   leads      keeps the lease alive, and looks       somebody else has the key, the lease is gone,
//              whether the key is still ours          the time is up, or Resign: StepDown
//   ends       nothing                                Ended: Revoke, stands by
//
// A leader's time is up before etcd can have let the lease run out: it counts the lease from when
// it *sent* what was answered, less a margin in which it stops, and only once a look that was sent
// later has found the key in place. An answer that comes after that changes nothing. A claim that
// was not answered may have been done: its lease is revoked and never kept alive, and whatever it
// created counts as somebody else's.
#pragma once

#include "engine/base/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

namespace election {

// A lease of the election. Not the lease of a worker (lease.h).
using LeaseId = StrongId<struct ElectionLeaseTag, int64_t>;

struct Holder {
  std::string address;  // Where it can be reached: the value of the key.
  LeaseId lease;

  bool operator==(const Holder&) const = default;
};

// One request is under way at a time. Its answer:
struct Looked {
  std::optional<Holder> holder;  // Absent: there is no key.
};
struct Granted {
  LeaseId lease;
  int64_t ttl_us = 0;  // How long it lasts, which may be longer than was asked for.
};
struct Claimed {
  bool is_ours = false;
  std::optional<Holder> holder;  // Who has the key, where it is not ours.
};
struct KeptAlive {
  std::optional<int64_t> ttl_us;  // Absent: there is no such lease any more.
};
// There is no answer; it may have been done all the same.
struct Failed {
  std::string reason;
};

// Events
struct Answered {
  uint64_t request = 0;  // Its number
  std::variant<Looked, Granted, Claimed, KeptAlive, Failed> what;
};
// All that StepDown asked for is done: nothing of the leadership goes on here.
struct Ended {};
// Who led cannot: it could not begin, or a later term has begun in the store. Somebody else is to
// try before this one does.
struct Resign {
  std::string reason;
};
struct Tick {};

using Event = std::variant<Answered, Ended, Resign, Tick>;

// Requests
struct Look {};
struct Grant {
  int64_t ttl_us = 0;
};
struct Claim {
  LeaseId lease;
};
struct KeepAlive {
  LeaseId lease;
};

// Actions. Ask is answered by Answered with the same number, always and once.
struct Ask {
  uint64_t request = 0;
  std::variant<Look, Grant, Claim, KeepAlive> what;
};
// Not answered: a lease that nobody keeps alive runs out by itself.
struct Revoke {
  LeaseId lease;
};
struct Lead {};
// At once; followed by Ended when it is done.
struct StepDown {
  std::string reason;
};
// Who leads, when that has changed; empty: nobody, as far as is known.
struct Follow {
  std::string address;
};

using Action = std::variant<Ask, Revoke, Lead, StepDown, Follow>;

struct Settings {
  int64_t ttl_us = 5'000'000;    // Of the lease that is asked for: whole seconds.
  int64_t margin_us = 500'000;   // How long before its end a leader steps down. Below a third.
  int64_t look_us = 1'000'000;   // Between two looks of one that stands by.
  int64_t retry_us = 200'000;    // After a leader's request that was not answered.
  int64_t pause_us = 5'000'000;  // After Resign, before the next look.
};

}  // namespace election

class ElectionMachine {
 public:
  ElectionMachine(const election::Settings& settings, int64_t now_us);

  std::vector<election::Action> step(const election::Event& event, int64_t now_us);

  // When a Tick is due; absent while only an event can change anything.
  std::optional<int64_t> next_wakeup() const;

  // Whether this one leads: from Lead to StepDown, and not longer than its time, whether the owner
  // has come to say so or not.
  bool leads(int64_t now_us) const { return phase_ == Phase::kLeads && now_us < leads_until_us_; }
  // The one to revoke where the owner ends, once it leads no more.
  std::optional<election::LeaseId> lease() const { return lease_; }

 private:
  enum class Phase { kStandsBy, kAsks, kClaims, kLeads, kEnds };

  // In place: GCC 12 warns of what a moved variant does not hold.
  template <typename Action>
  void act(Action action) {
    actions_.emplace_back(std::in_place_type<Action>, std::move(action));
  }
  void pass_time(int64_t now_us);
  void ask(decltype(election::Ask::what) what, int64_t now_us);
  void hear(const election::Looked& looked, int64_t now_us);
  void hear(const election::Granted& granted, int64_t now_us);
  void hear(const election::Claimed& claimed, int64_t now_us);
  void hear(const election::KeptAlive& kept, int64_t now_us);
  void hear(const election::Failed& failed, int64_t now_us);
  void follow(const std::string& address);
  void step_down(std::string reason, int64_t now_us);
  void stand_by(int64_t look_at_us);
  int64_t safe_until_us(int64_t sent_us, int64_t ttl_us) const;

  const election::Settings settings_;  // Constant after construction.
  Phase phase_ = Phase::kStandsBy;
  uint64_t last_request_ = 0;
  bool is_asking_ = false;      // last_request_ is under way, and its answer counts.
  int64_t asked_us_ = 0;        // When it was sent.
  int64_t next_ask_us_;         // When to ask next, where nothing is under way.
  int64_t leads_until_us_ = 0;  // While it claims: until when it may begin.
  int64_t kept_until_us_ = 0;   // What leads_until_us_ becomes if the key is in place.
  std::optional<election::LeaseId> lease_;
  std::optional<std::string> followed_;  // What the last Follow said.
  std::vector<election::Action> actions_;
};

}  // namespace weir
