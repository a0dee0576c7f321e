#include "engine/data/batch.h"

#include "engine/base/hash.h"
#include "engine/data/calendar.h"
#include "engine/data/value_bytes.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr uint64_t kNullHash = 0x7c15bf58476d1ce4ULL;

// Puts the hash of every selected row into out, or combines it with what is there.
template <typename ValueHash>
void hash_column(const Column& column, Selection selection, bool first, uint64_t* out,
                 ValueHash&& value_hash) {
  const bool nulls = column.has_nulls();
  size_t i = 0;
  selection.each([&](uint32_t row) {
    const uint64_t hash = nulls && column.is_null(row) ? kNullHash : value_hash(row);
    out[i] = first ? hash : hash_combine(out[i], hash);
    ++i;
  });
}

uint64_t hash_double(double value) {
  if (value == 0) value = 0;  // Minus zero equals zero.
  if (value != value) return 0x7ff8000000000000ULL;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return hash_word(bits);
}

uint64_t hash_int128(Int128 value) {
  return hash_combine(hash_word(static_cast<uint64_t>(value)),
                      static_cast<uint64_t>(static_cast<Uint128>(value) >> 64));
}

uint64_t hash_interval(const Interval& value) { return hash_int128(interval_total(value)); }

void hash_one(const Column& column, Selection selection, bool first, uint64_t* out) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean:
      return hash_column(column, selection, first, out,
                         [&](uint32_t row) { return hash_word(column.boolean(row) ? 1 : 0); });
    case TypeKind::kInt:
    case TypeKind::kDate: {
      const int32_t* values = column.values<int32_t>();
      return hash_column(column, selection, first, out, [values](uint32_t row) {
        return hash_word(static_cast<uint64_t>(int64_t{values[row]}));
      });
    }
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: {
      const int64_t* values = column.values<int64_t>();
      return hash_column(column, selection, first, out, [values](uint32_t row) {
        return hash_word(static_cast<uint64_t>(values[row]));
      });
    }
    case TypeKind::kDouble: {
      const double* values = column.values<double>();
      return hash_column(column, selection, first, out,
                         [values](uint32_t row) { return hash_double(values[row]); });
    }
    case TypeKind::kNumeric: {
      const Int128* values = column.values<Int128>();
      return hash_column(column, selection, first, out,
                         [values](uint32_t row) { return hash_int128(values[row]); });
    }
    case TypeKind::kText:
    case TypeKind::kBytea:
      return hash_column(column, selection, first, out,
                         [&](uint32_t row) { return hash_bytes(column.text(row)); });
    case TypeKind::kInterval: {
      const Interval* values = column.values<Interval>();
      return hash_column(column, selection, first, out,
                         [values](uint32_t row) { return hash_interval(values[row]); });
    }
    case TypeKind::kArray: {
      std::string bytes;
      return hash_column(column, selection, first, out, [&](uint32_t row) {
        bytes.clear();
        append_value_bytes(bytes, column, row);
        return hash_bytes(bytes);
      });
    }
    case TypeKind::kComposite:
      break;  // The planner refuses them as keys: a key is given by its fields.
  }
  unreachable();
}

}  // namespace

namespace {

// Bytes of a column. Columns of one batch, and fields of one column, mostly share an arena: each
// is counted once.
size_t bytes_of(const Column& column, std::vector<const Arena*>& counted) {
  size_t sum = column.bytes();
  const Arena* arena = column.arena().get();
  if (arena != nullptr) {
    if (std::find(counted.begin(), counted.end(), arena) == counted.end()) {
      counted.push_back(arena);
    } else {
      sum -= arena->bytes();
    }
  }
  for (const ColumnPtr& child : column.children()) {
    if (child != nullptr) sum -= child->bytes() - bytes_of(*child, counted);
  }
  return sum;
}

}  // namespace

size_t RecordBatch::bytes() const {
  size_t sum = 0;
  std::vector<const Arena*> counted;
  for (const ColumnPtr& column : columns) {
    if (column != nullptr) sum += bytes_of(*column, counted);
  }
  return sum;
}

RecordBatch compact(const RecordBatch& batch) {
  if (batch.selected == nullptr) return batch;
  const RowIndices& rows = *batch.selected;
  RecordBatch out;
  out.schema = batch.schema;
  out.rows = static_cast<uint32_t>(rows.size());
  out.columns.reserve(batch.columns.size());
  for (const ColumnPtr& column : batch.columns) {
    out.columns.push_back(gather(column, rows.data(), rows.size()));
  }
  out.arrival_watermark = gather(batch.arrival_watermark, rows.data(), rows.size());
  out.change = gather(batch.change, rows.data(), rows.size());
  out.split = gather(batch.split, rows.data(), rows.size());
  out.position = gather(batch.position, rows.data(), rows.size());
  return out;
}

RecordBatch compact_if_sparse(RecordBatch batch) {
  if (batch.selected == nullptr || batch.selected->size() * 4 >= batch.rows) return batch;
  return compact(batch);
}

RecordBatch with_selection(RecordBatch batch, RowIndices rows) {
  CHECK(rows.size() <= batch.size());
  if (rows.size() == batch.rows) {
    batch.selected = nullptr;
  } else {
    batch.selected = std::make_shared<const RowIndices>(std::move(rows));
  }
  return batch;
}

void hash_rows(const std::vector<const Column*>& columns, Selection selection, uint64_t* out) {
  CHECK(!columns.empty());
  for (size_t i = 0; i < columns.size(); ++i) hash_one(*columns[i], selection, i == 0, out);
}

}  // namespace weir
