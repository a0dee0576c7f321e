// Results of text functions that are part of their first argument: the views point into the
// argument's own arena, so that no byte is copied.
#pragma once

#include "engine/expr/loops.h"

#include <string_view>

namespace weir {

class SliceWriter {
 public:
  // Slices of args[0] go to `call.out`.
  explicit SliceWriter(const KernelCall& call)
      : source_(call.args[0].column),
        mask_(call.args[0].constant ? 0 : ~uint32_t{0}),
        out_(call.out.values<TextView>()) {
    call.out.adopt_arena(source_->arena());
  }

  std::string_view text(uint32_t row) const { return source_->text(row & mask_); }

  // The result of the row: `size` bytes from `offset` on of its text.
  void put(uint32_t row, size_t offset, size_t size) {
    const TextView& whole = source_->values<TextView>()[row & mask_];
    TextView view;
    view.size = static_cast<int32_t>(size);
    const std::string_view bytes = text(row).substr(offset, size);
    if (view.is_inline()) {
      std::memcpy(view.bytes, bytes.data(), size);
    } else {
      const int32_t buffer = whole.buffer();
      const int32_t start = whole.offset() + static_cast<int32_t>(offset);
      std::memcpy(view.bytes, bytes.data(), 4);
      std::memcpy(view.bytes + 4, &buffer, sizeof buffer);
      std::memcpy(view.bytes + 8, &start, sizeof start);
    }
    out_[row] = view;
  }
  // REQUIRES: `part` lies within text(row).
  void put(uint32_t row, std::string_view part) {
    put(row, static_cast<size_t>(part.data() - text(row).data()), part.size());
  }

 private:
  const Column* source_;
  uint32_t mask_;
  TextView* out_;
};

}  // namespace weir
