#include "operators/over_lag.h"

#include "engine/time/watermark.h"

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

OverLag::OverLag(uint32_t distance, const OverSpec& spec, const std::string& id,
                 const Schema& input, TaskState& state)
    : distance_(distance) {
  ListsSpec lists{.name = id + ".lag." + std::to_string(distance),
                  .key = {},
                  .head = {},
                  .entry = {},
                  .with_timer = false};
  for (const size_t key : spec.keys) lists.key.push_back(input.fields[key].type);
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    const OverCall& call = spec.calls[i];
    if (call.function != OverFunction::kLag || call.distance != distance) continue;
    const auto at = std::find(arguments_.begin(), arguments_.end(), *call.argument);
    calls_.push_back({.index = i,
                      .argument = static_cast<size_t>(at - arguments_.begin()),
                      .fallback = call.fallback});
    if (at != arguments_.end()) continue;
    arguments_.push_back(*call.argument);
    lists.entry.push_back(input.fields[*call.argument].type);
  }
  CHECK(!calls_.empty());
  lists_ = &state.lists(lists);
}

Status OverLag::take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) {
  const RecordBatch& rows = chunk.rows;
  if (distance_ == 0) {
    for (const Call& call : calls_) results[call.index] = rows.columns[arguments_[call.argument]];
    return {};
  }
  heads_.resize(rows.size());
  lists_->heads().find_or_insert(chunk.keys, Selection(rows.size()), heads_.data());
  KeyedTable& entries = lists_->entries();
  auto arena = std::make_shared<Arena>();
  std::vector<ColumnWriter> writers;
  for (const Call& call : calls_) {
    writers.emplace_back(rows.columns[arguments_[call.argument]]->type(), rows.size(), arena);
  }
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const RowId head = heads_[i];
    const bool is_full = lists_->size(head) == distance_;
    for (size_t c = 0; c < calls_.size(); ++c) {
      if (is_full) {
        entries.append_to(writers[c], lists_->first(head), calls_[c].argument);
      } else if (calls_[c].fallback) {
        append_value(writers[c], *rows.columns[*calls_[c].fallback], i);
      } else {
        writers[c].append_null();
      }
    }
    if (is_full) lists_->pop_front(head);
    const RowId entry = lists_->insert(head, 0);
    for (size_t a = 0; a < arguments_.size(); ++a) {
      entries.write(entry, a, *rows.columns[arguments_[a]], i);
    }
  }
  for (size_t c = 0; c < calls_.size(); ++c) {
    results[calls_[c].index] = std::move(writers[c]).finish();
  }
  return {};
}

bool OverLag::expire(int64_t watermark, size_t) {
  if (watermark != kMaxTime) return false;
  KeyedTable& heads = lists_->heads();
  for (RowId head = 0; head < heads.ids_end(); ++head) {
    if (heads.is_live(head)) lists_->erase_head(head);
  }
  return false;
}

}  // namespace weir
