// Which window a row belongs to. Windows are [start, end), aligned to the epoch plus an offset,
// also before 1970.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// The windows of one time, the earliest first: `count` of them, each a step behind the one before.
struct WindowRun {
  int64_t start = 0;  // Of the first
  int64_t end = 0;
  size_t count = 1;
  int64_t start_step = 0;  // From one start to the next
  int64_t end_step = 0;
};

// End of the tumbling window of `size` that holds `time`. REQUIRES: size > 0. Absent range checks:
// times are within the range of PostgreSQL's timestamps, far from the ends of int64.
constexpr int64_t tumble_end(int64_t time, int64_t size, int64_t offset) {
  int64_t into = (time - offset) % size;
  if (into < 0) into += size;
  return time - into + size;
}

// The one tumbling window of `size` that holds `time`; limits as above.
constexpr WindowRun tumble_windows(int64_t time, int64_t size, int64_t offset) {
  const int64_t end = tumble_end(time, size, offset);
  return {.start = end - size, .end = end};
}

// The windows [s, s + size) that hold `time`, where s is a multiple of `slide` from the offset. If
// the size is no multiple of the slide, some times have one window more than others. REQUIRES: 0 <
// slide <= size.
constexpr WindowRun hop_windows(int64_t time, int64_t size, int64_t slide, int64_t offset) {
  const int64_t last = tumble_end(time, slide, offset) - slide;
  const int64_t before = (size - (time - last) - 1) / slide;
  const int64_t first = last - before * slide;
  return {.start = first,
          .end = first + size,
          .count = static_cast<size_t>(before + 1),
          .start_step = slide,
          .end_step = slide};
}

// The windows that begin where the tumbling window of `size` does, and end behind `time` a multiple
// of `step` later, `size` at the most. REQUIRES: 0 < step, and size is a multiple of it.
constexpr WindowRun cumulate_windows(int64_t time, int64_t size, int64_t step, int64_t offset) {
  const int64_t last_end = tumble_end(time, size, offset);
  const int64_t start = last_end - size;
  const int64_t first_end = tumble_end(time, step, start);
  return {.start = start,
          .end = first_end,
          .count = static_cast<size_t>((last_end - first_end) / step + 1),
          .start_step = 0,
          .end_step = step};
}

// A row is late for the window that ends at `end` exactly when this is true.
constexpr bool is_late_for_window(int64_t end, int64_t arrival_watermark) {
  return end <= arrival_watermark;
}

}  // namespace weir
