#include "engine/data/column.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

size_t values_bytes(const Type& type, size_t rows) {
  if (type.kind() == TypeKind::kBoolean) return bitmap_words(rows) * sizeof(uint64_t);
  if (type.kind() == TypeKind::kArray) return (rows + 1) * sizeof(int32_t);
  return type.width() * rows;
}

void gather_bits(const uint64_t* from, const uint32_t* indices, size_t count, uint64_t* to) {
  for (size_t i = 0; i < count; ++i) bit_put(to, i, bit_get(from, indices[i]));
}

template <typename T>
void gather_values(const Column& from, const uint32_t* indices, size_t count, ColumnWriter& to) {
  const T* source = from.values<T>();
  T* target = to.values<T>();
  for (size_t i = 0; i < count; ++i) target[i] = source[indices[i]];
}

void gather_fixed(const Column& column, const uint32_t* indices, size_t count, ColumnWriter& to) {
  switch (column.type().width()) {
    case 4: return gather_values<int32_t>(column, indices, count, to);
    case 8: return gather_values<int64_t>(column, indices, count, to);
    case 16: return gather_values<Int128>(column, indices, count, to);
    default: return gather_bits(column.bits(), indices, count, to.bits());
  }
}

}  // namespace

size_t Column::bytes() const {
  size_t sum = validity_.size() + values_.size();
  if (arena_ != nullptr) sum += arena_->bytes();
  for (const ColumnPtr& child : children_) {
    if (child != nullptr) sum += child->bytes();
  }
  return sum;
}

ColumnWriter::ColumnWriter(Type type, size_t capacity, std::shared_ptr<Arena> arena,
                           const NeededField* needed)
    : column_(std::make_shared<Column>()), capacity_(capacity), arena_(std::move(arena)) {
  column_->type_ = std::move(type);
  const size_t bytes = values_bytes(column_->type_, capacity);
  column_->values_ = Buffer(bytes);
  if (bytes != 0) std::memset(column_->values_.data(), 0, bytes);
  if (column_->type_.kind() == TypeKind::kArray) {
    const bool is_given = needed != nullptr && !needed->fields.empty();
    children_.push_back(
        is_given ? nullptr
                 : std::make_unique<ColumnWriter>(column_->type_.element(), capacity, arena_));
  }
  if (column_->type_.kind() != TypeKind::kComposite) return;
  const std::vector<Field>& fields = column_->type_.fields().fields;
  const bool whole = needed == nullptr || needed->fields.empty();
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool present = whole || needed->fields[i].needed;
    children_.push_back(present
                            ? std::make_unique<ColumnWriter>(fields[i].type, capacity, arena_,
                                                             whole ? nullptr : &needed->fields[i])
                            : nullptr);
  }
}

ColumnWriter& ColumnWriter::begin_array(size_t elements) {
  CHECK(type().kind() == TypeKind::kArray);
  ColumnWriter& child = *children_[0];
  if (child.size() + elements > child.capacity()) {
    child.grow(std::max(child.size() + elements, 2 * child.capacity()));
  }
  return child;
}

void ColumnWriter::end_array() {
  offsets()[next() + 1] = static_cast<int32_t>(children_[0]->size());
}

// REQUIRES: no composite, whose fields would have to grow too.
void ColumnWriter::grow(size_t capacity) {
  CHECK(type().kind() != TypeKind::kComposite);
  const auto copy = [](Buffer& buffer, size_t bytes, int fill) {
    Buffer larger(bytes);
    std::memset(larger.data(), fill, bytes);
    std::memcpy(larger.data(), buffer.data(), std::min(buffer.size(), bytes));
    buffer = std::move(larger);
  };
  capacity_ = capacity;
  copy(column_->values_, values_bytes(type(), capacity), 0);
  if (column_->validity_.size() == 0) return;
  copy(column_->validity_, bitmap_words(std::max<size_t>(capacity, 1)) * sizeof(uint64_t), 0xff);
}

void ColumnWriter::append_null() {
  if (type().kind() == TypeKind::kArray) {
    end_array();
    return bit_clear(validity(), size_ - 1);
  }
  for (const auto& child : children_) {
    if (child != nullptr) child->append_null();
  }
  bit_clear(validity(), next());
}

void ColumnWriter::truncate(size_t rows) {
  CHECK(rows <= size_);
  if (type().kind() == TypeKind::kArray) {
    for (size_t row = rows; row < size_ && column_->validity_.size() != 0; ++row) {
      bit_set(validity(), row);
    }
    size_ = rows;
    children_[0]->truncate(static_cast<size_t>(offsets()[rows]));
    return;
  }
  for (; size_ > rows; --size_) {
    const size_t row = size_ - 1;
    if (column_->validity_.size() != 0) bit_set(validity(), row);
    const size_t width = type().width();
    if (width != 0) std::memset(column_->values_.data() + row * width, 0, width);
    if (type().kind() == TypeKind::kBoolean) set_bool(row, false);
  }
  for (const auto& child : children_) {
    if (child != nullptr) child->truncate(std::min(rows, child->size()));
  }
}

void ColumnWriter::set_null(size_t row) {
  CHECK(type().kind() != TypeKind::kArray);
  for (const auto& child : children_) {
    if (child != nullptr) child->set_null(row);
  }
  bit_clear(validity(), row);
  const size_t width = type().width();
  if (width != 0) std::memset(column_->values_.data() + row * width, 0, width);
}

uint64_t* ColumnWriter::validity() {
  if (column_->validity_.size() == 0) {
    const size_t bytes = bitmap_words(std::max<size_t>(capacity_, 1)) * sizeof(uint64_t);
    column_->validity_ = Buffer(bytes);
    std::memset(column_->validity_.data(), 0xff, bytes);
  }
  return reinterpret_cast<uint64_t*>(column_->validity_.data());
}

Arena& ColumnWriter::arena() {
  CHECK(column_->arena_ == nullptr);
  if (arena_ == nullptr) arena_ = std::make_shared<Arena>();
  return *arena_;
}

void ColumnWriter::adopt_arena(ArenaPtr arena) {
  CHECK(column_->arena_ == nullptr);
  column_->arena_ = std::move(arena);
}

ColumnPtr ColumnWriter::finish(size_t rows) && {
  CHECK(rows <= capacity_);
  column_->size_ = rows;
  const bool adopted = column_->arena_ != nullptr;
  if (!adopted && type().is_text_like()) column_->arena_ = std::move(arena_);
  const bool is_array = type().kind() == TypeKind::kArray;
  for (auto& child : children_) {
    if (child == nullptr) {
      column_->children_.push_back(nullptr);
      continue;
    }
    const size_t size = is_array ? child->size() : rows;
    column_->children_.push_back(std::move(*child).finish(size));
  }
  return std::exchange(column_, nullptr);
}

ColumnPtr ColumnWriter::finish_with(size_t rows, std::vector<ColumnPtr> children) && {
  for (const auto& child : children_) CHECK(child == nullptr);
  for (const ColumnPtr& child : children) {
    const bool fits = child == nullptr || child->size() == rows;
    CHECK(fits);
  }
  children_.clear();
  column_->children_ = std::move(children);
  return std::move(*this).finish(rows);
}

namespace {

ColumnPtr gather_arrays(const Column& column, const uint32_t* indices, size_t count) {
  NeededField no_child{.needed = true, .fields = {NeededField()}};
  ColumnWriter writer(column.type(), count, nullptr, &no_child);
  std::vector<int32_t> ends;
  std::vector<uint32_t> elements;
  for (size_t i = 0; i < count; ++i) {
    const int32_t begin = column.offsets()[indices[i]];
    const int32_t end = column.offsets()[indices[i] + 1];
    for (int32_t at = begin; at < end; ++at) elements.push_back(static_cast<uint32_t>(at));
    ends.push_back(static_cast<int32_t>(elements.size()));
  }
  if (column.has_nulls()) gather_bits(column.validity(), indices, count, writer.validity());
  return std::move(writer).finish_arrays(
      ends, gather(column.children()[0], elements.data(), elements.size()));
}

}  // namespace

ColumnPtr ColumnWriter::finish_arrays(const std::vector<int32_t>& ends, ColumnPtr elements) && {
  CHECK(type().kind() == TypeKind::kArray);
  CHECK(children_[0] == nullptr);
  for (size_t row = 0; row < ends.size(); ++row) offsets()[row + 1] = ends[row];
  children_.clear();
  column_->children_ = {std::move(elements)};
  return std::move(*this).finish(ends.size());
}

ColumnPtr gather(const ColumnPtr& column, const uint32_t* indices, size_t count) {
  if (column == nullptr) return nullptr;
  const Type& type = column->type();
  if (type.kind() == TypeKind::kArray) return gather_arrays(*column, indices, count);
  NeededField needed{.needed = true,
                     .fields = {}};  // No writer for any child: they are gathered below.
  needed.fields.resize(column->children().size());
  ColumnWriter writer(type, count, nullptr, needed.fields.empty() ? nullptr : &needed);
  if (type.kind() != TypeKind::kComposite) gather_fixed(*column, indices, count, writer);
  if (column->has_nulls()) {
    gather_bits(column->validity(), indices, count, writer.validity());
  }
  if (type.is_text_like()) writer.adopt_arena(column->arena());
  std::vector<ColumnPtr> children;
  for (const ColumnPtr& child : column->children()) {
    children.push_back(gather(child, indices, count));
  }
  return std::move(writer).finish_with(count, std::move(children));
}

ColumnPtr null_column(const Type& type, size_t rows) {
  ColumnWriter writer(type, rows);
  for (size_t row = 0; row < rows; ++row) writer.append_null();
  return std::move(writer).finish();
}

}  // namespace weir
