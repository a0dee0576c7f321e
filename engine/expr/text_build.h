// What kernels that make text share: the limit on a result's size.
#pragma once

#include "engine/expr/function.h"

#include <string_view>

namespace weir {

// A few rows must not be able to take all memory, as repeated replacements could.
inline constexpr size_t kTextBytesMax = size_t{64} << 20;

// Sets the row's text, or fails the row if it is too long.
void put_bounded(const KernelCall& call, uint32_t row, std::string_view text);

void fail_too_long(const KernelCall& call, uint32_t row, size_t bytes);

}  // namespace weir
