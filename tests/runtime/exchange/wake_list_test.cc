#include "runtime/exchange/wake_list.h"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

struct Listed {
  Listed() = default;
  std::shared_ptr<WakeNode> node(const std::string& name) {
    auto made = std::make_shared<WakeNode>(list);
    made->action = [this, name] { done += name; };
    return made;
  }

  int rings = 0;
  std::string done;
  std::shared_ptr<WakeList> list = std::make_shared<WakeList>([this] { ++rings; });
};

TEST_CASE("ActionsAreDoneInTheOrderOfWaking") {
  Listed listed;
  const auto a = listed.node("a");
  const auto b = listed.node("b");
  const auto c = listed.node("c");
  b->wake();
  a->wake();
  c->wake();
  listed.list->run();
  REQUIRE(listed.done == "bac");
}

TEST_CASE("ANodeIsListedOnceUntilItIsRun") {
  Listed listed;
  const auto a = listed.node("a");
  a->wake();
  a->wake();
  listed.list->run();
  listed.list->run();
  REQUIRE(listed.done == "a");
  a->wake();
  listed.list->run();
  REQUIRE(listed.done == "aa");
}

TEST_CASE("ANodeWokenByItsOwnActionIsRunAgain") {
  Listed listed;
  const auto a = listed.node("a");
  a->action = [&] {
    listed.done += "x";
    if (listed.done.size() < 3) a->wake();
  };
  a->wake();
  for (int i = 0; i < 5; ++i) listed.list->run();
  REQUIRE(listed.done == "xxx");
}

TEST_CASE("TheBellRingsOnceForASleeper") {
  Listed listed;
  const auto a = listed.node("a");
  const auto b = listed.node("b");
  a->wake();
  REQUIRE(listed.rings == 0);
  REQUIRE_FALSE(listed.list->may_sleep());
  listed.list->run();
  REQUIRE(listed.list->may_sleep());
  a->wake();
  b->wake();
  REQUIRE(listed.rings == 1);
}

TEST_CASE("NothingHappensAfterClosing") {
  Listed listed;
  const auto a = listed.node("a");
  const auto b = listed.node("b");
  a->wake();
  listed.list->close();
  b->wake();
  listed.list->run();
  REQUIRE(listed.done.empty());
  REQUIRE(a.use_count() == 1);
  REQUIRE(b.use_count() == 1);
}

TEST_CASE("NoWakingIsLostBetweenThreads") {
  constexpr int kThreads = 3;
  constexpr int kRounds = 20'000;
  Listed listed;
  std::vector<std::atomic<int>> posted(kThreads);
  std::vector<int> seen(kThreads);
  std::vector<std::shared_ptr<WakeNode>> nodes;
  for (size_t i = 0; i < kThreads; ++i) {
    nodes.push_back(listed.node(""));
    nodes[i]->action = [&, i] { seen[i] = posted[i].load(); };
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 1; round <= kRounds; ++round) {
        posted[i].store(round);
        nodes[i]->wake();
      }
    });
  }
  while (seen != std::vector<int>(kThreads, kRounds)) listed.list->run();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir
