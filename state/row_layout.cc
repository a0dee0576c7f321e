#include "state/row_layout.h"

namespace weir {
namespace {

size_t slot_bytes(const Type& type) {
  if (type.kind() == TypeKind::kBoolean) return 1;
  if (is_stored_as_text(type)) return sizeof(StoredText);
  const size_t width = type.width();
  CHECK(width != 0);  // A composite is not stored whole: the planner stores its fields.
  return width;
}

}  // namespace

RowLayout::RowLayout(std::vector<Type> key, std::vector<Type> value, size_t hidden_words)
    : types_(std::move(key)), key_columns_(types_.size()) {
  types_.insert(types_.end(), value.begin(), value.end());
  size_t at = sizeof(uint64_t) + (types_.size() + 7) / 8;
  for (const Type& type : types_) {
    const size_t bytes = slot_bytes(type);
    if (bytes >= 4) at = (at + 3) / 4 * 4;
    if (bytes == 8) at = (at + 7) / 8 * 8;
    offsets_.push_back(at);
    if (is_stored_as_text(type)) text_offsets_.push_back(at);
    at += bytes;
  }
  hidden_offset_ = (at + 7) / 8 * 8;
  row_bytes_ = hidden_offset_ + hidden_words * sizeof(uint64_t);
}

}  // namespace weir
