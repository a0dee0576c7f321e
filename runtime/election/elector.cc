#include "runtime/election/elector.h"

#include "engine/base/match.h"
#include "runtime/messages/clock.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

namespace weir {
namespace {

namespace asio = boost::asio;

using What = decltype(election::Answered::what);

// Of a timer, which does not count the time in which the machine sleeps.
constexpr int64_t kNapMicros = 1'000'000;

template <typename T>
What answer_of(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  return election::Failed{result.error().message};
}

}  // namespace

class Elector::Loop {
 public:
  explicit Loop(ElectorSetup setup)
      : setup_(std::move(setup)), machine_(setup_.settings, monotonic_micros()) {}

  void start() {
    hear(election::Tick{});
    thread_ = std::thread([this] { network_.run(); });
  }
  void close();
  void hear(election::Event event) {
    asio::post(network_, [this, event = std::move(event)] { step(event); });
  }

 private:
  void step(const election::Event& event);
  void perform(const election::Ask& ask);
  void perform(const election::Revoke& revoke);
  void perform(const election::Lead& lead);
  void perform(const election::StepDown& down);
  void perform(const election::Follow& follow);
  void wait();
  void note_trouble(const election::Event& event);

  const ElectorSetup setup_;  // Constant after construction.

  asio::io_context network_{1};
  asio::executor_work_guard<asio::io_context::executor_type> stays_ =
      asio::make_work_guard(network_);

  // Owned by the thread of the loop.
  ElectionMachine machine_;
  asio::steady_timer timer_{network_};
  std::string trouble_;  // That was noted last; empty: all is well.

  std::atomic<bool> leads_ = false;  // From Lead to StepDown.

  asio::thread_pool asking_{1};
  asio::thread_pool office_{1};
  std::thread thread_;
  bool is_closed_ = false;
};

void Elector::Loop::close() {
  if (std::exchange(is_closed_, true)) return;
  network_.stop();
  if (thread_.joinable()) thread_.join();
  if (leads_) perform(election::StepDown{"this process ends"});
  office_.join();
  asking_.stop();
  asking_.join();
  if (machine_.lease().has_value()) (void)setup_.key->revoke(*machine_.lease());
}

void Elector::Loop::step(const election::Event& event) {
  note_trouble(event);
  for (const election::Action& action : machine_.step(event, monotonic_micros())) {
    std::visit([this](const auto& one) { perform(one); }, action);
  }
  wait();
}

void Elector::Loop::wait() {
  const std::optional<int64_t> due = machine_.next_wakeup();
  if (!due.has_value()) return;
  const int64_t pause = std::clamp<int64_t>(*due - monotonic_micros(), 0, kNapMicros);
  timer_.expires_after(std::chrono::microseconds(pause));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) step(election::Tick{});
  });
}

// Once for each kind of trouble, and when it is over.
void Elector::Loop::note_trouble(const election::Event& event) {
  const auto* answered = std::get_if<election::Answered>(&event);
  if (answered == nullptr) return;
  const auto* failed = std::get_if<election::Failed>(&answered->what);
  const std::string trouble = failed == nullptr ? "" : failed->reason;
  if (trouble == trouble_) return;
  if (trouble.empty()) {
    setup_.note("election.available", "etcd answers again");
  } else {
    setup_.note("election.unavailable", trouble);
  }
  trouble_ = trouble;
}

void Elector::Loop::perform(const election::Ask& ask) {
  asio::post(asking_, [this, ask] {
    LeaderKey& key = *setup_.key;
    What what = std::visit(
        Match{
            [&](const election::Look&) { return answer_of(key.look()); },
            [&](const election::Grant& grant) { return answer_of(key.grant(grant.ttl_us)); },
            [&](const election::Claim& claim) {
              return answer_of(key.claim(claim.lease, setup_.address));
            },
            [&](const election::KeepAlive& keep) { return answer_of(key.keep_alive(keep.lease)); }},
        ask.what);
    hear(election::Answered{ask.request, std::move(what)});
  });
}

void Elector::Loop::perform(const election::Revoke& revoke) {
  // Where it fails, the lease runs out by itself.
  asio::post(asking_, [this, revoke] { (void)setup_.key->revoke(revoke.lease); });
}

void Elector::Loop::perform(const election::Lead&) {
  leads_ = true;
  setup_.note("election.won", "this coordinator leads");
  asio::post(office_, [this] {
    if (!leads_) return;
    const Status begun = setup_.begin();
    if (!begun.ok()) hear(election::Resign{begun.error().message});
  });
}

void Elector::Loop::perform(const election::StepDown& down) {
  leads_ = false;
  setup_.note("election.lost", down.reason);
  setup_.stand_down(down.reason);
  asio::post(office_, [this] {
    setup_.end();
    hear(election::Ended{});
  });
}

void Elector::Loop::perform(const election::Follow& follow) {
  setup_.note("election.follows", follow.address.empty() ? "nobody leads" : follow.address);
  setup_.follow(follow.address);
}

Elector::Elector(ElectorSetup setup) : loop_(std::make_unique<Loop>(std::move(setup))) {}

Elector::~Elector() { close(); }

void Elector::close() { loop_->close(); }

void Elector::start() { loop_->start(); }

void Elector::resign(const std::string& reason) { loop_->hear(election::Resign{reason}); }

}  // namespace weir
