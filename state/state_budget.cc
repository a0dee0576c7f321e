#include "state/state_budget.h"

#include <algorithm>

namespace weir {

uint64_t StateBudget::Share::excess() const {
  const uint64_t used = of_.used_;
  const uint64_t part = equal_part();
  if (used <= of_.bytes_ || used_ <= part) return 0;
  return std::min(used - of_.bytes_, used_ - part);
}

}  // namespace weir
