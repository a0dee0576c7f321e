// Goal: what leads is begun and ended as the election says, one thing at a time, whatever blocks.
// Method: a key in memory that tests break; waiting for what is called, never for time.
#include "runtime/election/elector.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace weir {
namespace {

using election::LeaseId;

// The key and its leases, which never run out by themselves.
struct Key {
  std::mutex mutex;
  std::optional<election::Holder> holder;
  bool is_cut = false;
  int64_t last = 0;
  int revoked = 0;
};

class SharedKey : public LeaderKey {
 public:
  explicit SharedKey(Key& key) : key_(key) {}

  Result<election::Looked> look() override {
    const std::lock_guard lock(key_.mutex);
    if (key_.is_cut) return unavailable("cut");
    return election::Looked{key_.holder};
  }
  Result<election::Granted> grant(int64_t ttl_us) override {
    const std::lock_guard lock(key_.mutex);
    if (key_.is_cut) return unavailable("cut");
    return election::Granted{LeaseId(++key_.last), ttl_us};
  }
  Result<election::Claimed> claim(LeaseId lease, const std::string& address) override {
    const std::lock_guard lock(key_.mutex);
    if (key_.is_cut) return unavailable("cut");
    if (key_.holder.has_value()) return election::Claimed{false, key_.holder};
    key_.holder = election::Holder{address, lease};
    return election::Claimed{.is_ours = true};
  }
  Result<election::KeptAlive> keep_alive(LeaseId) override {
    const std::lock_guard lock(key_.mutex);
    if (key_.is_cut) return unavailable("cut");
    return election::KeptAlive{1'000'000};
  }
  Status revoke(LeaseId lease) override {
    const std::lock_guard lock(key_.mutex);
    ++key_.revoked;
    if (key_.holder.has_value() && key_.holder->lease == lease) key_.holder.reset();
    return {};
  }

 private:
  Key& key_;
};

class Heard {
 public:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(what);
    changed_.notify_all();
  }
  std::string next() {
    std::unique_lock lock(mutex_);
    // Bounds how long a bug hangs.
    const auto there = [this] { return !waiting_.empty(); };
    if (!changed_.wait_for(lock, std::chrono::seconds(60), there)) return "nothing came";
    std::string what = std::move(waiting_.front());
    waiting_.pop_front();
    return what;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
};

struct Candidate {
  Candidate(Key& key, const std::string& address, std::optional<Error> trouble = {})
      : elector({.key = std::make_unique<SharedKey>(key),
                 .address = address,
                 .settings = {.ttl_us = 1'000'000,
                              .margin_us = 100'000,
                              .look_us = 10'000,
                              .retry_us = 10'000,
                              .pause_us = 10'000},
                 .begin =
                     [this, trouble] {
                       heard.add("begin");
                       return trouble.has_value() ? Status(*trouble) : Status();
                     },
                 .end = [this] { heard.add("end"); },
                 .stand_down = [this](const std::string& why) { heard.add("stand down: " + why); },
                 .follow = [this](const std::string& leader) { heard.add("follow " + leader); },
                 .note = [](const std::string&, const std::string&) {}}) {
    elector.start();
  }

  Heard heard;
  Elector elector;
};

TEST_CASE("WhoIsAloneLeads") {
  Key key;
  Candidate a(key, "a");
  REQUIRE(a.heard.next() == "follow ");
  REQUIRE(a.heard.next() == "begin");
  REQUIRE(key.holder->address == "a");
}

TEST_CASE("TheSecondFollowsAndTakesOverWhenTheFirstEnds") {
  Key key;
  Candidate a(key, "a");
  a.heard.next();
  REQUIRE(a.heard.next() == "begin");
  Candidate b(key, "b");
  REQUIRE(b.heard.next() == "follow a");
  a.elector.close();
  REQUIRE(a.heard.next() == "stand down: this process ends");
  REQUIRE(a.heard.next() == "end");
  REQUIRE(b.heard.next() == "follow ");
  REQUIRE(b.heard.next() == "begin");
}

TEST_CASE("WhoIsCutOffStandsDownAndLeadsAgainWhenItMay") {
  Key key;
  Candidate a(key, "a");
  a.heard.next();
  REQUIRE(a.heard.next() == "begin");
  {
    const std::lock_guard lock(key.mutex);
    key.is_cut = true;
  }
  REQUIRE(a.heard.next() == "stand down: its lease was not kept alive in time");
  REQUIRE(a.heard.next() == "end");
  {
    const std::lock_guard lock(key.mutex);
    key.is_cut = false;
    key.holder.reset();
  }
  std::string next = a.heard.next();
  while (next.starts_with("follow")) next = a.heard.next();
  REQUIRE(next == "begin");
}

TEST_CASE("WhoCannotBeginEndsAndTriesAgain") {
  Key key;
  Candidate a(key, "a", unavailable("no store"));
  a.heard.next();
  REQUIRE(a.heard.next() == "begin");
  REQUIRE(a.heard.next() == "stand down: no store");
  REQUIRE(a.heard.next() == "end");
  REQUIRE(a.heard.next() == "follow ");
  REQUIRE(a.heard.next() == "begin");
}

TEST_CASE("WhoIsFencedResigns") {
  Key key;
  Candidate a(key, "a");
  a.heard.next();
  REQUIRE(a.heard.next() == "begin");
  a.elector.resign("a later term has begun");
  REQUIRE(a.heard.next() == "stand down: a later term has begun");
  REQUIRE(a.heard.next() == "end");
}

TEST_CASE("WhoClosesGivesItsLeaseBack") {
  Key key;
  Candidate a(key, "a");
  a.heard.next();
  REQUIRE(a.heard.next() == "begin");
  a.elector.close();
  REQUIRE(key.revoked == 1);
  REQUIRE_FALSE(key.holder.has_value());
}

}  // namespace
}  // namespace weir
