// The line that shows that something happens; on a terminal. Elsewhere only what holds event time
// back is told, once for each split that does.
#pragma once

#include "runtime/cli/summary.h"

namespace weir {

class LiveLine {
 public:
  explicit LiveLine(bool quiet);

  void show(const JobReport& report, int64_t now);
  void clear() const;

 private:
  void log(const JobReport& report, const std::optional<Hold>& hold);

  const bool quiet_;
  const bool shown_;
  Hold told_;
  JobReport before_;
  int64_t shown_at_ = 0;
};

}  // namespace weir
