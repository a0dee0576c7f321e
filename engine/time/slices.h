// How overlapping windows share their rows. The line of time is cut where any window begins or
// ends; a row is counted once, in its slice, and a window is the sum of the slices inside it.
//
// Hop: windows of `size` that begin every `slide`. Cumulate: windows that begin every `size` and
// end every `slide` up to the next beginning. Tumble: hop where both are the same. Times are
// microseconds; windows are [start, end), shifted by `offset` from the epoch.
#pragma once

#include "engine/time/window.h"

#include <algorithm>
#include <cstdint>

namespace weir {

class Slices {
 public:
  static Slices hop(int64_t size, int64_t slide, int64_t offset) {
    return {size, slide, offset, false};
  }
  // REQUIRES: `size` is a multiple of `step`.
  static Slices cumulate(int64_t size, int64_t step, int64_t offset) {
    return {size, step, offset, true};
  }

  // The end of the slice that holds `time`.
  int64_t slice_end(int64_t time) const {
    return std::min(tumble_end(time, slide_, begin_offset_), tumble_end(time, slide_, end_offset_));
  }
  // The ends of the first and the last window that hold the slice; every one from the first to the
  // last, `slide` apart, holds it.
  int64_t first_window(int64_t slice_end) const {
    return tumble_end(slice_end - 1, slide_, end_offset_);
  }
  int64_t last_window(int64_t slice_end) const {
    if (cumulates_) return tumble_end(slice_end - 1, size_, begin_offset_);
    return tumble_end(slice_end - 1, slide_, begin_offset_) - slide_ + size_;
  }
  // Where the window that ends at `window_end` begins.
  int64_t window_start(int64_t window_end) const {
    if (cumulates_) return tumble_end(window_end - 1, size_, begin_offset_) - size_;
    return window_end - size_;
  }
  int64_t slide() const { return slide_; }

 private:
  Slices(int64_t size, int64_t slide, int64_t offset, bool cumulates)
      : size_(size),
        slide_(slide),
        begin_offset_(offset),
        end_offset_(cumulates ? offset : offset + size),
        cumulates_(cumulates) {}

  int64_t size_;
  int64_t slide_;
  int64_t begin_offset_;
  int64_t end_offset_;
  bool cumulates_;
};

}  // namespace weir
