// What the numbers in RecordBatch::split stand for.
#pragma once

#include "engine/base/ids.h"

#include <string>

namespace weir {

struct SplitName {
  std::string source;  // Topic or file
  std::string part;    // The split within it: a partition's number, a file's name
};

// Filled by the runtime as splits are assigned; read by operators that point at a record. Safe to
// call from any thread.
class SplitNames {
 public:
  virtual ~SplitNames() = default;
  virtual SplitName name_of(SplitId id) const = 0;
};

}  // namespace weir
