#include "operators/over_frame.h"

#include "engine/time/watermark.h"
#include "operators/accumulator_pick.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Merges written down before they are carried out.
constexpr size_t kMergesMax = 64 << 10;
// A log is cut when so much of its range has passed.
constexpr int64_t kCutsOfRange = 8;

// How many rows ahead memory is asked for, in each step.
constexpr size_t kAhead = 8;

// Values of a head.
constexpr size_t kFront = 0;      // Entries of the front
constexpr size_t kFrontLast = 1;  // The time of its last
constexpr size_t kNumber = 2;     // Rows so far

// Strings and arrays have their values in the order of the rows.
AggregateCall aggregate_of(const OverCall& call) {
  AggregateCall aggregate{.name = call.name,
                          .function = call.aggregate,
                          .argument = call.argument,
                          .filter = call.filter,
                          .distinct = false,
                          .parameter = call.parameter,
                          .type = call.type,
                          .source_type = {}};
  if (depends_on_order(call.aggregate)) aggregate.order = {SortKey()};  // Their numbers.
  return aggregate;
}

std::optional<Type> argument_of(const OverCall& call, const Schema& input) {
  if (!call.argument) return std::nullopt;
  return input.fields[*call.argument].type;
}

// Whether the state of one aggregate serves the other too.
bool same_state(const OverCall& a, const OverCall& b, const std::optional<Type>& argument) {
  const auto adds = [](const OverCall& call) {
    return call.aggregate == AggregateFunction::kSum || call.aggregate == AggregateFunction::kAvg;
  };
  if (a.function != b.function || a.argument != b.argument || a.filter != b.filter) return false;
  if (a.aggregate == b.aggregate) return a.parameter == b.parameter;
  // Of doubles, sum does without the count.
  return adds(a) && adds(b) && argument->kind() != TypeKind::kDouble;
}

std::string name_of(const FrameSpec& frame) {
  if (frame.has_range()) return fmt::format("range.{}", *frame.range);
  if (frame.kind == FrameKind::kRange) return "range";
  return frame.rows ? fmt::format("rows.{}", *frame.rows) : "rows";
}

}  // namespace

bool has_frame(const OverCall& call) {
  switch (call.function) {
    case OverFunction::kAggregate:
    case OverFunction::kFirstValue:
    case OverFunction::kLastValue: return true;
    case OverFunction::kLag:
    case OverFunction::kRowNumber:
    case OverFunction::kRank:
    case OverFunction::kDenseRank: return false;
  }
  unreachable();
}

FrameSpec frame_of(const OverSpec& spec, const OverCall& call) {
  FrameSpec frame{.kind = call.frame, .order = spec.order, .time_column = spec.time_column};
  if (call.frame == FrameKind::kRange) {
    frame.range = call.range;
  } else {
    frame.rows = call.rows;
  }
  // The log has no peers: all rows before and this one.
  if (spec.order == OverOrder::kLog && !frame.has_range() && !frame.rows) {
    frame.kind = FrameKind::kRows;
  }
  return frame;
}

OverFrame::OverFrame(const FrameSpec& frame, const OverSpec& spec, const StagePlan& stage,
                     const KeyLife& life, TaskState& state)
    : frame_(frame),
      life_(life),
      is_logged_(frame.order == OverOrder::kLog && frame.has_range()),
      has_begin_(frame.has_range() || frame.rows.has_value()),
      with_peers_(frame.order == OverOrder::kEventTime && frame.kind == FrameKind::kRange) {
  const Schema& input = *stage.input;
  ListsSpec lists{.name = fmt::format("{}.{}", stage.id, name_of(frame_)),
                  .key = {},
                  .head = {TypeKind::kBigint, TypeKind::kBigint, TypeKind::kBigint},
                  .entry = add_calls(spec, input),
                  .with_timer = frame_.has_range() || life_.ends()};
  for (const size_t key : spec.keys) lists.key.push_back(input.fields[key].type);
  lists_ = &state.lists(lists);
  for (const size_t value : {kFront, kFrontLast, kNumber}) {
    value_offsets_[value] = lists_->head_layout().value_offset(value);
  }
  make_accumulators(input);
  scratch_ = std::make_unique<KeyedTable>(
      std::make_shared<const RowLayout>(std::vector<Type>(), lists.entry), Access::kByRow);
  if (!is_logged_) return;
  lists.name += ".log";
  lists.head.clear();
  log_ = &state.lists(lists);
}

std::vector<Type> OverFrame::add_calls(const OverSpec& spec, const Schema& input) {
  std::vector<Type> types;
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    const OverCall& over = spec.calls[i];
    if (!has_frame(over) || frame_of(spec, over) != frame_) continue;
    Call& call = calls_.emplace_back();
    call.call = over;
    call.index = i;
    call.first_column = types.size();
    needs_numbers_ |= call.is_pick() || depends_on_order(over.aggregate);
    for (const Type& type : add_call_state(call, argument_of(over, input))) types.push_back(type);
  }
  CHECK(!calls_.empty());
  return types;
}

// The columns that the call adds to the state.
std::vector<Type> OverFrame::add_call_state(Call& call, const std::optional<Type>& argument) const {
  if (call.is_pick()) return pick_types(*argument);
  for (const Call& earlier : calls_) {
    if (&earlier == &call || !same_state(earlier.call, call.call, argument)) continue;
    call.first_column = earlier.first_column;
    call.shares_state = true;
    return {};
  }
  std::vector<Type> types;
  const AggregateCall aggregate = aggregate_of(call.call);
  for (const Field& field : partial_fields(aggregate, argument.value_or(TypeKind::kBigint))) {
    types.push_back(field.type);
  }
  return types;
}

void OverFrame::make_accumulators(const Schema& input) {
  const RowLayout& layout = lists_->entries().layout();
  for (Call& call : calls_) {
    const std::optional<Type> argument = argument_of(call.call, input);
    if (call.is_pick()) {
      const bool first = call.call.function == OverFunction::kFirstValue;
      call.accumulator =
          make_pick(first ? Pick::kFirst : Pick::kLast, *argument, layout, call.first_column);
    } else {
      call.accumulator =
          make_accumulator(aggregate_of(call.call), argument, layout, call.first_column);
    }
  }
}

Readiness OverFrame::prefetch(const KeyBatch& keys, Selection selection) {
  const Readiness lists = lists_->prefetch(keys, selection);
  const Readiness log = is_logged_ ? log_->prefetch(keys, selection) : Readiness::kReady;
  return lists == Readiness::kReady ? log : lists;
}

Readiness OverFrame::prefetch_due(int64_t watermark) {
  if (!frame_.has_range()) return life_.prefetch(*lists_, watermark);
  const Readiness lists = lists_->prefetch_due(watermark);
  const Readiness log = is_logged_ ? log_->prefetch_due(watermark) : Readiness::kReady;
  return lists == Readiness::kReady ? log : lists;
}

Status OverFrame::take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) {
  begin(chunk);
  const size_t count = chunk.rows.size();
  for (size_t from = 0; from < count;) {
    const size_t to = end_of_peers(from);
    for (size_t i = from; i < to; ++i) {
      fetch_ahead(i);
      is_logged_ ? enter_logged(i) : enter(i);
    }
    if (!is_logged_) {
      for (size_t i = from; i < to; ++i) answer(i);
    }
    if (targets_.size() >= kMergesMax) TRY(run(chunk.rows, to));
    from = to;
  }
  TRY(run(chunk.rows, count));
  return finish(results);
}

void OverFrame::begin(const KeyedRows& chunk) {
  const size_t count = chunk.rows.size();
  times_ =
      frame_.time_column ? chunk.rows.columns[*frame_.time_column]->values<int64_t>() : nullptr;
  used_at_ = chunk.used_at;
  heads_ = &lists_->heads();
  head_ids_.resize(count);
  inserted_.clear();
  heads_->find_or_insert(chunk.keys, Selection(count), head_ids_.data(), &inserted_);
  for (const uint32_t i : inserted_) {
    std::byte* row = heads_->change(head_ids_[i]);
    for (const size_t value : {kFront, kFrontLast, kNumber}) {
      heads_->layout().clear_null(row, heads_->layout().key_columns() + value);
    }
    lists_->insert(head_ids_[i], kMinTime);
  }
  if (is_logged_) {
    log_head_ids_.resize(count);
    log_->heads().find_or_insert(chunk.keys, Selection(count), log_head_ids_.data());
  }
  if (needs_numbers_) number_rows(count);
  result_ids_.resize(count);
  for (RowId& id : result_ids_) id = scratch_->append_row(0);
  singles_.resize(count);
  added_ = 0;
}

// Asks the processor for what later rows will touch, each step a few rows after the one it needs:
// the head, its `back` and last entry, its first entry, and the one that is first when that leaves.
void OverFrame::fetch_ahead(size_t i) const {
  const auto ask = [](const KeyedTable& table, RowId id) {
    if (id != kNoRow) table.touch(id);
  };
  const size_t count = head_ids_.size();
  const KeyedTable& entries = lists_->entries();
  if (i + 4 * kAhead < count) ask(*heads_, head_ids_[i + 4 * kAhead]);
  if (i + 3 * kAhead < count) {
    ask(entries, lists_->first(head_ids_[i + 3 * kAhead]));
    ask(entries, lists_->last(head_ids_[i + 3 * kAhead]));
  }
  if (!has_begin_) return;
  if (i + 2 * kAhead < count) ask(entries, first_entry(head_ids_[i + 2 * kAhead]));
  if (i + kAhead < count) {
    const RowId first = first_entry(head_ids_[i + kAhead]);
    if (first != kNoRow) ask(entries, lists_->next(first));
  }
}

void OverFrame::number_rows(size_t count) {
  ColumnWriter writer(TypeKind::kBigint, count);
  for (size_t i = 0; i < count; ++i) {
    const int64_t number = head_value(head_ids_[i], kNumber) + 1;
    set_head_value(head_ids_[i], kNumber, number);
    writer.append(number);
  }
  numbers_ = std::move(writer).finish();
}

size_t OverFrame::end_of_peers(size_t from) const {
  const size_t count = head_ids_.size();
  size_t to = from + 1;
  if (with_peers_) {
    while (to < count && times_[to] == times_[from]) ++to;
  }
  return to;
}

void OverFrame::enter(size_t i) {
  const RowId head = head_ids_[i];
  if (!frame_.has_range() && life_.ends() &&
      lists_->timers().touch(head, used_at_[i], life_.ttl())) {
    begin_anew(head);
  }
  if (!has_begin_) {
    single_ids_.push_back(scratch_->append_row(0));
    singles_[i] = scratch_->change(single_ids_.back());
  } else {
    int64_t order = 0;
    if (frame_.has_range()) {
      order = times_[i];
      evict_before(head, minus_saturated(order, *frame_.range));
      lists_->timers().set(head, due_after(order));
    } else {
      evict_above(head, *frame_.rows);
    }
    singles_[i] = changed(lists_->insert(head, order));
  }
  merge(changed(back(head)), singles_[i]);
}

// A row in order of time is answered by the frame, any other by the log.
void OverFrame::enter_logged(size_t i) {
  const RowId head = head_ids_[i];
  const RowId log_head = log_head_ids_[i];
  const int64_t time = times_[i];
  const RowId logged = log_->insert(log_head, time);
  singles_[i] = log_->entries().change(logged);
  if (log_->timers().due(log_head) == kNoDue) log_->timers().set(log_head, due_after(time));
  if (time < lists_->order(lists_->last(head))) {
    enter_behind(head, time, singles_[i]);
    answer_from_log(i, logged);
    return;
  }
  evict_before(head, minus_saturated(time, *frame_.range));
  lists_->timers().set(head, due_after(time));
  merge(changed(lists_->insert(head, time)), singles_[i]);
  merge(changed(back(head)), singles_[i]);
  answer(i);
}

// A row behind the last in time, into the frame of the last.
void OverFrame::enter_behind(RowId head, int64_t time, const std::byte* states) {
  if (time < minus_saturated(lists_->order(lists_->last(head)), *frame_.range)) return;
  const RowId added = lists_->insert(head, time);
  merge(changed(added), states);
  const int64_t front = head_value(head, kFront);
  if (front == 0 || time >= head_value(head, kFrontLast)) return merge(changed(back(head)), states);
  merge(changed(added), entry(lists_->next(added)));
  for (RowId before = lists_->prev(added); before != back(head); before = lists_->prev(before)) {
    merge(changed(before), states);
  }
  set_head_value(head, kFront, front + 1);
}

template <typename Expired>
void OverFrame::evict(RowId head, Expired&& expired) {
  int64_t front = head_value(head, kFront);
  bool back_is_wrong = false;
  for (RowId first = first_entry(head); first != kNoRow && expired(first);
       first = first_entry(head)) {
    lists_->unlink(head, first);
    left_.push_back(first);
    if (front > 0) {
      --front;
    } else {
      back_is_wrong = true;
    }
  }
  set_head_value(head, kFront, front);
  if (back_is_wrong) flip(head);
}

void OverFrame::evict_before(RowId head, int64_t time) {
  evict(head, [&](RowId first) { return lists_->order(first) < time; });
}

void OverFrame::evict_above(RowId head, size_t entries_max) {
  evict(head, [&](RowId) { return lists_->size(head) - 1 > entries_max; });
}

// Makes all entries the front, with an empty `back`.
void OverFrame::flip(RowId head) {
  const RowId old = back(head);
  const RowId fresh = lists_->insert(head, kMinTime);
  lists_->unlink(head, old);
  left_.push_back(old);
  const RowId last = lists_->last(head);
  for (RowId at = last; at != fresh && lists_->prev(at) != fresh; at = lists_->prev(at)) {
    merge(changed(lists_->prev(at)), entry(at));
  }
  set_head_value(head, kFront, static_cast<int64_t>(lists_->size(head)) - 1);
  set_head_value(head, kFrontLast, lists_->order(last));
}

// As if the key had not been there before.
void OverFrame::begin_anew(RowId head) {
  for (RowId entry = lists_->first(head); entry != kNoRow; entry = lists_->first(head)) {
    lists_->unlink(head, entry);
    left_.push_back(entry);
  }
  set_head_value(head, kFront, 0);
  lists_->insert(head, kMinTime);
}

void OverFrame::answer(size_t i) {
  const RowId head = head_ids_[i];
  std::byte* result = scratch_->change(result_ids_[i]);
  if (head_value(head, kFront) > 0) merge(result, entry(first_entry(head)));
  merge(result, entry(back(head)));
}

void OverFrame::answer_from_log(size_t i, RowId logged) {
  const int64_t begin = minus_saturated(times_[i], *frame_.range);
  std::byte* result = scratch_->change(result_ids_[i]);
  for (RowId at = logged; at != kNoRow && log_->order(at) >= begin; at = log_->prev(at)) {
    merge(result, log_->entries().row(at));
  }
}

// Adds the values of the rows up to `to`, and carries out the merges.
Status OverFrame::run(const RecordBatch& rows, size_t to) {
  for (Call& call : calls_) {
    if (call.shares_state) continue;
    TRY(add_call(call, rows, to));
    TRY(call.accumulator->merge_rows({targets_.data(), sources_.data(), targets_.size()},
                                     lists_->entries()));
  }
  added_ = to;
  targets_.clear();
  sources_.clear();
  for (const RowId id : left_) lists_->drop(id);
  left_.clear();
  return {};
}

Status OverFrame::add_call(Call& call, const RecordBatch& rows, size_t to) {
  const Column* arguments[2] = {nullptr, numbers_.get()};
  if (call.call.argument) arguments[0] = rows.columns[*call.call.argument].get();
  const AccumulatorInput input = chosen(call, rows, to);
  if (input.count == 0) return {};
  KeyedTable& singles = is_logged_ ? log_->entries() : lists_->entries();
  return call.accumulator->add(Columns(arguments, 2), input, singles);
}

// The rows whose values the call takes.
AccumulatorInput OverFrame::chosen(const Call& call, const RecordBatch& rows, size_t to) {
  const auto column = [&](const std::optional<size_t>& index) {
    return index && !call.is_pick() ? rows.columns[*index].get() : nullptr;
  };
  const Column* argument = column(call.call.argument);
  const Column* filter = column(call.call.filter);
  if (argument != nullptr && (takes_nulls(call.call.aggregate) || !argument->has_nulls())) {
    argument = nullptr;
  }
  rows_.clear();
  row_targets_.clear();
  for (size_t i = added_; i < to; ++i) {
    if (argument != nullptr && argument->is_null(i)) continue;
    if (filter != nullptr && (filter->is_null(i) || !filter->boolean(i))) continue;
    rows_.push_back(static_cast<uint32_t>(i));
    row_targets_.push_back(singles_[i]);
  }
  return {rows_.data(), row_targets_.data(), rows_.size()};
}

Status OverFrame::finish(std::vector<ColumnPtr>& results) {
  auto arena = std::make_shared<Arena>();
  for (const Call& call : calls_) {
    ColumnWriter writer(call.call.type, result_ids_.size(), arena);
    for (const RowId id : result_ids_) TRY(call.accumulator->finish(*scratch_, id, writer));
    results[call.index] = std::move(writer).finish();
  }
  for (const RowId id : result_ids_) drop_scratch(id);
  for (const RowId id : single_ids_) drop_scratch(id);
  single_ids_.clear();
  numbers_ = nullptr;
  return {};
}

// Gives the texts back to the heap that they are in before the row goes.
void OverFrame::drop_scratch(RowId id) {
  std::byte* row = scratch_->change(id);
  for (const size_t offset : scratch_->layout().text_offsets()) {
    lists_->entries().store_text(row + offset, {});
  }
  scratch_->erase(id);
}

bool OverFrame::expire(int64_t watermark, size_t keys_max) {
  if (!frame_.has_range()) return life_.erase(*lists_, watermark, keys_max);
  bool more = lists_->erase_due(watermark, keys_max);
  if (is_logged_) more |= expire_log(watermark, keys_max);
  return more;
}

// Keys that go on are cut a few times a range only, so that frequent watermarks cost little.
bool OverFrame::expire_log(int64_t watermark, size_t keys_max) {
  due_.clear();
  const bool more = log_->pop_due(watermark, keys_max, due_);
  for (const Timers::Due& due : due_) {
    const RowId head = due.row;
    while (log_->size(head) > 0 && due_after(log_->order(log_->first(head))) <= watermark) {
      log_->pop_front(head);
    }
    if (log_->size(head) == 0) {
      log_->erase_head(head);
      continue;
    }
    const int64_t next = due_after(log_->order(log_->first(head)));
    const int64_t last = due_after(log_->order(log_->last(head)));
    const int64_t pause = *frame_.range / kCutsOfRange;
    const int64_t paused = watermark > kMaxTime - 1 - pause ? last : watermark + pause;
    log_->timers().set(head, std::min(last, std::max(next, paused)));
  }
  return more;
}

int64_t OverFrame::due_after(int64_t time) const {
  const int64_t range = *frame_.range;
  return time > kMaxTime - 2 - range ? kMaxTime - 1 : time + range + 1;
}

}  // namespace weir
