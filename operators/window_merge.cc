#include "operators/window_merge.h"

#include "operators/operator.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace weir {

WindowMerge::WindowMerge(const Slices& slices, SlicedTable& groups, AggregateCalls& calls)
    : slices_(slices),
      groups_(groups),
      calls_(calls),
      table_(groups.scratch()),
      out_(groups.scratch()) {}

std::optional<WindowParts::Window> WindowMerge::next() const {
  if (phase_ != Phase::kClosed) return Window{end_, end_};
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
  return Window{next, next};
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

void WindowMerge::open() {
  end_ = next()->id.end;
  inside_ = slices_inside(end_);
  part_ = {0, groups_.parts(inside_)};
  if (part_.of > 1) merged_end_.reset();
  begin_part();
}

void WindowMerge::begin_part() {
  phase_ = Phase::kMerging;
  next_taken_ = 0;
  to_take_ = inside_;
  // What the table holds of earlier windows is right for this one if nothing had to go that is
  // still in, which close() sees to, and nothing is missing but slices that begin to count with
  // this one.
  const bool goes_on = merged_end_.has_value() && *merged_end_ < end_;
  if (goes_on) {
    std::erase_if(to_take_, [&](SliceId id) { return id.first <= *merged_end_; });
    return;
  }
  table_ = groups_.scratch();
  slices_of_row_.clear();
}

// Slices that no later window holds go, and leave the table if that is of use for the next one.
void WindowMerge::begin_leaving() {
  phase_ = Phase::kLeaving;
  next_taken_ = 0;
  to_take_.clear();
  const auto gone =
      std::count_if(inside_.begin(), inside_.end(), [this](SliceId id) { return is_last(id); });
  const bool any_stays = gone < std::ssize(inside_);
  if (part_.of == 1) merged_end_ = end_;
  if (part_.of == 1 && any_stays && calls_.can_retract()) {
    std::copy_if(inside_.begin(), inside_.end(), std::back_inserter(to_take_),
                 [this](SliceId id) { return is_last(id); });
  } else if (gone != 0) {
    merged_end_.reset();
  }
  part_ = {};
}

void WindowMerge::close() {
  phase_ = Phase::kClosed;
  for (const SliceId id : inside_) {
    if (is_last(id)) groups_.drop(id);
  }
  if (!merged_end_.has_value()) {
    table_ = groups_.scratch();
    slices_of_row_.clear();
    groups_.count_beside(0);
  }
  // Without slices nothing needs to be remembered: no row to come is on time for a window that
  // fired.
  groups_.set_passed(groups_.empty() ? std::numeric_limits<int64_t>::min() : end_);
}

template <typename Take>
Result<bool> WindowMerge::take_slices(Take&& take) {
  for (; next_taken_ < to_take_.size(); ++next_taken_) {
    const SliceId id = to_take_[next_taken_];
    if (groups_.prefetch_part(id, part_, out_) == Readiness::kPending) return false;
    TRY(take(groups_.slice(id)));
    TRY(take(out_));
    if (out_.size() != 0) out_ = groups_.scratch();
  }
  groups_.count_beside(table_.used_bytes() + slices_of_row_.size() * sizeof(uint32_t));
  return true;
}

template <typename F>
Status WindowMerge::each_rows(const KeyedTable& slice, F&& f) {
  for (RowId row = 0; row < slice.ids_end();) {
    rows_.clear();
    for (; row < slice.ids_end() && rows_.size() < kBatchRows; ++row) {
      if (slice.is_live(row) && part_.contains(slice.hash(row))) rows_.push_back(row);
    }
    targets_.clear();
    sources_.clear();
    TRY(f());
  }
  return {};
}

Status WindowMerge::merge(const KeyedTable& slice) {
  return each_rows(slice, [&] {
    for (const RowId row : rows_) {
      const RowId into = table_.find_or_insert_like(slice, row);
      if (into >= slices_of_row_.size()) slices_of_row_.resize(into + 1, 0);
      ++slices_of_row_[into];
      targets_.push_back(table_.change(into));
      sources_.push_back(slice.row(row));
    }
    return calls_.merge_rows({targets_.data(), sources_.data(), targets_.size()}, table_);
  });
}

Status WindowMerge::retract(const KeyedTable& slice) {
  return each_rows(slice, [&]() -> Status {
    empty_.clear();
    for (const RowId row : rows_) {
      const RowId from = table_.find_like(slice, row);
      CHECK(from != kNoRow);
      CHECK(slices_of_row_[from] > 0);
      if (--slices_of_row_[from] == 0) {
        empty_.push_back(from);
        continue;
      }
      targets_.push_back(table_.change(from));
      sources_.push_back(slice.row(row));
    }
    calls_.retract_rows({targets_.data(), sources_.data(), targets_.size()});
    for (const RowId row : empty_) table_.erase(row);
    return {};
  });
}

Result<WindowParts::Step> WindowMerge::step() {
  if (phase_ == Phase::kClosed) open();
  if (phase_ == Phase::kShown) {
    ++part_.index;
    part_.index < part_.of ? begin_part() : begin_leaving();
  }
  if (phase_ == Phase::kMerging) {
    const bool done = TRY(take_slices([this](const KeyedTable& slice) { return merge(slice); }));
    if (!done) return Step::kPending;
    phase_ = Phase::kShown;
    return Step::kPart;
  }
  const bool done = TRY(take_slices([this](const KeyedTable& slice) { return retract(slice); }));
  if (!done) return Step::kPending;
  close();
  return Step::kEnd;
}

}  // namespace weir
