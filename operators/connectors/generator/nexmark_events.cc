#include "operators/connectors/generator/nexmark_events.h"

#include "engine/base/check.h"

namespace weir {

NexmarkSlice::NexmarkSlice(const GeneratorOptions& options, uint32_t split)
    : group_(options.out_of_order_group),
      delay_micros_(1e6 / static_cast<double>(options.event_rate) * options.splits),
      start_micros_(options.start_micros - ((options.start_micros % 1000) + 1000) % 1000) {
  CHECK(split < options.splits);
  const uint64_t share = options.rows.value_or(kEndlessRows) / options.splits;
  first_event_ = 1 + split * share;
  if (!options.rows.has_value()) return;
  const bool is_last = split + 1 == options.splits;
  rows_ = is_last ? *options.rows - share * (options.splits - 1) : share;
}

uint64_t NexmarkSlice::shuffled(uint64_t number) const {
  const uint64_t group_start = number / group_ * group_;
  // A group that the slice's end cuts short stays in order: shuffled, it would reach into the ids
  // of the next slice.
  if (rows_.has_value() && group_start + group_ > *rows_ + 1) return number;
  return group_start + (953 * number) % group_;
}

}  // namespace weir
