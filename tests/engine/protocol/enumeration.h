// Follows all ways in which a world may go on, for a number of steps. Ways that lead to the same
// state after the same number of steps are followed once and counted.
//
// A World is a value with choices(), apply(), step_calmly(), calm_down(known), key(), violation()
// and describe(), and names its World::Choice. calm_down() may stop where it meets a state in
// `known`, from which it has calmed down before, and adds those that it goes through.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir {

template <typename World>
struct Enumeration {
  using Choice = typename World::Choice;

  // Where another departure came through a state with as many steps left, it is not followed again,
  // nor are its histories counted.
  bool once = false;

  double histories = 0;
  uint64_t steps = 0;  // Different ones.
  std::string violation;
  std::string story;

  // Follows all ways from `start` for `depth` steps, then calm. False where one breaks a promise.
  bool explore(const World& start, int depth);

 private:
  struct Node {
    World world;
    size_t trail;
    double histories;  // That lead here.
  };
  struct Trail {
    size_t before;
    Choice choice;
  };
  bool judge(const World& start, const World& world, size_t trail);

  std::vector<Trail> trails_;
  std::unordered_set<size_t> calm_;
  std::map<int, std::unordered_set<size_t>> departed_;  // By how many steps were left.
};

template <typename World>
bool Enumeration<World>::judge(const World& start, const World& world, size_t trail) {
  if (world.violation().empty()) return true;
  violation = world.violation();
  std::vector<Choice> choices;
  for (size_t i = trail; i != 0; i = trails_[i].before) choices.push_back(trails_[i].choice);
  std::reverse(choices.begin(), choices.end());
  World replay = start;
  for (const Choice& choice : choices) {
    story += "  " + replay.describe(choice) + "\n";
    replay.apply(choice);
  }
  for (int i = 0; i < 200 && replay.violation().empty(); ++i) {
    const auto next = replay.choices();
    if (next.empty()) break;
    story += "  (calm) " + replay.describe(next.front()) + "\n";
    replay.step_calmly();
  }
  return false;
}

template <typename World>
bool Enumeration<World>::explore(const World& start, int depth) {
  trails_.assign(1, {});
  std::vector<Node> layer = {{start, 0, 1}};
  for (int level = 0; level < depth; ++level) {
    std::vector<Node> next;
    std::unordered_map<size_t, size_t> seen;
    for (const Node& node : layer) {
      const std::vector<Choice> choices = node.world.choices();
      if (choices.empty()) histories += node.histories;
      for (const Choice& choice : choices) {
        World world = node.world;
        world.apply(choice);
        ++steps;
        const size_t key = std::hash<std::string>()(world.key());
        const auto [at, is_new] = seen.emplace(key, next.size());
        if (!is_new) {
          next[at->second].histories += node.histories;
          continue;
        }
        if (once && !departed_[depth - level].insert(key).second) {
          seen.erase(at);
          continue;
        }
        trails_.push_back({node.trail, choice});
        if (!judge(start, world, trails_.size() - 1)) return false;
        next.push_back({std::move(world), trails_.size() - 1, node.histories});
      }
    }
    layer = std::move(next);
  }
  for (Node& node : layer) {
    histories += node.histories;
    node.world.calm_down(&calm_);
    if (!judge(start, node.world, node.trail)) return false;
  }
  return true;
}

}  // namespace weir
