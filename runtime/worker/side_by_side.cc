#include "runtime/worker/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace weir {

void side_by_side(const Pieces& pieces, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  const auto work_off = [&] {
    for (size_t i = next++; i < pieces.count; i = next++) work(i);
  };
  std::vector<std::jthread> threads;  // Ended by their destructors.
  const size_t wanted = std::min(pieces.count, pieces.at_once);
  for (size_t i = 1; i < wanted; ++i) threads.emplace_back(work_off);
  work_off();
}

}  // namespace weir
