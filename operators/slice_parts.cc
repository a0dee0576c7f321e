#include "operators/slice_parts.h"

namespace weir {

SliceParts::SliceParts(const std::optional<Slices>& slices, SlicedTable& groups)
    : slices_(slices), groups_(groups), out_(groups.scratch()) {}

// Those of rows that are late for the first windows of their slice go along with the others,
// although nobody waits for them yet, so that slices leave in their order.
std::optional<WindowParts::Window> SliceParts::next() const {
  if (groups_.empty()) return std::nullopt;
  const SliceId id = groups_.first();
  return Window{id, slices_.has_value() ? slices_->first_window(id.end) : id.first};
}

Result<WindowParts::Step> SliceParts::step() {
  const SliceId id = groups_.first();
  if (!is_open_) {
    is_open_ = true;
    part_ = {0, groups_.parts({id})};
  } else if (shown_ != nullptr) {
    shown_ = nullptr;
    out_ = groups_.scratch();
    ++part_.index;
  }
  if (part_.index == part_.of) {
    is_open_ = false;
    groups_.count_beside(0);
    groups_.drop(id);
    return Step::kEnd;
  }
  KeyedTable& into = part_.index == 0 ? groups_.hold(id) : out_;
  if (groups_.prefetch_part(id, part_, into) == Readiness::kPending) return Step::kPending;
  groups_.count_beside(out_.used_bytes());
  shown_ = &into;
  return Step::kPart;
}

}  // namespace weir
