#include "tests/operators/window_reference.h"

#include "engine/data/scalar.h"
#include "engine/time/watermark.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

Int128 as_int128(const Scalar& scalar) {
  if (const int64_t* value = std::get_if<int64_t>(&scalar.value)) return *value;
  return std::get<Int128>(scalar.value);
}

Int128 rounded_quotient(Int128 dividend, Int128 divisor) {
  const bool negative = dividend < 0;
  const Int128 size = negative ? -dividend : dividend;
  const Int128 quotient = (2 * size + divisor) / (2 * divisor);
  return negative ? -quotient : quotient;
}

// The values that an aggregate goes over.
std::vector<Scalar> values_for(const Aggregate& aggregate, const std::vector<InputRow>& rows) {
  std::vector<Scalar> values;
  for (const InputRow& row : rows) {
    if (!aggregate.filter.empty() && !row.ok.value_or(false)) continue;
    Scalar value = reference_value(row, aggregate.argument);
    if (value.is_null()) continue;
    const bool met = std::find(values.begin(), values.end(), value) != values.end();
    if (!aggregate.distinct || !met) values.push_back(std::move(value));
  }
  return values;
}

Scalar sum_or_average(const std::vector<Scalar>& values, bool average, const Type& result) {
  const int64_t count = static_cast<int64_t>(values.size());
  if (result.kind() == TypeKind::kDouble) {
    double sum = 0;
    for (const Scalar& value : values) sum += std::get<double>(value.value);
    return {result, average ? sum / static_cast<double>(count) : sum};
  }
  Int128 sum = 0;
  for (const Scalar& value : values) sum += as_int128(value);
  if (!average) {
    if (result.kind() == TypeKind::kBigint) return {result, static_cast<int64_t>(sum)};
    return {result, sum};
  }
  const int scale = values[0].type.kind() == TypeKind::kNumeric ? values[0].type.scale() : 0;
  for (int i = scale; i < result.scale(); ++i) sum *= 10;
  return {result, rounded_quotient(sum, count)};
}

// Of one type; NULL first.
bool scalar_less(const Scalar& a, const Scalar& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && !b.is_null();
  if (a.type.kind() == TypeKind::kText) {
    return std::get<std::string>(a.value) < std::get<std::string>(b.value);
  }
  if (a.type.kind() == TypeKind::kDouble)
    return std::get<double>(a.value) < std::get<double>(b.value);
  if (a.type.kind() == TypeKind::kBoolean) return std::get<bool>(a.value) < std::get<bool>(b.value);
  return as_int128(a) < as_int128(b);
}

Scalar extreme(std::vector<Scalar> values, bool want_max) {
  std::sort(values.begin(), values.end(), scalar_less);
  return want_max ? values.back() : values.front();
}

template <typename T>
std::optional<T> maybe(std::mt19937_64& dice, T value) {
  if (dice() % 6 == 0) return std::nullopt;
  return value;
}

// One split: its rows so far.
struct Split {
  int64_t highest = kMinTime;
  int64_t watermark(int64_t delay) const {
    return highest == kMinTime ? kMinTime : highest - delay;
  }
};

}  // namespace

Scalar reference_value(const InputRow& row, const std::string& column) {
  const auto of = [](Type type, const auto& value) {
    Scalar scalar = null_scalar(std::move(type));
    if (value.has_value()) scalar.value = *value;
    return scalar;
  };
  if (column == "k") return of(TypeKind::kText, row.k);
  if (column == "g") {
    std::optional<int64_t> wide;
    if (row.g.has_value()) wide = *row.g;
    return of(TypeKind::kInt, wide);
  }
  if (column == "ok") return of(TypeKind::kBoolean, row.ok);
  if (column == "v") return of(TypeKind::kBigint, row.v);
  if (column == "f") return of(TypeKind::kDouble, row.f);
  CHECK(column == "n");
  std::optional<Int128> wide;
  if (row.cents.has_value()) wide = *row.cents;
  return of(Type::numeric(12, 2), wide);
}

Scalar reference_result(const Aggregate& aggregate, const std::vector<InputRow>& rows,
                        const Type& type) {
  if (aggregate.function == AggregateFunction::kCountStar) {
    const auto counts = [&](const InputRow& row) {
      return aggregate.filter.empty() || row.ok.value_or(false);
    };
    return {type, static_cast<int64_t>(std::count_if(rows.begin(), rows.end(), counts))};
  }
  const std::vector<Scalar> values = values_for(aggregate, rows);
  if (aggregate.function == AggregateFunction::kCount) {
    return {type, static_cast<int64_t>(values.size())};
  }
  if (values.empty()) return null_scalar(type);
  switch (aggregate.function) {
    case AggregateFunction::kSum: return sum_or_average(values, false, type);
    case AggregateFunction::kAvg: return sum_or_average(values, true, type);
    case AggregateFunction::kMin: return extreme(values, false);
    default: return extreme(values, true);
  }
}

RecordBatch reference_batch(const std::vector<InputRow>& rows,
                            const std::vector<int64_t>& arrivals) {
  RecordBatch batch;
  batch.schema = reference_input();
  batch.rows = static_cast<uint32_t>(rows.size());
  for (const Field& field : batch.schema->fields) {
    ColumnWriter writer(field.type, rows.size());
    for (const InputRow& row : rows) {
      if (field.event_time) {
        writer.append(row.at);
      } else {
        append(writer, reference_value(row, field.name));
      }
    }
    batch.columns.push_back(std::move(writer).finish());
  }
  bool any_behind = false;
  ColumnWriter writer(TypeKind::kBigint, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    writer.append(arrivals[i]);
    any_behind |= rows[i].at < arrivals[i];
  }
  if (any_behind) batch.arrival_watermark = std::move(writer).finish();
  return batch;
}

SchemaPtr reference_input() {
  return schema_of({"k text", "g int", "ok boolean", "v bigint", "n numeric(12,2)",
                    "f double precision", "at timestamptz!"});
}

InputRow random_row(std::mt19937_64& dice) {
  const auto below = [&dice](int64_t limit) {
    return static_cast<int64_t>(dice() % static_cast<uint64_t>(limit));
  };
  InputRow row;
  row.k =
      maybe(dice, std::string(static_cast<size_t>(below(3)) * 9, 'k') + std::to_string(below(3)));
  row.g = maybe(dice, static_cast<int32_t>(below(4)) - 2);
  row.ok = maybe(dice, dice() % 2 == 0);
  row.v =
      maybe(dice, dice() % 8 == 0 ? std::numeric_limits<int64_t>::max() - below(3) : below(9) - 4);
  row.cents = maybe(dice, below(2000) - 1000);
  row.f = maybe(dice, static_cast<double>(below(80)) * 0.25 - 10);
  row.at = below(120'000'000) - 60'000'000;
  return row;
}

namespace {

// Gives the rows of each key their sessions: sorted by time, cut where the gap is exceeded.
std::vector<WindowedRow> in_sessions(const Windows& windows, std::vector<WindowedRow> rows) {
  const auto key_of = [&windows](const WindowedRow& row) {
    std::vector<Scalar> key;
    for (const std::string& column : windows.keys) key.push_back(reference_value(row.row, column));
    return key;
  };
  const auto key_less = [](const std::vector<Scalar>& a, const std::vector<Scalar>& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), scalar_less);
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const WindowedRow& a, const WindowedRow& b) {
    if (key_less(key_of(a), key_of(b))) return true;
    return !key_less(key_of(b), key_of(a)) && a.row.at < b.row.at;
  });
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin + 1;
    while (end < rows.size() && !key_less(key_of(rows[begin]), key_of(rows[end])) &&
           rows[end].row.at - rows[end - 1].row.at <= windows.size) {
      ++end;
    }
    for (size_t i = begin; i < end; ++i) {
      rows[i].window_start = rows[begin].row.at;
      rows[i].window_end = rows[end - 1].row.at + windows.size;
    }
    begin = end;
  }
  return rows;
}

}  // namespace

std::vector<std::string> reference_results(const Windows& windows,
                                           const std::vector<WindowedRow>& given) {
  const std::vector<WindowedRow> rows =
      windows.kind == WindowKind::kSession ? in_sessions(windows, given) : given;
  const auto group_less = [](const std::vector<Scalar>& a, const std::vector<Scalar>& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), scalar_less);
  };
  std::map<std::vector<Scalar>, std::vector<InputRow>, decltype(group_less)> groups(group_less);
  for (const WindowedRow& row : rows) {
    std::vector<Scalar> group = {{TypeKind::kTimestamptz, row.window_end},
                                 {TypeKind::kTimestamptz, row.window_start}};
    for (const std::string& key : windows.keys) group.push_back(reference_value(row.row, key));
    groups[group].push_back(row.row);
  }
  RecordBatch out;
  out.schema = result_schema(windows);
  out.rows = static_cast<uint32_t>(groups.size());
  std::vector<ColumnWriter> writers;
  for (const Field& field : out.schema->fields) writers.emplace_back(field.type, groups.size());
  for (const auto& [group, members] : groups) {
    size_t next = 0;
    for (size_t key = 2; key < group.size(); ++key) append(writers[next++], group[key]);
    const int64_t end = std::get<int64_t>(group[0].value);
    writers[next++].append(std::get<int64_t>(group[1].value));
    writers[next++].append(end);
    writers[next++].append(end - 1);
    for (const Aggregate& aggregate : windows.aggregates) {
      append(writers[next], reference_result(aggregate, members, out.schema->fields[next].type));
      ++next;
    }
  }
  for (ColumnWriter& writer : writers) out.columns.push_back(std::move(writer).finish());
  return json_rows(out);
}

// Every window that holds the time, by trying all that there are.
std::vector<WindowedRow> windows_of(const Windows& windows, int64_t time) {
  const bool overlaps = windows.kind != WindowKind::kTumble;
  const bool grows = windows.kind == WindowKind::kCumulate;
  const int64_t step = overlaps && !grows ? windows.slide : windows.size;
  std::vector<WindowedRow> found;
  int64_t start = windows.offset - (seconds(1000) / step + 1) * step;
  for (; start <= time; start += step) {
    int64_t end = grows ? start + windows.slide : start + windows.size;
    for (; end <= start + windows.size; end += grows ? windows.slide : windows.size) {
      if (time < end) found.push_back({.row = {}, .window_start = start, .window_end = end});
    }
  }
  return found;
}

RandomStream random_stream(const Windows& windows, std::mt19937_64& dice) {
  RandomStream stream;
  const int64_t delay = seconds(static_cast<int64_t>(dice() % 60));
  std::vector<Split> splits(2);
  const size_t batches = dice() % 12;
  for (size_t i = 0; i < batches; ++i) {
    Split& split = splits[dice() % 2];
    std::vector<InputRow> rows(1 + dice() % 12);
    std::vector<int64_t> arrivals;
    for (InputRow& row : rows) {
      row = random_row(dice);
      row.at += seconds(static_cast<int64_t>(i) * 10);
      arrivals.push_back(split.watermark(delay));
      if (windows.kind == WindowKind::kSession) {
        if (row.at < arrivals.back()) {
          ++stream.late;
        } else {
          stream.on_time.push_back({row, 0, 0});
        }
        split.highest = std::max(split.highest, row.at);
        continue;
      }
      uint64_t missed = 0;
      const std::vector<WindowedRow> all = windows_of(windows, row.at);
      for (const WindowedRow& one : all) {
        if (one.window_end <= arrivals.back()) {
          ++missed;
        } else {
          stream.on_time.push_back({row, one.window_start, one.window_end});
        }
      }
      (missed == all.size() ? stream.late : stream.late_pairs) += missed == all.size() ? 1 : missed;
      split.highest = std::max(split.highest, row.at);
    }
    stream.steps.push_back(rows_step(reference_batch(rows, arrivals)));
    const int64_t watermark = std::min(splits[0].watermark(delay), splits[1].watermark(delay));
    if (dice() % 2 == 0) stream.steps.push_back({Port{0}, Watermark{watermark}});
    if (dice() % 5 == 0) stream.steps.push_back(barrier_step(i + 1));
  }
  stream.steps.push_back(final_watermark_step());
  stream.steps.push_back(end_step());
  return stream;
}

}  // namespace weir
