// The 16 bytes that stand for a text or bytea value in a column: Arrow's view layout.
//
//   view  = size:int32 ( inline:12 bytes            up to 12 bytes stand in the view itself,
//   zero-padded
//                      | prefix:4 buffer:int32 offset:int32 )   longer ones in chunk `buffer` of
//                      the column's arena
//
// Because padding is zero and the prefix comes first, most comparisons need only the view.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir {

struct TextView {
  static constexpr size_t kInlineMax = 12;

  int32_t size = 0;
  char bytes[12] = {};

  bool is_inline() const { return size <= static_cast<int32_t>(kInlineMax); }
  int32_t buffer() const {
    int32_t value;
    std::memcpy(&value, bytes + 4, sizeof value);
    return value;
  }
  int32_t offset() const {
    int32_t value;
    std::memcpy(&value, bytes + 8, sizeof value);
    return value;
  }
};
static_assert(sizeof(TextView) == 16);

}  // namespace weir
