// Slices against the definition of windows: a row's windows are those that hold its slice.
#include "engine/time/slices.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

struct Shape {
  int64_t size;
  int64_t slide;
  int64_t offset;
  bool cumulates;
};

Slices slices_of(const Shape& shape) {
  return shape.cumulates ? Slices::cumulate(shape.size, shape.slide, shape.offset)
                         : Slices::hop(shape.size, shape.slide, shape.offset);
}

// Ends of all windows that hold the time.
std::set<int64_t> windows_of(const Shape& shape, int64_t time) {
  std::set<int64_t> ends;
  const int64_t step = shape.cumulates ? shape.size : shape.slide;
  for (int64_t start = shape.offset - 50 * step; start <= time; start += step) {
    const int64_t first = shape.cumulates ? shape.slide : shape.size;
    for (int64_t length = first; length <= shape.size; length += shape.slide) {
      if (time < start + length) ends.insert(start + length);
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("ARowIsInTheWindowsThatHoldItsSlice") {
  for (const Shape& shape : {Shape{10, 2, 0, false}, Shape{10, 3, 1, false}, Shape{5, 5, -2, false},
                             Shape{7, 4, 3, false}, Shape{12, 3, 0, true}, Shape{12, 4, 5, true}}) {
    const Slices slices = slices_of(shape);
    for (int64_t time = -40; time < 40; ++time) {
      INFO("size " << shape.size << " slide " << shape.slide << " time " << time);
      const int64_t end = slices.slice_end(time);
      REQUIRE(end > time);
      std::set<int64_t> ends;
      for (int64_t window = slices.first_window(end); window <= slices.last_window(end);
           window += shape.slide) {
        ends.insert(window);
        REQUIRE(slices.window_start(window) <= time);
        REQUIRE(time < window);
      }
      REQUIRE(ends == windows_of(shape, time));
    }
  }
}

TEST_CASE("RowsOfOneSliceHaveTheSameWindows") {
  const Shape shape{10, 3, 1, false};
  const Slices slices = slices_of(shape);
  for (int64_t time = -40; time < 40; ++time) {
    REQUIRE(windows_of(shape, time) == windows_of(shape, slices.slice_end(time) - 1));
  }
}

}  // namespace weir
