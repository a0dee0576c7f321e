#include "state/keyed_lists.h"

#include <fmt/format.h>

namespace weir {
namespace {

// Of heads: first and last, size, then those of the timers. Of entries: order, next and prev.
constexpr size_t kHeadWords = 2;
constexpr size_t kEntryWords = 2;

}  // namespace

KeyedLists::KeyedLists(ListsSpec spec, Residency& residency)
    : StateTable(spec.name, residency),
      spec_(std::move(spec)),
      heads_(std::make_shared<const RowLayout>(
          spec_.key, spec_.head, kHeadWords + (spec_.with_timer ? Timers::kWords : 0))),
      entries_(std::make_shared<const RowLayout>(std::vector<Type>(), spec_.entry, kEntryWords),
               Access::kByRow),
      first_offset_(heads_.layout().hidden_offset(0)),
      last_offset_(first_offset_ + sizeof(RowId)),
      size_offset_(heads_.layout().hidden_offset(1)),
      order_offset_(entries_.layout().hidden_offset(0)),
      next_offset_(entries_.layout().hidden_offset(1)),
      prev_offset_(next_offset_ + sizeof(RowId)) {
  if (spec_.with_timer) timers_.emplace(heads_, kHeadWords);
}

KeyedTable& KeyedLists::heads() {
  residency_.used(spec_.name, 0);
  return heads_;
}

void KeyedLists::touch(const RowId* heads, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (size(heads[i]) == 0) continue;
    entries_.touch(first(heads[i]));
    entries_.touch(last(heads[i]));
  }
}

RowId KeyedLists::insert(RowId head, int64_t order) {
  RowId before = last(head);
  while (before != kNoRow && this->order(before) > order) before = prev(before);
  const RowId entry = entries_.append_row(heads_.hash(head));
  link_behind(head, before, entry, order);
  return entry;
}

RowId KeyedLists::insert_behind(RowId head, RowId before) {
  const RowId neighbour = before == kNoRow ? first(head) : before;
  const int64_t order = neighbour == kNoRow ? 0 : this->order(neighbour);
  const RowId entry = entries_.append_row(heads_.hash(head));
  link_behind(head, before, entry, order);
  return entry;
}

// Behind `before`, or in front of all where that is kNoRow.
void KeyedLists::link_behind(RowId head, RowId before, RowId entry, int64_t order) {
  const RowId after = before == kNoRow ? first(head) : next(before);
  std::byte* row = entries_.row(entry);
  store(row + order_offset_, order);
  set_link(row + prev_offset_, before);
  set_link(row + next_offset_, after);
  set_link(
      before == kNoRow ? heads_.row(head) + first_offset_ : entries_.row(before) + next_offset_,
      entry);
  set_link(after == kNoRow ? heads_.row(head) + last_offset_ : entries_.row(after) + prev_offset_,
           entry);
  add_to_size(head, 1);
}

void KeyedLists::add_to_size(RowId head, int64_t n) {
  std::byte* at = heads_.row(head) + size_offset_;
  store(at, load<int64_t>(at) + n);
}

void KeyedLists::unlink(RowId head, RowId entry) {
  CHECK(entry != kNoRow);
  const RowId before = prev(entry);
  const RowId after = next(entry);
  CHECK(before != kNoRow || first(head) == entry);
  CHECK(after != kNoRow || last(head) == entry);
  set_link(
      before == kNoRow ? heads_.row(head) + first_offset_ : entries_.row(before) + next_offset_,
      after);
  set_link(after == kNoRow ? heads_.row(head) + last_offset_ : entries_.row(after) + prev_offset_,
           before);
  add_to_size(head, -1);
}

void KeyedLists::erase_head(RowId head) {
  for (RowId entry = first(head); entry != kNoRow;) {
    const RowId after = next(entry);
    entries_.erase(entry);
    entry = after;
  }
  heads_.erase(head);
}

bool KeyedLists::erase_due(int64_t until, size_t heads_max) {
  due_.clear();
  const bool more = timers_->pop_due(until, heads_max, due_);
  if (!due_.empty()) residency_.used(spec_.name, 0);
  for (const Timers::Due& due : due_) erase_head(due.row);
  return more;
}

void KeyedLists::erase_all() {
  for (RowId head = 0; head < heads_.ids_end(); ++head) {
    if (heads_.is_live(head)) erase_head(head);
  }
}

size_t KeyedLists::bytes() const {
  return heads_.bytes() + entries_.bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

std::string KeyedLists::signature() const {
  return fmt::format("({}) -> ({}), lists of ({}){}", types_text(spec_.key), types_text(spec_.head),
                     types_text(spec_.entry), spec_.with_timer ? " with timers" : "");
}

void KeyedLists::write_snapshot(ByteWriter& out) const {
  out.put(static_cast<uint32_t>(heads_.size()));
  for (RowId head = 0; head < heads_.ids_end(); ++head) {
    if (!heads_.is_live(head)) continue;
    put_item(out, heads_.hash(head), [&] {
      heads_.encode_row(head, out);
      if (timers_.has_value()) out.put(timers_->due(head));
      out.put(static_cast<uint32_t>(size(head)));
      for (RowId entry = first(head); entry != kNoRow; entry = next(entry)) {
        out.put(order(entry));
        entries_.encode_row(entry, out);
      }
    });
  }
}

Status KeyedLists::read_snapshot(ByteReader& in, const OwnedGroups& owned) {
  return read_items(in, owned, [&](uint64_t hash, ByteReader& item) -> Status {
    const RowId head = TRY(heads_.insert_encoded(hash, item));
    if (timers_.has_value()) {
      const int64_t due = TRY(item.get<int64_t>());
      if (due != kNoDue) timers_->set(head, due);
    }
    const uint32_t count = TRY(item.get<uint32_t>());
    for (uint32_t i = 0; i < count; ++i) {
      const int64_t order = TRY(item.get<int64_t>());
      const RowId entry = TRY(entries_.insert_encoded(hash, item));
      link_behind(head, last(head), entry, order);
    }
    return {};
  });
}

}  // namespace weir
