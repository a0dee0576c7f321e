// The numbers that the splits of a job have, and what they stand for. Grows as splits are found;
// safe from any thread.
#pragma once

#include "engine/base/check.h"
#include "operators/split_names.h"

#include <mutex>
#include <vector>

namespace weir {

class SplitDirectory : public SplitNames {
 public:
  SplitId add(SplitName name);
  SplitName name_of(SplitId id) const override;

 private:
  mutable std::mutex mutex_;
  std::vector<SplitName> names_;  // Guarded by mutex_.
};

}  // namespace weir
