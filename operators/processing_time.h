// Processing time: stamps rows with the wall clock as they come, and tells that time to the steps
// behind it, for which it is event time like any other.
//
// Stamps never decrease, also where the clock is set back: time then stands still until the clock
// is where it was. What the step tells is the clock cut to kTickMicros, so that windows which end
// on such a tick fire at once and others a tick later at most. Rows lose their arrival watermark:
// none is late, as none is stamped below what was told. Rows keep their order.
#pragma once

#include "engine/plan/specs.h"
#include "operators/operator.h"

#include <string>
#include <vector>

namespace weir {

class ProcessingTime : public Operator {
 public:
  static constexpr int64_t kTickMicros = 50'000;

  // `needed`: which columns of the output somebody reads; the stamp is always made.
  ProcessingTime(const std::string& id, SchemaPtr output, const NeededColumns& needed,
                 TaskState& state);

  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  std::optional<ClockTime> clock_time(int64_t now) override;

 private:
  int64_t advance(int64_t now);

  const SchemaPtr output_;
  std::vector<bool> handed_on_;  // By column of the input.
  int64_t& clock_;               // TaskState::clock
};

}  // namespace weir
