#include "tests/operators/over_reference.h"

#include "engine/time/watermark.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace weir {
namespace {

// NULL behind all values, then false before true, less before greater.
bool before(const Scalar& a, const Scalar& b) {
  if (a.is_null() || b.is_null()) return !a.is_null() && b.is_null();
  if (const auto* text = std::get_if<std::string>(&a.value))
    return *text < std::get<std::string>(b.value);
  if (const auto* real = std::get_if<double>(&a.value)) return *real < std::get<double>(b.value);
  if (const auto* flag = std::get_if<bool>(&a.value)) return *flag < std::get<bool>(b.value);
  if (const auto* whole = std::get_if<int64_t>(&a.value))
    return *whole < std::get<int64_t>(b.value);
  return std::get<Int128>(a.value) < std::get<Int128>(b.value);
}

bool in_order(const Overs& overs, const PlacedRow& a, const PlacedRow& b) {
  if (a.row.at != b.row.at) return a.row.at < b.row.at;
  if (overs.with_place) return std::tie(a.split, a.position) < std::tie(b.split, b.position);
  for (const char* column : {"k", "g", "ok", "v", "n", "f"}) {
    const Scalar x = reference_value(a.row, column);
    const Scalar y = reference_value(b.row, column);
    if (before(x, y) || before(y, x)) return before(x, y);
  }
  return false;
}

bool same_keys(const Overs& overs, const InputRow& a, const InputRow& b) {
  return std::all_of(overs.keys.begin(), overs.keys.end(), [&](const std::string& key) {
    return reference_value(a, key) == reference_value(b, key);
  });
}

// The rows of the frame of the i-th of these rows of one key, in order.
std::vector<InputRow> frame_rows(const Overs& overs, const OverColumn& column,
                                 const std::vector<InputRow>& rows, size_t i) {
  const bool by_log = overs.order == OverOrder::kLog;
  const bool is_range = column.frame == FrameKind::kRange;
  std::vector<InputRow> frame;
  for (size_t j = 0; j < rows.size(); ++j) {
    bool in = j <= i;
    if (is_range && !by_log) in = rows[j].at <= rows[i].at;
    if (is_range && column.range) {
      in &= rows[j].at <= rows[i].at && rows[j].at >= rows[i].at - *column.range;
    }
    if (!is_range && column.rows) in &= j + *column.rows >= i;
    if (in) frame.push_back(rows[j]);
  }
  return frame;
}

int64_t rank_of(const Overs& overs, OverFunction function, const std::vector<InputRow>& rows,
                size_t i) {
  if (function == OverFunction::kRowNumber || overs.order == OverOrder::kLog) {
    return static_cast<int64_t>(i) + 1;
  }
  std::multiset<int64_t> earlier;
  for (const InputRow& row : rows) {
    if (row.at < rows[i].at) earlier.insert(row.at);
  }
  if (function == OverFunction::kRank) return static_cast<int64_t>(earlier.size()) + 1;
  return static_cast<int64_t>(std::set<int64_t>(earlier.begin(), earlier.end()).size()) + 1;
}

Scalar call_result(const Overs& overs, const OverColumn& column, const std::vector<InputRow>& rows,
                   size_t i, const Type& type) {
  switch (column.function) {
    case OverFunction::kAggregate:
      return reference_result({column.aggregate, column.argument, column.filter},
                              frame_rows(overs, column, rows, i), type);
    case OverFunction::kFirstValue:
      return reference_value(frame_rows(overs, column, rows, i).front(), column.argument);
    case OverFunction::kLastValue:
      return reference_value(frame_rows(overs, column, rows, i).back(), column.argument);
    case OverFunction::kLag:
      if (i >= column.distance) return reference_value(rows[i - column.distance], column.argument);
      return column.fallback.empty() ? null_scalar(type)
                                     : reference_value(rows[i], column.fallback);
    case OverFunction::kRowNumber:
    case OverFunction::kRank:
    case OverFunction::kDenseRank: return {type, rank_of(overs, column.function, rows, i)};
  }
  unreachable();
}

struct Split {
  int64_t highest = kMinTime;
  int64_t next_position = 0;
  int64_t watermark(int64_t delay) const { return minus_saturated(highest, delay); }
};

}  // namespace

std::vector<std::string> reference_results(const Overs& overs, std::vector<PlacedRow> rows) {
  if (overs.order == OverOrder::kEventTime) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const PlacedRow& a, const PlacedRow& b) { return in_order(overs, a, b); });
  }
  RecordBatch out = reference_batch({}, {});
  out.schema = result_schema(overs);
  std::vector<InputRow> plain;
  for (const PlacedRow& row : rows) plain.push_back(row.row);
  out.columns = reference_batch(plain, std::vector<int64_t>(plain.size(), kMinTime)).columns;
  out.rows = static_cast<uint32_t>(plain.size());
  for (const OverColumn& column : overs.columns) {
    const Type& type = out.schema->fields[out.columns.size()].type;
    ColumnWriter writer(type, plain.size());
    for (size_t i = 0; i < plain.size(); ++i) {
      std::vector<InputRow> of_key;
      size_t place = 0;
      for (size_t j = 0; j < plain.size(); ++j) {
        if (j == i) place = of_key.size();
        if (same_keys(overs, plain[i], plain[j])) of_key.push_back(plain[j]);
      }
      append(writer, call_result(overs, column, of_key, place, type));
    }
    out.columns.push_back(std::move(writer).finish());
  }
  return json_rows(out);
}

RandomOver random_over(const Overs& overs, bool drops_late, std::mt19937_64& dice) {
  RandomOver stream;
  const int64_t delay = seconds(static_cast<int64_t>(dice() % 30));
  std::vector<Split> splits(2);
  const size_t batches = dice() % 12;
  for (size_t i = 0; i < batches; ++i) {
    const size_t number = dice() % 2;
    Split& split = splits[number];
    std::vector<InputRow> rows(1 + dice() % 12);
    std::vector<int64_t> arrivals;
    std::vector<PlacedRow> all;
    for (InputRow& row : rows) {
      row = random_row(dice);
      // Ties are frequent.
      row.at = seconds(static_cast<int64_t>(i) * 5 + static_cast<int64_t>(dice() % 20));
      arrivals.push_back(split.watermark(delay));
      all.push_back({row, static_cast<int32_t>(number), split.next_position++});
      if (drops_late && row.at < arrivals.back()) {
        ++stream.late;
      } else {
        stream.on_time.push_back(all.back());
      }
      split.highest = std::max(split.highest, row.at);
    }
    RecordBatch batch = reference_batch(rows, arrivals);
    if (overs.with_place) batch = with_position(batch, all[0].split, all[0].position);
    stream.steps.push_back(rows_step(std::move(batch)));
    const int64_t watermark = std::min(splits[0].watermark(delay), splits[1].watermark(delay));
    if (dice() % 2 == 0) stream.steps.push_back({Port{0}, Watermark{watermark}});
    if (dice() % 5 == 0) stream.steps.push_back(barrier_step(i + 1));
  }
  stream.steps.push_back(final_watermark_step());
  stream.steps.push_back(end_step());
  return stream;
}

}  // namespace weir
