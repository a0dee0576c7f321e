#include "state/keyed_table.h"

#include "engine/data/calendar.h"
#include "engine/data/value_bytes.h"

#include <algorithm>
#include <bit>

namespace weir {
namespace {

constexpr size_t kPageBytes = 8 << 10;
constexpr size_t kFirstIndexSlots = 16;
// An index that the processor's caches may not hold is read ahead of its use by so many keys, and
// the row found there by half of that.
constexpr size_t kLargeIndexSlots = 1 << 12;
constexpr size_t kKeysAhead = 16;
// Rows that are used again are asked for so many allocations ahead.
constexpr size_t kFreeAhead = 8;
// So are rows that are copied; of rows that follow each other so many are copied as one.
constexpr size_t kRowsAhead = 16;
constexpr size_t kRun = 16;
constexpr size_t kCopiedAtOnce = 4096;

uint64_t index_entry(uint64_t hash, RowId row) { return (hash << 32) | (uint64_t{row} + 1); }
RowId row_of(uint64_t entry) { return static_cast<RowId>(entry & 0xffffffff) - 1; }
uint64_t tag_of(uint64_t entry) { return entry >> 32; }

template <typename F>
void each_bit(uint64_t bits, F&& f) {
  for (; bits != 0; bits &= bits - 1) f(static_cast<uint32_t>(std::countr_zero(bits)));
}

bool slot_equals(const Type& type, const std::byte* slot, const Column& column, uint32_t row) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return (slot[0] != std::byte{0}) == column.boolean(row);
    case TypeKind::kText:
    case TypeKind::kBytea: return load<StoredText>(slot).view() == column.text(row);
    case TypeKind::kArray: {
      std::string bytes;
      return load<StoredText>(slot).view() == text_to_store(column, row, bytes);
    }
    case TypeKind::kDouble: {
      const double a = load<double>(slot);
      const double b = column.values<double>()[row];
      return a == b || (a != a && b != b);
    }
    case TypeKind::kInt:
    case TypeKind::kDate: return load<int32_t>(slot) == column.values<int32_t>()[row];
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return load<int64_t>(slot) == column.values<int64_t>()[row];
    case TypeKind::kNumeric: return load<Int128>(slot) == column.values<Int128>()[row];
    case TypeKind::kInterval:
      return interval_total(load<Interval>(slot)) == interval_total(column.values<Interval>()[row]);
    case TypeKind::kComposite: break;
  }
  unreachable();
}

bool slots_equal(const Type& type, const std::byte* a, const std::byte* b) {
  if (is_stored_as_text(type)) return load<StoredText>(a).view() == load<StoredText>(b).view();
  if (type.kind() == TypeKind::kInterval) {
    return interval_total(load<Interval>(a)) == interval_total(load<Interval>(b));
  }
  if (type.kind() == TypeKind::kDouble) {
    const double x = load<double>(a);
    const double y = load<double>(b);
    return x == y || (x != x && y != y);
  }
  return std::memcmp(a, b, std::max<size_t>(type.width(), 1)) == 0;
}

}  // namespace

KeyedTable::KeyedTable(std::shared_ptr<const RowLayout> layout, Access access)
    : layout_(std::move(layout)), access_(access), row_bytes_(layout_->row_bytes()) {
  page_shift_ = 0;
  while ((size_t{2} << page_shift_) * row_bytes_ <= kPageBytes) ++page_shift_;
  page_mask_ = (1U << page_shift_) - 1;
}

void KeyedTable::change(const RowId* ids, size_t count, std::byte** rows) {
  for (size_t i = 0; i < count; ++i) rows[i] = unmarked(ids[i]);
  if (!marks_changes_) return;
  for (size_t i = 0; i < count; ++i) bit_set(changed_bits_.data(), ids[i]);
}

// Calls matches(row) for each candidate; *slot becomes the place in the index: of the row, or where
// it would go.
template <typename Matcher>
RowId KeyedTable::find_row(uint64_t hash, Matcher&& matches, size_t* slot) const {
  const uint64_t tag = hash & 0xffffffff;
  size_t at = tag & index_mask_;
  while (true) {
    const uint64_t entry = index_[at];
    if (entry == 0) break;
    if (tag_of(entry) == tag && matches(row(row_of(entry)))) {
      *slot = at;
      return row_of(entry);
    }
    at = (at + 1) & index_mask_;
  }
  *slot = at;
  return kNoRow;
}

template <typename Match>
void KeyedTable::insert_all(const KeyBatch& keys, Selection selection, RowId* rows,
                            std::vector<uint32_t>* inserted, Match&& match) {
  uint32_t i = 0;
  const bool reads_ahead = keys.hashes != nullptr && index_.size() >= kLargeIndexSlots;
  selection.each([&](uint32_t batch_row) {
    const uint64_t hash = keys.hash(i);
    if (reads_ahead && i + kKeysAhead < selection.size()) read_ahead(keys.hashes + i);
    if ((live_ + 1) * 8 > index_.size() * 5) grow_index();
    size_t slot = 0;
    RowId id = find_row(
        hash, [&](const std::byte* row) { return match(batch_row, row); }, &slot);
    if (id == kNoRow) {
      id = new_row(keys, batch_row, hash);
      index_[slot] = index_entry(hash, id);
      if (inserted != nullptr) inserted->push_back(i);
    }
    note_use(id);
    rows[i++] = id;
  });
}

void KeyedTable::read_ahead(const uint64_t* hashes) const {
  fetch(&index_[hashes[kKeysAhead] & index_mask_]);
  const uint64_t entry = index_[hashes[kKeysAhead / 2] & index_mask_];
  if (entry != 0) fetch(row(row_of(entry)));
}

bool KeyedTable::has_single_word_key(const KeyBatch& keys) const {
  return keys.columns.size() == 1 && layout_->type(0).width() == 8 &&
         layout_->type(0).kind() != TypeKind::kDouble && !keys.columns[0]->has_nulls();
}

void KeyedTable::find_or_insert(const KeyBatch& keys, Selection selection, RowId* rows,
                                std::vector<uint32_t>* inserted) {
  CHECK(access_ == Access::kByKey);
  CHECK(keys.columns.size() == layout_->key_columns());
  if (has_single_word_key(keys)) {
    const int64_t* values = keys.columns[0]->values<int64_t>();
    const size_t offset = layout_->offset(0);
    const RowLayout& layout = *layout_;
    return insert_all(keys, selection, rows, inserted,
                      [&layout, values, offset](uint32_t batch_row, const std::byte* row) {
                        return load<int64_t>(row + offset) == values[batch_row] &&
                               !layout.is_null(row, 0);
                      });
  }
  insert_all(keys, selection, rows, inserted, [&](uint32_t batch_row, const std::byte* row) {
    return key_equals(keys, batch_row, row);
  });
}

void KeyedTable::find(const KeyBatch& keys, Selection selection, RowId* rows) const {
  CHECK(access_ == Access::kByKey);
  CHECK(keys.columns.size() == layout_->key_columns());
  uint32_t i = 0;
  selection.each([&](uint32_t batch_row) {
    size_t slot = 0;
    rows[i] =
        live_ == 0
            ? kNoRow
            : find_row(
                  keys.hash(i),
                  [&](const std::byte* row) { return key_equals(keys, batch_row, row); }, &slot);
    if (rows[i] != kNoRow) note_use(rows[i]);
    ++i;
  });
}

bool KeyedTable::key_equals(const KeyBatch& keys, uint32_t batch_row, const std::byte* row) const {
  for (size_t key = 0; key < keys.columns.size(); ++key) {
    const Column& column = *keys.columns[key];
    const bool null = layout_->is_null(row, key);
    if (null != column.is_null(batch_row)) return false;
    if (null) continue;
    if (!slot_equals(layout_->type(key), row + layout_->offset(key), column, batch_row)) {
      return false;
    }
  }
  return true;
}

// Of two rows of this layout, in whatever tables they are.
bool KeyedTable::same_key(const std::byte* a, const std::byte* b) const {
  for (size_t key = 0; key < layout_->key_columns(); ++key) {
    const bool null = layout_->is_null(a, key);
    if (null != layout_->is_null(b, key)) return false;
    const size_t at = layout_->offset(key);
    if (null || slots_equal(layout_->type(key), a + at, b + at)) continue;
    return false;
  }
  return true;
}

RowId KeyedTable::find_like(const KeyedTable& other, RowId from) const {
  CHECK(access_ == Access::kByKey);
  if (live_ == 0) return kNoRow;
  const std::byte* wanted = other.row(from);
  size_t slot = 0;
  return find_row(
      other.hash(from), [&](const std::byte* row) { return same_key(wanted, row); }, &slot);
}

RowId KeyedTable::find_or_insert_like(const KeyedTable& other, RowId from) {
  CHECK(access_ == Access::kByKey);
  if ((live_ + 1) * 8 > index_.size() * 5) grow_index();
  const std::byte* wanted = other.row(from);
  const uint64_t hash = other.hash(from);
  size_t slot = 0;
  const RowId found = find_row(
      hash, [&](const std::byte* row) { return same_key(wanted, row); }, &slot);
  if (found != kNoRow) return found;
  const RowId id = allocate_row(hash);
  index_[slot] = index_entry(hash, id);
  std::byte* to = unmarked(id);
  for (size_t key = 0; key < layout_->key_columns(); ++key) {
    if (layout_->is_null(wanted, key)) continue;
    const Type& type = layout_->type(key);
    const size_t at = layout_->offset(key);
    if (is_stored_as_text(type)) {
      store_text(to + at, load<StoredText>(wanted + at).view());
    } else {
      std::memcpy(to + at, wanted + at, std::max<size_t>(type.width(), 1));
    }
    layout_->clear_null(to, key);
  }
  return id;
}

// A block is one page, and many of them where they are many already.
void KeyedTable::add_page() {
  if (pages_.size() < pages_held_) return pages_.push_back(pages_.back() + page_bytes());
  const bool many = pages_held_ * page_bytes() >= kLargePage;
  const size_t block_bytes = std::max(many ? kLargePage : 0, page_bytes());
  blocks_.emplace_back(static_cast<std::byte*>(allocate_large(block_bytes)));
  pages_held_ += block_bytes / page_bytes();
  pages_.push_back(blocks_.back().get());
}

RowId KeyedTable::allocate_row(uint64_t hash) {
  RowId id = next_;
  if (free_.empty()) {
    CHECK(next_ < kNoRow - 1);
    if ((id >> page_shift_) == pages_.size()) add_page();
    if (id / 64 == live_bits_.size()) {
      live_bits_.push_back(0);
      if (marks_changes_) changed_bits_.push_back(0);
      if (notes_use_) used_bits_.push_back(0);
    }
    ++next_;
  } else {
    id = free_.back();
    free_.pop_back();
    if (free_.size() > kFreeAhead) touch(free_[free_.size() - 1 - kFreeAhead]);
  }
  bit_set(live_bits_.data(), id);
  note_use(id);
  ++live_;

  std::byte* to = change(id);
  std::memset(to, 0, row_bytes_);
  store(to, hash);
  layout_->set_all_null(to);
  return id;
}

RowId KeyedTable::new_row(const KeyBatch& keys, uint32_t batch_row, uint64_t hash) {
  const RowId id = allocate_row(hash);
  std::byte* to = unmarked(id);
  for (size_t key = 0; key < keys.columns.size(); ++key) {
    write_value(to, key, *keys.columns[key], batch_row);
  }
  return id;
}

RowId KeyedTable::append_row(uint64_t hash) {
  CHECK(access_ == Access::kByRow);
  return allocate_row(hash);
}

void KeyedTable::write(RowId id, size_t column, const Column& from, uint32_t batch_row) {
  CHECK(access_ == Access::kByRow || column >= layout_->key_columns());
  write_value(change(id), column, from, batch_row);
}

void KeyedTable::write_value(std::byte* row, size_t column, const Column& from,
                             uint32_t batch_row) {
  std::byte* slot = row + layout_->offset(column);
  const Type& type = layout_->type(column);
  const bool null = from.is_null(batch_row);
  null ? layout_->set_null(row, column) : layout_->clear_null(row, column);
  if (is_stored_as_text(type)) {
    std::string bytes;
    return store_text(slot, null ? std::string_view() : text_to_store(from, batch_row, bytes));
  }
  // Where a value is NULL its bytes are zero, in columns as in rows.
  switch (type.width()) {
    case 0: return store<uint8_t>(slot, !null && from.boolean(batch_row) ? 1 : 0);
    case 4: return store(slot, from.values<int32_t>()[batch_row]);
    case 8: return store(slot, from.values<int64_t>()[batch_row]);
    case 16: return store(slot, from.values<Int128>()[batch_row]);
    default: unreachable();
  }
}

template <typename T>
void KeyedTable::write_fixed(const RowId* ids, Selection selection, size_t column,
                             const Column& from) {
  const T* values = from.values<T>();
  const size_t offset = layout_->offset(column);
  size_t i = 0;
  selection.each([&](uint32_t batch_row) {
    std::byte* to = change(ids[i++]);
    store(to + offset, values[batch_row]);
    from.is_null(batch_row) ? layout_->set_null(to, column) : layout_->clear_null(to, column);
  });
}

void KeyedTable::write(const RowId* ids, Selection selection, size_t column, const Column& from) {
  CHECK(access_ == Access::kByRow || column >= layout_->key_columns());
  const Type& type = layout_->type(column);
  if (!is_stored_as_text(type)) {
    switch (type.width()) {
      case 4: return write_fixed<int32_t>(ids, selection, column, from);
      case 8: return write_fixed<int64_t>(ids, selection, column, from);
      case 16: return write_fixed<Int128>(ids, selection, column, from);
      default: break;
    }
  }
  size_t i = 0;
  selection.each(
      [&](uint32_t batch_row) { write_value(change(ids[i++]), column, from, batch_row); });
}

void KeyedTable::erase(RowId id) {
  CHECK(is_live(id));
  if (access_ == Access::kByKey) remove_from_index(id);
  for (const size_t offset : layout_->text_offsets()) {
    free_text(load<StoredText>(row(id) + offset));
  }
  bit_clear(live_bits_.data(), id);
  mark(id);
  free_.push_back(id);
  --live_;
}

void KeyedTable::remove_from_index(RowId id) {
  const uint64_t entry = index_entry(hash(id), id);
  size_t hole = tag_of(entry) & index_mask_;
  while (index_[hole] != entry) {
    CHECK(index_[hole] != 0);
    hole = (hole + 1) & index_mask_;
  }
  // Linear probing without tombstones: entries behind the hole move up if their own place allows
  // it.
  for (size_t at = (hole + 1) & index_mask_; index_[at] != 0; at = (at + 1) & index_mask_) {
    const size_t home = tag_of(index_[at]) & index_mask_;
    if (((at - home) & index_mask_) < ((at - hole) & index_mask_)) continue;
    index_[hole] = index_[at];
    hole = at;
  }
  index_[hole] = 0;
}

void KeyedTable::free_text(const StoredText& text) {
  if (!text.is_inline()) heap_.free(text.payload(), static_cast<size_t>(text.size));
}

void KeyedTable::store_text(std::byte* slot, std::string_view text) {
  const StoredText old = load<StoredText>(slot);
  StoredText stored;
  stored.size = static_cast<int32_t>(text.size());
  if (stored.is_inline()) {
    text.copy(stored.bytes, StoredText::kInlineMax);
    store(slot, stored);
    return free_text(old);
  }
  // The old payload goes last: `text` may stand in it.
  const bool fits = !old.is_inline() && TextHeap::capacity(static_cast<size_t>(old.size)) ==
                                            TextHeap::capacity(text.size());
  char* payload = fits ? old.payload() : heap_.allocate(text.size());
  std::memmove(payload, text.data(), text.size());
  std::memcpy(stored.bytes, payload, 4);
  std::memcpy(stored.bytes + 4, &payload, sizeof payload);
  store(slot, stored);
  if (!fits) free_text(old);
}

void KeyedTable::append_to(ColumnWriter& writer, RowId id, size_t column) const {
  const std::byte* from = row(id);
  if (layout_->is_null(from, column)) return writer.append_null();
  const std::byte* slot = from + layout_->offset(column);
  const Type& type = layout_->type(column);
  if (type.is_text_like()) return writer.append_text(load<StoredText>(slot).view());
  if (is_stored_as_text(type)) return append_from_bytes(writer, load<StoredText>(slot).view());
  switch (type.width()) {
    case 0: return writer.append_bool(slot[0] != std::byte{0});
    case 4: return writer.append(load<int32_t>(slot));
    case 8: return writer.append(load<int64_t>(slot));
    case 16: return writer.append(load<Int128>(slot));
    default: unreachable();
  }
}

template <typename T>
void KeyedTable::append_fixed(ColumnWriter& writer, const RowId* ids, size_t count,
                              size_t column) const {
  const size_t offset = layout_->offset(column);
  for (size_t i = 0; i < count; ++i) {
    const std::byte* from = row(ids[i]);
    layout_->is_null(from, column) ? writer.append_null() : writer.append(load<T>(from + offset));
  }
}

void KeyedTable::append_to(ColumnWriter& writer, const RowId* ids, size_t count,
                           size_t column) const {
  const Type& type = layout_->type(column);
  if (!is_stored_as_text(type)) {
    switch (type.width()) {
      case 4: return append_fixed<int32_t>(writer, ids, count, column);
      case 8: return append_fixed<int64_t>(writer, ids, count, column);
      case 16: return append_fixed<Int128>(writer, ids, count, column);
      default: break;
    }
  }
  for (size_t i = 0; i < count; ++i) append_to(writer, ids[i], column);
}

FrozenRows KeyedTable::freeze(Freeze what, std::vector<size_t> words, FrozenMemory& memory) {
  const bool whole = what == Freeze::kWhole || !marks_changes_;
  changed_bits_.resize(live_bits_.size(), 0);
  marks_changes_ = true;
  const auto copied = [&](size_t w) {
    return whole ? live_bits_[w] : live_bits_[w] & changed_bits_[w];
  };
  FrozenRows::Shape shape{.words = std::move(words), .ids_end = next_, .rows = 0};
  for (size_t w = 0; w < live_bits_.size(); ++w) {
    shape.rows += static_cast<size_t>(std::popcount(copied(w)));
  }
  FrozenRows frozen(layout_, std::move(shape));
  std::vector<RowId> ids;
  ids.reserve(kCopiedAtOnce + 64);
  for (size_t w = 0; w < live_bits_.size(); ++w) {
    const uint64_t gone = whole ? 0 : changed_bits_[w] & ~live_bits_[w];
    const RowId first = static_cast<RowId>(w * 64);
    each_bit(copied(w), [&](uint32_t bit) { ids.push_back(first + bit); });
    each_bit(gone, [&](uint32_t bit) { frozen.add_gone(first + bit); });
    changed_bits_[w] = 0;
    if (ids.size() < kCopiedAtOnce) continue;
    copy_rows(ids, frozen, memory);
    ids.clear();
  }
  copy_rows(ids, frozen, memory);
  return frozen;
}

// Where rows are far apart the processor has to be asked for what comes later: it finds no pattern
// in them.
void KeyedTable::copy_rows(const std::vector<RowId>& ids, FrozenRows& frozen,
                           FrozenMemory& memory) const {
  for (size_t i = 0; i < ids.size();) {
    const FrozenRows::Room room = frozen.add(&ids[i], ids.size() - i, memory);
    std::byte* to = room.rows;
    for (const size_t end = i + room.count; i < end;) {
      const RowId id = ids[i];
      size_t run = 1;
      if (i + kRun <= end && ids[i + kRun - 1] == id + kRun - 1 &&
          (id & page_mask_) + kRun - 1 <= page_mask_) {
        run = kRun;
      } else if (i + kRowsAhead < ids.size()) {
        touch(ids[i + kRowsAhead]);
      }
      std::memcpy(to, row(id), run * row_bytes_);
      to += run * row_bytes_;
      i += run;
    }
    frozen.copy_texts(room, memory);
  }
}

Result<RowId> KeyedTable::insert_encoded(uint64_t hash, ByteReader& in) {
  const RowId id = allocate_row(hash);
  std::byte* to = change(id);
  const std::string_view nulls = TRY(in.get_bytes((layout_->columns() + 7) / 8));
  nulls.copy(reinterpret_cast<char*>(to) + sizeof hash, nulls.size());
  for (size_t column = 0; column < layout_->columns(); ++column) {
    if (layout_->is_null(to, column)) continue;
    const Type& type = layout_->type(column);
    if (is_stored_as_text(type)) {
      store_text(to + layout_->offset(column), TRY(in.get_sized()));
      continue;
    }
    const std::string_view bytes = TRY(in.get_bytes(std::max<size_t>(type.width(), 1)));
    std::memcpy(to + layout_->offset(column), bytes.data(), bytes.size());
  }
  if (access_ == Access::kByRow) return id;
  if (live_ * 8 > index_.size() * 5) grow_index();
  size_t slot = 0;
  find_row(
      hash, [](const std::byte*) { return false; }, &slot);
  index_[slot] = index_entry(hash, id);
  return id;
}

void KeyedTable::reserve(size_t rows) {
  if (access_ == Access::kByRow) return;
  size_t slots = std::max(kFirstIndexSlots, index_.size());
  while ((live_ + rows) * 8 > slots * 5) slots *= 2;
  if (slots != index_.size()) make_index(slots);
}

void KeyedTable::grow_index() { make_index(std::max(kFirstIndexSlots, index_.size() * 2)); }

void KeyedTable::make_index(size_t slots) {
  LargeVector<uint64_t> old(slots, 0);
  old.swap(index_);
  index_mask_ = slots - 1;
  for (const uint64_t entry : old) {
    if (entry == 0) continue;
    size_t at = tag_of(entry) & index_mask_;
    while (index_[at] != 0) at = (at + 1) & index_mask_;
    index_[at] = entry;
  }
}

// Once round, and once more if that found nothing: then nothing counts as used any more.
void KeyedTable::pick_unused(size_t rows_max, std::vector<RowId>& rows) {
  notes_use_ = true;
  used_bits_.resize(live_bits_.size(), 0);
  const size_t words = live_bits_.size();
  const size_t wanted = rows.size() + rows_max;
  const size_t before = rows.size();
  for (size_t looks = 0; looks < 2 * words && rows.size() < wanted; ++looks) {
    if (looks == words && rows.size() != before) break;
    if (hand_ >= words) hand_ = 0;
    const RowId first = static_cast<RowId>(hand_ * 64);
    each_bit(live_bits_[hand_] & ~used_bits_[hand_],
             [&](uint32_t bit) { rows.push_back(first + bit); });
    used_bits_[hand_++] = 0;
  }
  if (rows.size() > wanted) rows.resize(wanted);
}

size_t KeyedTable::bytes() const {
  const size_t bit_words = live_bits_.size() + changed_bits_.size() + used_bits_.size();
  return pages_held_ * page_bytes() + heap_.bytes() + index_bytes() + bit_words * sizeof(uint64_t) +
         free_.capacity() * sizeof(RowId);
}

}  // namespace weir
