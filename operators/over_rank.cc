#include "operators/over_rank.h"

namespace weir {
namespace {

// Values of a key: what its last row got, and the time of that.
constexpr size_t kRowNumber = 0;
constexpr size_t kRank = 1;
constexpr size_t kDenseRank = 2;
constexpr size_t kTime = 3;
constexpr size_t kValues = 4;

}  // namespace

OverRank::OverRank(const OverSpec& spec, const StagePlan& stage, const KeyLife& life,
                   TaskState& state)
    : life_(life),
      time_column_(spec.order == OverOrder::kEventTime ? spec.time_column : std::nullopt) {
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    const OverFunction function = spec.calls[i].function;
    if (function == OverFunction::kRowNumber) calls_.push_back({.index = i, .value = kRowNumber});
    if (function == OverFunction::kRank) calls_.push_back({.index = i, .value = kRank});
    if (function == OverFunction::kDenseRank) calls_.push_back({.index = i, .value = kDenseRank});
  }
  CHECK(!calls_.empty());
  TableSpec table{.name = stage.id + ".rank"};
  for (const size_t key : spec.keys) table.key.push_back(stage.input->fields[key].type);
  table.with_timer = life_.ends();
  table.value.assign(kValues, TypeKind::kBigint);
  table_ = &state.keyed(table);
}

Status OverRank::take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) {
  const size_t count = chunk.rows.size();
  const int64_t* times =
      time_column_ ? chunk.rows.columns[*time_column_]->values<int64_t>() : nullptr;
  KeyedTable& table = table_->table();
  rows_.resize(count);
  table.find_or_insert(chunk.keys, Selection(count), rows_.data());
  std::vector<ColumnWriter> writers;
  for (size_t c = 0; c < calls_.size(); ++c) writers.emplace_back(TypeKind::kBigint, count);
  for (size_t i = 0; i < count; ++i) {
    std::byte* row = table.change(rows_[i]);
    if (life_.ends() && table_->timers().touch(rows_[i], chunk.used_at[i], life_.ttl()))
      begin_anew(row);
    count_row(row, times == nullptr ? nullptr : times + i);
    for (size_t c = 0; c < calls_.size(); ++c) {
      writers[c].append(load<int64_t>(row + table.layout().value_offset(calls_[c].value)));
    }
  }
  for (size_t c = 0; c < calls_.size(); ++c) {
    results[calls_[c].index] = std::move(writers[c]).finish();
  }
  return {};
}

void OverRank::begin_anew(std::byte* row) {
  for (const size_t value : {kRowNumber, kDenseRank}) {
    store(row + table_->layout().value_offset(value), int64_t{0});
  }
}

void OverRank::count_row(std::byte* row, const int64_t* time) {
  const RowLayout& layout = table_->layout();
  const auto get = [&](size_t value) { return load<int64_t>(row + layout.value_offset(value)); };
  const auto put = [&](size_t value, int64_t to) {
    store(row + layout.value_offset(value), to);
    layout.clear_null(row, layout.key_columns() + value);
  };
  const int64_t number = get(kRowNumber) + 1;
  put(kRowNumber, number);
  if (time != nullptr && number > 1 && get(kTime) == *time) return;
  put(kRank, number);
  put(kDenseRank, get(kDenseRank) + 1);
  put(kTime, time == nullptr ? 0 : *time);
}

bool OverRank::expire(int64_t watermark, size_t keys_max) {
  return life_.erase(*table_, watermark, keys_max);
}

}  // namespace weir
