#include "state/frozen_rows.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Rows that are copied one behind the other.
constexpr size_t kSegmentBytes = 64 << 10;

}  // namespace

void encode_values(const RowLayout& layout, const std::byte* row, ByteWriter& out) {
  const auto put = [&](size_t offset, size_t bytes) {
    out.put_bytes({reinterpret_cast<const char*>(row) + offset, bytes});
  };
  put(sizeof(uint64_t), (layout.columns() + 7) / 8);
  for (size_t column = 0; column < layout.columns(); ++column) {
    if (layout.is_null(row, column)) continue;
    const Type& type = layout.type(column);
    if (is_stored_as_text(type)) {
      out.put_sized(load<StoredText>(row + layout.offset(column)).view());
    } else {
      put(layout.offset(column), std::max<size_t>(type.width(), 1));
    }
  }
}

FrozenRows::FrozenRows(std::shared_ptr<const RowLayout> layout, Shape shape)
    : layout_(std::move(layout)), shape_(std::move(shape)) {}

// The last one, which has room for a row.
FrozenRows::Segment& FrozenRows::segment(FrozenMemory& memory) {
  if (!segments_.empty() && segments_.back().count < segments_.back().rows_max) {
    return segments_.back();
  }
  CHECK(rows_ < shape_.rows);
  const size_t row_bytes = layout_->row_bytes();
  const size_t fitting = std::max<size_t>(kSegmentBytes / (row_bytes + sizeof(RowId)), 1);
  const size_t rows_max = std::min(shape_.rows - rows_, fitting);
  auto* ids = reinterpret_cast<RowId*>(memory.allocate(rows_max * sizeof(RowId)));
  return segments_.emplace_back(Segment{ids, memory.allocate(rows_max * row_bytes), 0, rows_max});
}

FrozenRows::Room FrozenRows::add(const RowId* ids, size_t count, FrozenMemory& memory) {
  Segment& to = segment(memory);
  const Room room{to.rows + to.count * layout_->row_bytes(),
                  std::min(count, to.rows_max - to.count)};
  std::copy_n(ids, room.count, to.ids + to.count);
  to.count += room.count;
  rows_ += room.count;
  return room;
}

void FrozenRows::copy_texts(Room room, FrozenMemory& memory) const {
  if (layout_->text_offsets().empty()) return;
  for (size_t i = 0; i < room.count; ++i) {
    std::byte* row = room.rows + i * layout_->row_bytes();
    for (const size_t offset : layout_->text_offsets()) {
      StoredText text = load<StoredText>(row + offset);
      if (text.is_inline()) continue;
      const std::string_view payload = text.view();
      char* copy = reinterpret_cast<char*>(memory.allocate(payload.size()));
      payload.copy(copy, payload.size());
      std::memcpy(text.bytes + 4, &copy, sizeof copy);
      store(row + offset, text);
    }
  }
}

void FrozenRows::encode(ByteWriter& out, FrozenMemory* freed) const {
  CHECK(rows_ == shape_.rows);
  out.put(shape_.ids_end);
  out.put(static_cast<uint32_t>(gone_.size()));
  out.put_bytes({reinterpret_cast<const char*>(gone_.data()), gone_.size() * sizeof(RowId)});
  out.put(static_cast<uint32_t>(rows_));
  for (const Segment& segment : segments_) {
    if (freed != nullptr) freed->free_before(reinterpret_cast<const std::byte*>(segment.ids));
    const std::byte* row = segment.rows;
    for (size_t i = 0; i < segment.count; ++i, row += layout_->row_bytes()) {
      const size_t length_at = out.size();
      out.put<uint32_t>(0);
      out.put(segment.ids[i]);
      out.put(load<uint64_t>(row));
      encode_values(*layout_, row, out);
      for (const size_t word : shape_.words) out.put(load<uint64_t>(row + word));
      out.patch(length_at, static_cast<uint32_t>(out.size() - length_at - sizeof(uint32_t)));
    }
  }
}

}  // namespace weir
