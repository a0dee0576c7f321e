#include "operators/over_lag.h"

#include <algorithm>

namespace weir {
namespace {

void append_value(ColumnWriter& writer, const Column& from, size_t row) {
  if (from.is_null(row)) return writer.append_null();
  if (from.type().is_text_like()) return writer.append_text(from.text(row));
  switch (from.type().width()) {
    case 0: return writer.append_bool(from.boolean(row));
    case 4: return writer.append(from.values<int32_t>()[row]);
    case 8: return writer.append(from.values<int64_t>()[row]);
    case 16: return writer.append(from.values<Int128>()[row]);
    default: unreachable();
  }
}

}  // namespace

OverLag::OverLag(const OverSpec& spec, const StagePlan& stage, const KeyLife& life,
                 TaskState& state)
    : life_(life) {
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    if (spec.calls[i].function == OverFunction::kLag) add_call(i, spec.calls[i]);
  }
  CHECK(!calls_.empty());
  std::stable_sort(calls_.begin(), calls_.end(),
                   [](const Call& a, const Call& b) { return a.distance < b.distance; });
  ListsSpec lists{
      .name = stage.id + ".lag", .key = {}, .head = {}, .entry = {}, .with_timer = life_.ends()};
  const std::vector<Field>& input = stage.input->fields;
  for (const size_t key : spec.keys) lists.key.push_back(input[key].type);
  for (const size_t argument : arguments_) lists.entry.push_back(input[argument].type);
  lists_ = &state.lists(lists);
}

void OverLag::add_call(size_t index, const OverCall& call) {
  const auto at = std::find(arguments_.begin(), arguments_.end(), *call.argument);
  calls_.push_back({.index = index,
                    .distance = call.distance,
                    .argument = static_cast<size_t>(at - arguments_.begin()),
                    .fallback = call.fallback});
  if (at == arguments_.end()) arguments_.push_back(*call.argument);
}

Status OverLag::take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) {
  const RecordBatch& rows = chunk.rows;
  heads_.resize(rows.size());
  lists_->heads().find_or_insert(chunk.keys, Selection(rows.size()), heads_.data());
  auto arena = std::make_shared<Arena>();
  std::vector<ColumnWriter> writers;
  for (const Call& call : calls_) {
    writers.emplace_back(rows.columns[arguments_[call.argument]]->type(), rows.size(), arena);
  }
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (life_.ends() && lists_->timers().touch(heads_[i], chunk.used_at[i], life_.ttl())) {
      while (lists_->size(heads_[i]) > 0) lists_->pop_front(heads_[i]);
    }
    answer(rows, i, writers);
    enter(rows, i);
  }
  for (size_t c = 0; c < calls_.size(); ++c) {
    results[calls_[c].index] = std::move(writers[c]).finish();
  }
  return {};
}

void OverLag::answer(const RecordBatch& rows, uint32_t row, std::vector<ColumnWriter>& writers) {
  const RowId head = heads_[row];
  RowId entry = kNoRow;
  uint32_t reached = 0;
  for (size_t c = 0; c < calls_.size(); ++c) {
    const Call& call = calls_[c];
    if (call.distance == 0) {
      append_value(writers[c], *rows.columns[arguments_[call.argument]], row);
    } else if (call.distance <= lists_->size(head)) {
      entry = entry_before(head, call.distance, entry, reached);
      reached = call.distance;
      lists_->entries().append_to(writers[c], entry, call.argument);
    } else if (call.fallback) {
      append_value(writers[c], *rows.columns[*call.fallback], row);
    } else {
      writers[c].append_null();
    }
  }
}

// From whichever end is nearer: the greatest distance is the first entry, once there are enough.
RowId OverLag::entry_before(RowId head, uint32_t distance, RowId near,
                            uint32_t near_distance) const {
  const size_t size = lists_->size(head);
  if (near == kNoRow) {
    near = lists_->last(head);
    near_distance = 1;
  }
  if (size - distance < distance - near_distance) {
    RowId entry = lists_->first(head);
    for (size_t at = size; at > distance; --at) entry = lists_->next(entry);
    return entry;
  }
  for (uint32_t at = near_distance; at < distance; ++at) near = lists_->prev(near);
  return near;
}

void OverLag::enter(const RecordBatch& rows, uint32_t row) {
  const RowId head = heads_[row];
  const uint32_t distance_max = calls_.back().distance;
  if (distance_max == 0) return;
  if (lists_->size(head) == distance_max) lists_->pop_front(head);
  const RowId entry = lists_->insert(head, 0);
  for (size_t a = 0; a < arguments_.size(); ++a) {
    lists_->entries().write(entry, a, *rows.columns[arguments_[a]], row);
  }
}

bool OverLag::expire(int64_t watermark, size_t keys_max) {
  return life_.erase(*lists_, watermark, keys_max);
}

}  // namespace weir
