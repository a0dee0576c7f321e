// Runs pieces of work that mostly wait, for a disk or for brokers, beside each other.
#pragma once

#include <cstddef>
#include <functional>

namespace weir {

struct Pieces {
  size_t count = 0;
  size_t at_once = 1;  // So many are under way at the same time, at most.
};

// Calls work(0) to work(count - 1), each once, on the calling thread and on others, and returns
// when all have returned.
void side_by_side(const Pieces& pieces, const std::function<void(size_t)>& work);

}  // namespace weir
