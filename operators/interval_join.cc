#include "operators/interval_join.h"

#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;

int64_t plus_saturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b < 0 ? kMinTime : kMaxTime;
  return sum;
}

// The first watermark at which a row that was to be kept until `last` may go.
int64_t due_after(int64_t last) { return std::min(plus_saturated(last, 1), kNoDue - 1); }

JoinShape shape_of(const IntervalJoinSpec& spec) {
  return {.type = spec.type, .left = spec.left, .right = spec.right, .condition = spec.condition};
}

}  // namespace

IntervalJoin::IntervalJoin(const IntervalJoinSpec& spec, std::string id, SchemaPtr output,
                           const NeededColumns& needed, TaskState& state, const SplitNames& names)
    : id_(std::move(id)),
      names_(names),
      joined_(shape_of(spec), id_, std::move(output), needed, false, names) {
  CHECK(spec.lower <= spec.upper);
  side(kLeftPort) = make_side(kLeftPort, state, id_ + ".left");
  side(kRightPort) = make_side(kRightPort, state, id_ + ".right");
  side(kLeftPort).lo = minus_saturated(0, spec.upper);
  side(kLeftPort).hi = minus_saturated(0, spec.lower);
  side(kRightPort).lo = spec.lower;
  side(kRightPort).hi = spec.upper;
  for (const Port port : {kLeftPort, kRightPort}) {
    const bool may_miss = joined_.is_outer(other_side(port));
    if (!may_miss) hold_back_ = std::max(hold_back_, side(port).hi);
  }
}

IntervalJoin::Side IntervalJoin::make_side(Port port, TaskState& state,
                                           const std::string& name) const {
  Side made{.outer = joined_.is_outer(port)};
  ListsSpec spec{.name = name, .entry = joined_.kept_types(port), .with_timer = true};
  for (const size_t key : joined_.side(port).keys) {
    spec.key.push_back(joined_.side(port).columns[key].type);
  }
  made.matched = spec.entry.size();
  if (made.outer) spec.entry.emplace_back(TypeKind::kBoolean);
  made.lists = &state.lists(spec);
  return made;
}

KeyBatch IntervalJoin::keys_of(Port port, const RecordBatch& batch) const {
  KeyBatch keys;
  for (const size_t key : joined_.side(port).keys) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = intake_.hashes.data();
  return keys;
}

void IntervalJoin::split(Port port, const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  intake_ = take_in(batch, joined_.side(port), LateWhere::kBelow);
}

Readiness IntervalJoin::prefetch(Port port, const Element& element) {
  Readiness left = Readiness::kReady;
  Readiness right = Readiness::kReady;
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    split(port, *batch);
    const Selection rows(intake_.rows.data(), intake_.rows.size());
    if (rows.size() == 0) return Readiness::kReady;
    const KeyBatch keys = keys_of(port, *batch);
    left = side(kLeftPort).lists->prefetch(keys, rows);
    right = side(kRightPort).lists->prefetch(keys, rows);
  } else if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    left = side(kLeftPort).lists->prefetch_due(watermark->time);
    right = side(kRightPort).lists->prefetch_due(watermark->time);
  }
  const bool ready = left == Readiness::kReady && right == Readiness::kReady;
  return ready ? Readiness::kReady : Readiness::kPending;
}

Result<Progress> IntervalJoin::process(Port port, const Element& element, int64_t now,
                                       Output& out) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    return process_rows(port, *batch, now, out);
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  return watermark == nullptr ? Progress::kDone : expire(watermark->time, out);
}

Result<Progress> IntervalJoin::process_rows(Port port, const RecordBatch& batch, int64_t now,
                                            Output& out) {
  if (!kept_) {
    split(port, batch);
    counters_.rows_in += batch.size();
    counters_.late += intake_.late.size();
    counters_.accepted += batch.size() - intake_.late.size();
    if (!intake_.late.empty() && out.is_open(kLatePort)) {
      out.emit(kLatePort, late_rows(batch, intake_.late, id_, names_));
    }
    joined_.emit_lone(batch, intake_.lone, port, counters_, out);
    if (!intake_.rows.empty()) {
      keep_rows(port, batch);
      find_partners(port, batch);
    }
    kept_ = true;
  }
  const uint64_t before = counters_.rows_out;
  uint64_t last = before;
  for (int emitted = 0; next_row_ < intake_.rows.size();) {
    if (emitted == kBatchesInOneCall) return Progress::kMore;
    collect_pairs(port, batch);
    if (pair_rows_.empty()) continue;  // Every row was looked at.
    TRY(emit_pairs(port, batch, now, out));
    emitted += counters_.rows_out > last ? 1 : 0;
    last = counters_.rows_out;
  }
  split_done_ = false;
  kept_ = false;
  next_row_ = 0;
  return Progress::kDone;
}

void IntervalJoin::keep_rows(Port port, const RecordBatch& batch) {
  KeyedLists& lists = *side(port).lists;
  const Selection rows(intake_.rows.data(), intake_.rows.size());
  const int64_t* times = batch.columns[joined_.side(port).time]->values<int64_t>();
  heads_.resize(rows.size());
  own_.resize(rows.size());
  lists.heads().find_or_insert(keys_of(port, batch), rows, heads_.data());
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t time = times[rows[i]];
    own_[i] = lists.insert(heads_[i], time);
    if (lists.first(heads_[i]) != own_[i]) continue;
    lists.timers().set(heads_[i], due_after(plus_saturated(time, side(port).hi)));
  }
  joined_.keep(lists.entries(), own_.data(), batch, rows, port);
}

void IntervalJoin::find_partners(Port port, const RecordBatch& batch) {
  KeyedLists& lists = *side(other_side(port)).lists;
  partners_.resize(intake_.rows.size());
  lists.heads().find(keys_of(port, batch), {intake_.rows.data(), intake_.rows.size()},
                     partners_.data());
  next_partner_ = partners_[0] == kNoRow ? kNoRow : lists.last(partners_[0]);
}

// Back from the latest, since what comes mostly meets what came just before.
void IntervalJoin::collect_pairs(Port port, const RecordBatch& batch) {
  const KeyedLists& lists = *side(other_side(port)).lists;
  const int64_t* times = batch.columns[joined_.side(port).time]->values<int64_t>();
  pair_rows_.clear();
  pair_own_.clear();
  pair_other_.clear();
  while (next_row_ < intake_.rows.size()) {
    const uint32_t row = intake_.rows[next_row_];
    const int64_t from = plus_saturated(times[row], side(port).lo);
    const int64_t to = plus_saturated(times[row], side(port).hi);
    for (; next_partner_ != kNoRow; next_partner_ = lists.prev(next_partner_)) {
      const int64_t time = lists.order(next_partner_);
      if (time < from) break;
      if (time > to) continue;
      if (pair_rows_.size() == kBatchRows) return;
      pair_rows_.push_back(row);
      pair_own_.push_back(own_[next_row_]);
      pair_other_.push_back(next_partner_);
    }
    if (++next_row_ == intake_.rows.size()) return;
    const RowId head = partners_[next_row_];
    next_partner_ = head == kNoRow ? kNoRow : lists.last(head);
  }
}

Status IntervalJoin::emit_pairs(Port port, const RecordBatch& batch, int64_t now, Output& out) {
  const Side& own = side(port);
  const Side& other = side(other_side(port));
  RecordBatch pairs = joined_.begin(pair_rows_.size());
  joined_.set(pairs, port, batch, pair_rows_.data());
  joined_.set(pairs, other_side(port), other.lists->entries(), pair_other_.data());
  RecordBatch matching = TRY(joined_.matching(std::move(pairs), now, out));
  if (matching.size() == 0) return {};
  matching.selection().each([&](uint32_t i) {
    if (own.outer) mark_matched(own, pair_own_[i]);
    if (other.outer) mark_matched(other, pair_other_[i]);
  });
  joined_.emit(std::move(matching), counters_, out);
  return {};
}

void IntervalJoin::mark_matched(const Side& side, RowId entry) {
  KeyedTable& entries = side.lists->entries();
  const RowLayout& layout = entries.layout();
  std::byte* row = entries.change(entry);
  layout.clear_null(row, side.matched);
  store<uint8_t>(row + layout.offset(side.matched), 1);
}

Progress IntervalJoin::expire(int64_t watermark, Output& out) {
  int batches = 0;
  for (const Port port : {kLeftPort, kRightPort}) {
    for (bool more = true; more;) {
      if (batches == kBatchesInOneCall) return Progress::kMore;
      bool emitted = false;
      more = expire_some(port, watermark, out, &emitted);
      batches += emitted ? 1 : 0;
      if (more && due_.empty()) return Progress::kMore;  // The rest is out of memory.
    }
  }
  return Progress::kDone;
}

bool IntervalJoin::expire_some(Port port, int64_t watermark, Output& out, bool* emitted) {
  const Side& own = side(port);
  KeyedLists& lists = *own.lists;
  lists.heads();  // Asked for, and about to be used.
  due_.clear();
  lone_.clear();
  gone_.clear();
  bool more = lists.pop_due(watermark, kBatchRows, due_);
  for (const Timers::Due& due : due_) {
    RowId entry = lists.first(due.row);
    for (; entry != kNoRow && lone_.size() < kBatchRows; entry = lists.next(entry)) {
      if (due_after(plus_saturated(lists.order(entry), own.hi)) > watermark) break;
      const bool unmatched =
          own.outer && lists.entries().layout().is_null(lists.entries().row(entry), own.matched);
      if (unmatched) lone_.push_back(entry);
      gone_.emplace_back(due.row, entry);
    }
    if (entry == kNoRow) continue;
    const int64_t next = due_after(plus_saturated(lists.order(entry), own.hi));
    lists.timers().set(due.row, next);
    more |= next <= watermark;
  }
  if (!lone_.empty()) {
    RecordBatch joined = joined_.begin(lone_.size());
    joined_.set(joined, port, lists.entries(), lone_.data());
    joined_.set_missing(joined, other_side(port));
    joined_.emit(std::move(joined), counters_, out);
    *emitted = true;
  }
  for (const auto& [head, entry] : gone_) {
    lists.erase(head, entry);
    if (lists.size(head) == 0) lists.erase_head(head);
  }
  return more;
}

}  // namespace weir
