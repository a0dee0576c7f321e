#include "engine/protocol/election.h"

#include "engine/base/check.h"
#include "engine/base/match.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

// Heartbeats in the life of a lease.
constexpr int64_t kBeats = 3;

}  // namespace

ElectionMachine::ElectionMachine(const election::Settings& settings, int64_t now_us)
    : settings_(settings), next_ask_us_(now_us) {
  CHECK(settings.ttl_us > 0);
  CHECK(settings.margin_us < settings.ttl_us / kBeats);
}

std::vector<election::Action> ElectionMachine::step(const election::Event& event, int64_t now_us) {
  // Before what is heard: an answer that comes too late changes nothing.
  pass_time(now_us);
  std::visit(Match{[&](const election::Answered& answered) {
                     if (!is_asking_ || answered.request != last_request_) return;
                     is_asking_ = false;
                     std::visit([&](const auto& what) { hear(what, now_us); }, answered.what);
                   },
                   [&](const election::Ended&) {
                     if (phase_ == Phase::kEnds) stand_by(std::max(next_ask_us_, now_us));
                   },
                   [&](const election::Resign& resign) {
                     if (phase_ != Phase::kLeads) return;
                     step_down(resign.reason, now_us);
                     next_ask_us_ = now_us + settings_.pause_us;
                   },
                   [](const election::Tick&) {}},
             event);
  pass_time(now_us);
  return std::exchange(actions_, {});
}

std::optional<int64_t> ElectionMachine::next_wakeup() const {
  switch (phase_) {
    case Phase::kStandsBy: return is_asking_ ? std::nullopt : std::optional<int64_t>(next_ask_us_);
    case Phase::kLeads:
      return is_asking_ ? leads_until_us_ : std::min(leads_until_us_, next_ask_us_);
    case Phase::kAsks:
    case Phase::kClaims:
    case Phase::kEnds: return std::nullopt;
  }
  unreachable();
}

void ElectionMachine::pass_time(int64_t now_us) {
  if (phase_ == Phase::kLeads && now_us >= leads_until_us_) {
    step_down("its lease was not kept alive in time", now_us);
  }
  if (is_asking_ || now_us < next_ask_us_) return;
  if (phase_ == Phase::kStandsBy) ask(election::Look{}, now_us);
  if (phase_ == Phase::kLeads) ask(election::KeepAlive{*lease_}, now_us);
}

void ElectionMachine::ask(decltype(election::Ask::what) what, int64_t now_us) {
  CHECK(!is_asking_);
  is_asking_ = true;
  asked_us_ = now_us;
  act(election::Ask{++last_request_, std::move(what)});
}

void ElectionMachine::hear(const election::Looked& looked, int64_t now_us) {
  if (phase_ == Phase::kLeads) {
    if (!looked.holder.has_value()) return step_down("the key of the leader is gone", now_us);
    if (looked.holder->lease != *lease_) {
      return step_down("another coordinator leads: " + looked.holder->address, now_us);
    }
    leads_until_us_ = std::max(leads_until_us_, kept_until_us_);
    return;
  }
  CHECK(phase_ == Phase::kStandsBy);
  follow(looked.holder.has_value() ? looked.holder->address : "");
  if (looked.holder.has_value()) {
    next_ask_us_ = now_us + settings_.look_us;
  } else {
    phase_ = Phase::kAsks;
    ask(election::Grant{settings_.ttl_us}, now_us);
  }
}

void ElectionMachine::hear(const election::Granted& granted, int64_t now_us) {
  CHECK(phase_ == Phase::kAsks);
  phase_ = Phase::kClaims;
  lease_ = granted.lease;
  leads_until_us_ = safe_until_us(asked_us_, granted.ttl_us);
  next_ask_us_ = asked_us_ + granted.ttl_us / kBeats;
  ask(election::Claim{granted.lease}, now_us);
}

void ElectionMachine::hear(const election::Claimed& claimed, int64_t now_us) {
  CHECK(phase_ == Phase::kClaims);
  const bool is_in_time = now_us < leads_until_us_;
  if (!claimed.is_ours || !is_in_time) {
    follow(claimed.holder.has_value() ? claimed.holder->address : "");
    return stand_by(now_us + settings_.look_us);
  }
  phase_ = Phase::kLeads;
  followed_.reset();
  act(election::Lead{});
}

void ElectionMachine::hear(const election::KeptAlive& kept, int64_t now_us) {
  CHECK(phase_ == Phase::kLeads);
  if (!kept.ttl_us.has_value()) return step_down("its lease has run out", now_us);
  kept_until_us_ = safe_until_us(asked_us_, *kept.ttl_us);
  next_ask_us_ = asked_us_ + *kept.ttl_us / kBeats;
  ask(election::Look{}, now_us);
}

void ElectionMachine::hear(const election::Failed&, int64_t now_us) {
  if (phase_ == Phase::kLeads) {
    next_ask_us_ = now_us + settings_.retry_us;
  } else {
    follow("");
    stand_by(now_us + settings_.look_us);
  }
}

void ElectionMachine::follow(const std::string& address) {
  if (followed_ == address) return;
  followed_ = address;
  act(election::Follow{address});
}

void ElectionMachine::step_down(std::string reason, int64_t now_us) {
  CHECK(phase_ == Phase::kLeads);
  phase_ = Phase::kEnds;
  is_asking_ = false;
  next_ask_us_ = now_us;
  act(election::StepDown{std::move(reason)});
}

void ElectionMachine::stand_by(int64_t look_at_us) {
  phase_ = Phase::kStandsBy;
  next_ask_us_ = look_at_us;
  if (lease_.has_value()) act(election::Revoke{*lease_});
  lease_.reset();
}

int64_t ElectionMachine::safe_until_us(int64_t sent_us, int64_t ttl_us) const {
  return sent_us + ttl_us - settings_.margin_us;
}

}  // namespace weir
