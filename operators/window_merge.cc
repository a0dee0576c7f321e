#include "operators/window_merge.h"

#include <algorithm>

namespace weir {

WindowMerge::WindowMerge(const Slices& slices, SlicedTable& groups, AggregateCalls& calls)
    : slices_(slices), groups_(groups), calls_(calls), table_(groups.scratch()) {}

std::optional<int64_t> WindowMerge::next_window() const {
  if (groups_.empty()) return std::nullopt;
  // Every slice is part of a window that has not fired yet, or it would be gone.
  int64_t next = std::numeric_limits<int64_t>::max();
  groups_.each_id([&](SliceId id) {
    if (slices_.first_window(id.end) > next) return false;
    const int64_t after = groups_.passed() == std::numeric_limits<int64_t>::min()
                              ? id.first
                              : std::max(id.first, groups_.passed() + slices_.slide());
    next = std::min(next, after);
    return true;
  });
  return next;
}

std::vector<SliceId> WindowMerge::slices_inside(int64_t window_end) const {
  std::vector<SliceId> inside;
  groups_.each_id([&](SliceId id) {
    if (id.end > window_end) return false;
    if (id.first <= window_end && slices_.last_window(id.end) >= window_end) inside.push_back(id);
    return true;
  });
  return inside;
}

Readiness WindowMerge::prefetch(int64_t window_end) {
  Readiness readiness = Readiness::kReady;
  for (const SliceId id : slices_inside(window_end)) {
    if (groups_.prefetch_slice(id.end) == Readiness::kPending) readiness = Readiness::kPending;
  }
  return readiness;
}

Status WindowMerge::open(int64_t window_end) {
  // What the table holds of earlier windows is right for this one if nothing had to go that is
  // still in, which close() sees to, and nothing is missing but slices that begin to count with
  // this one.
  const bool goes_on = merged_end_.has_value() && *merged_end_ < window_end;
  if (!goes_on) {
    table_ = groups_.scratch();
    slices_of_row_.clear();
  }
  for (const SliceId id : slices_inside(window_end)) {
    if (goes_on && id.first <= *merged_end_) continue;
    TRY(merge(groups_.slice(id)));
  }
  merged_end_ = window_end;
  open_end_ = window_end;
  return {};
}

void WindowMerge::close() {
  const int64_t window_end = *open_end_;
  open_end_.reset();
  std::vector<SliceId> gone;
  bool any_stays = false;
  for (const SliceId id : slices_inside(window_end)) {
    if (slices_.last_window(id.end) == window_end) {
      gone.push_back(id);
    } else {
      any_stays = true;
    }
  }
  const bool takes_out = any_stays && calls_.can_retract();
  if (takes_out) {
    for (const SliceId id : gone) retract(groups_.slice(id));
  } else if (!gone.empty()) {
    merged_end_.reset();
  }
  for (const SliceId id : gone) groups_.drop(id);
  // Without slices nothing needs to be remembered: no row to come is on time for a window that
  // fired.
  const bool forgets = groups_.empty();
  groups_.set_passed(forgets ? std::numeric_limits<int64_t>::min() : window_end);
}

Status WindowMerge::merge(const KeyedTable& slice) {
  targets_.clear();
  sources_.clear();
  for (RowId row = 0; row < slice.ids_end(); ++row) {
    if (!slice.is_live(row)) continue;
    const RowId into = table_.find_or_insert_like(slice, row);
    if (into >= slices_of_row_.size()) slices_of_row_.resize(into + 1, 0);
    ++slices_of_row_[into];
    targets_.push_back(table_.change(into));
    sources_.push_back(slice.row(row));
  }
  return calls_.merge_rows({targets_.data(), sources_.data(), targets_.size()}, table_);
}

void WindowMerge::retract(const KeyedTable& slice) {
  targets_.clear();
  sources_.clear();
  std::vector<RowId> empty;
  for (RowId row = 0; row < slice.ids_end(); ++row) {
    if (!slice.is_live(row)) continue;
    const RowId from = table_.find_like(slice, row);
    CHECK(from != kNoRow);
    CHECK(slices_of_row_[from] > 0);
    if (--slices_of_row_[from] == 0) {
      empty.push_back(from);
      continue;
    }
    targets_.push_back(table_.change(from));
    sources_.push_back(slice.row(row));
  }
  calls_.retract_rows({targets_.data(), sources_.data(), targets_.size()});
  for (const RowId row : empty) table_.erase(row);
}

}  // namespace weir
