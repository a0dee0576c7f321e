#include "state/timers.h"

#include <algorithm>
#include <tuple>

namespace weir {
namespace {

constexpr size_t kStaleMin = 64;

bool later(const Timers::Due& a, const Timers::Due& b) {
  return std::tie(a.time, a.row) > std::tie(b.time, b.row);
}

}  // namespace

Timers::Timers(KeyedTable& table, size_t first_word)
    : table_(table),
      due_offset_(table.layout().hidden_offset(first_word)),
      queued_offset_(table.layout().hidden_offset(first_word + 1)) {}

void Timers::set(RowId row, int64_t time) {
  CHECK(time < kNoDue);
  set_due(row, time);
  if (time < get(row, queued_offset_)) push(row, time);
}

bool Timers::touch(RowId row, int64_t time, int64_t ttl) {
  CHECK(ttl > 0);
  const int64_t was_due = due(row);
  const bool is_void = was_due <= time;
  int64_t next = time > kNoDue - 2 - ttl ? kNoDue - 2 : time + ttl;
  if (was_due != kNoDue && !is_void) next = std::max(next, was_due);
  set(row, next);
  return is_void;
}

void Timers::restore(RowId row, uint64_t word) {
  const int64_t time = static_cast<int64_t>(word) ^ kNoDue;
  if (time != kNoDue) set(row, time);
}

void Timers::push(RowId row, int64_t time) {
  set_queued(row, time);
  queue_.push_back({time, row});
  std::push_heap(queue_.begin(), queue_.end(), later);
  if (queue_.size() > 2 * table_.size() + kStaleMin) drop_stale();
}

void Timers::pop() {
  std::pop_heap(queue_.begin(), queue_.end(), later);
  queue_.pop_back();
}

bool Timers::is_stale(const Due& entry) const {
  return !table_.is_live(entry.row) || get(entry.row, queued_offset_) != entry.time;
}

// Rows that were erased, or whose timer was moved to an earlier time, leave entries behind. What is
// kept is marked as not queued for a moment, so that one of two equal entries goes.
void Timers::drop_stale() {
  std::erase_if(queue_, [this](const Due& entry) {
    if (is_stale(entry)) return true;
    set_queued(entry.row, kNoDue);
    return due(entry.row) == kNoDue;
  });
  for (const Due& entry : queue_) set_queued(entry.row, entry.time);
  std::make_heap(queue_.begin(), queue_.end(), later);
}

bool Timers::pop_due(int64_t until, size_t rows_max, std::vector<Due>& out) {
  size_t taken = 0;
  while (!queue_.empty() && queue_.front().time <= until) {
    const Due first = queue_.front();
    const bool stale = is_stale(first);
    const int64_t time = stale ? kNoDue : due(first.row);
    if (time == first.time) {
      if (taken == rows_max) return true;
      out.push_back(first);
      ++taken;
      clear(first.row);
    }
    pop();
    if (stale) continue;
    set_queued(first.row, kNoDue);
    if (time != first.time && time != kNoDue) push(first.row, time);
  }
  return false;
}

}  // namespace weir
