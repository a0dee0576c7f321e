#include "state/keyed_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Of heads: first and last, size, then those of the timers. Of entries: order, next and prev.
constexpr size_t kHeadWords = 2;
constexpr size_t kEntryWords = 2;

constexpr StoreId kHeads{0, 0};
constexpr StoreId kEntries{1, 0};

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
  std::byte* row = entries_.unmarked(entry);  // It is new.
  store(row + order_offset_, order);
  set_link(row + prev_offset_, before);
  set_link(row + next_offset_, after);
  set_next(head, before, entry);
  set_prev(head, after, entry);
  add_to_size(head, 1);
}

void KeyedLists::set_next(RowId head, RowId before, RowId to) {
  std::byte* at = before == kNoRow ? heads_.change(head) + first_offset_
                                   : entries_.change(before) + next_offset_;
  set_link(at, to);
}

void KeyedLists::set_prev(RowId head, RowId after, RowId to) {
  std::byte* at = after == kNoRow ? heads_.unmarked(head) + last_offset_
                                  : entries_.unmarked(after) + prev_offset_;
  set_link(at, to);
}

void KeyedLists::add_to_size(RowId head, int64_t n) {
  std::byte* at = heads_.unmarked(head) + size_offset_;
  store(at, load<int64_t>(at) + n);
}

void KeyedLists::unlink(RowId head, RowId entry) {
  CHECK(entry != kNoRow);
  const RowId before = prev(entry);
  const RowId after = next(entry);
  CHECK(before != kNoRow || first(head) == entry);
  CHECK(after != kNoRow || last(head) == entry);
  set_next(head, before, after);
  set_prev(head, after, before);
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
  const bool more = pop_due(until, heads_max, due_);
  if (!due_.empty()) residency_.used(spec_.name, 0);
  for (const Timers::Due& due : due_) erase_head(due.row);
  return more;
}

void KeyedLists::erase_all() {
  for (RowId head = 0; head < heads_.ids_end(); ++head) {
    if (heads_.is_live(head)) erase_head(head);
  }
  residency_.forget_all(name_);
}

size_t KeyedLists::bytes() const {
  return heads_.bytes() + entries_.bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

size_t KeyedLists::used_bytes() const {
  return heads_.used_bytes() + entries_.used_bytes() + (timers_.has_value() ? timers_->bytes() : 0);
}

std::string KeyedLists::signature() const {
  return fmt::format("({}) -> ({}), lists of ({}){}", types_text(spec_.key), types_text(spec_.head),
                     types_text(spec_.entry), spec_.with_timer ? " with timers" : "");
}

void KeyedLists::freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) {
  std::vector<size_t> words = {first_offset_};
  if (timers_.has_value()) words.push_back(timers_->due_offset());
  freeze_store(heads_, {kHeads, what, std::move(words)}, memory, out);
  freeze_store(entries_, {kEntries, what, {order_offset_, next_offset_}}, memory, out);
}

Status KeyedLists::read(const StateImage::Table& from, const OwnedGroups& owned) {
  const std::vector<SavedHead> heads = TRY(read_heads(from, owned));
  std::vector<SavedEntry> entries = TRY(read_entries(from, owned));
  for (const SavedHead& head : heads) {
    for (RowId at = head.first; at != kNoRow;) {
      if (at >= entries.size() || entries[at].row == kNoRow) return misfit();
      const SavedEntry entry = std::exchange(entries[at], {});
      link_behind(head.row, last(head.row), entry.row, entry.order);
      at = entry.next;
    }
  }
  const bool all_linked = std::all_of(entries.begin(), entries.end(),
                                      [](const SavedEntry& entry) { return entry.row == kNoRow; });
  return all_linked ? Status() : misfit();
}

Result<std::vector<KeyedLists::SavedHead>> KeyedLists::read_heads(const StateImage::Table& from,
                                                                  const OwnedGroups& owned) {
  std::vector<SavedHead> heads;
  const auto read_head = [&](RowId, uint64_t hash, ByteReader& rest) -> Status {
    const RowId row = TRY(heads_.insert_encoded(hash, rest));
    const std::string_view ends = TRY(rest.get_bytes(sizeof(uint64_t)));
    heads.push_back({row, link(reinterpret_cast<const std::byte*>(ends.data()))});
    if (timers_.has_value()) timers_->restore(row, TRY(rest.get<uint64_t>()));
    return {};
  };
  const StateImage::Store* store = from.store(kHeads);
  if (store != nullptr) heads.reserve(store->ids_end());
  TRY(read_rows(store, owned, heads_, read_head));
  return heads;
}

// By the ids that they had.
Result<std::vector<KeyedLists::SavedEntry>> KeyedLists::read_entries(const StateImage::Table& from,
                                                                     const OwnedGroups& owned) {
  std::vector<SavedEntry> entries;
  const StateImage::Store* store = from.store(kEntries);
  if (store != nullptr) entries.resize(store->ids_end());
  const auto read_entry = [&](RowId id, uint64_t hash, ByteReader& rest) -> Status {
    const RowId row = TRY(entries_.insert_encoded(hash, rest));
    const int64_t order = TRY(rest.get<int64_t>());
    const std::string_view links = TRY(rest.get_bytes(sizeof(uint64_t)));
    entries[id] = {row, link(reinterpret_cast<const std::byte*>(links.data())), order};
    return {};
  };
  TRY(read_rows(store, owned, entries_, read_entry));
  return entries;
}

// rest of the value = head's values entries:u32 (order:i64 entry's values)*
void KeyedLists::evict(size_t bytes, const Leave& leave) {
  LeavingBytes leaving;
  evict_rows(heads_, bytes, [&](RowId head) {
    const int64_t due = timers_.has_value() ? timers_->due(head) : kNoDue;
    leaving.begin(heads_, head, due);
    leaving.value.put(static_cast<uint32_t>(size(head)));
    for (RowId entry = first(head); entry != kNoRow; entry = next(entry)) {
      leaving.value.put(order(entry));
      encode_values(entries_.layout(), entries_.row(entry), leaving.value);
    }
    erase_head(head);
    leave({{}, leaving.key, due, leaving.value.view()});
  });
}

void KeyedLists::missing(StoreId, const KeyBatch& keys, Selection selection,
                         const Missing& f) const {
  missing_in(heads_, keys, selection, [&](uint64_t, std::string_view key) { f(key); });
}

Status KeyedLists::come_back(StoreId, std::string_view value) {
  ByteReader in(value);
  const Returned back = TRY(begin_return(heads_, in));
  const uint32_t entries = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < entries; ++i) {
    const int64_t order = TRY(in.get<int64_t>());
    const RowId entry = TRY(entries_.insert_encoded(heads_.hash(back.row), in));
    link_behind(back.row, last(back.row), entry, order);
  }
  if (in.left() != 0 || (back.due != kNoDue && !timers_.has_value())) return misfit();
  if (back.due != kNoDue) timers_->set(back.row, back.due);
  return {};
}

}  // namespace weir
