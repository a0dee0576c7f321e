// approx_percentile: exact counts of values that are rounded to eight significant binary digits.
//
// The result is the value, so rounded, that percentile_disc gives: the least whose share of the
// rows is at least the fraction. Rounding keeps the order of values, so the result is never off by
// more than the rounding, 1/256 of it (0.4 percent); whole numbers up to 256 are exact. Counts add
// up, so the state does not depend on order. A state has one entry for each rounded value met, at
// most 128 for each power of two between the least and the greatest.
//
//   state = ( value:i32 count:i64 )*       ascending; value: the upper bits of the double
#include "engine/data/decimal.h"
#include "operators/accumulator_bytes.h"

#include <bit>
#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr int kDroppedBits = 52 - 7;
constexpr size_t kEntry = sizeof(int32_t) + sizeof(int64_t);
constexpr int32_t kNaN = std::numeric_limits<int32_t>::max();  // The greatest, as in PostgreSQL.

// Rounded, and ordered as the doubles are.
int32_t rounded(double value) {
  if (std::isnan(value)) return kNaN;
  const uint64_t magnitude = std::bit_cast<uint64_t>(std::abs(value));
  uint64_t kept = (magnitude + (uint64_t{1} << (kDroppedBits - 1))) >> kDroppedBits;
  // The greatest doubles are not rounded up to infinity.
  if (std::isfinite(value) && std::isinf(std::bit_cast<double>(kept << kDroppedBits))) --kept;
  const int32_t key = static_cast<int32_t>(kept);
  return value < 0 ? -key : key;
}

double value_of(int32_t key) {
  if (key == kNaN) return std::numeric_limits<double>::quiet_NaN();
  const uint64_t kept = static_cast<uint64_t>(key < 0 ? -key : key);
  const double magnitude = std::bit_cast<double>(kept << kDroppedBits);
  return key < 0 ? -magnitude : magnitude;
}

int32_t key_at(std::string_view state, size_t entry) {
  int32_t key = 0;
  std::memcpy(&key, state.data() + entry * kEntry, sizeof key);
  return key;
}

int64_t count_at(std::string_view state, size_t entry) {
  int64_t count = 0;
  std::memcpy(&count, state.data() + entry * kEntry + sizeof(int32_t), sizeof count);
  return count;
}

// The entry of the key, or where it would go.
size_t find_entry(std::string_view state, int32_t key) {
  size_t low = 0;
  size_t high = state.size() / kEntry;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (key_at(state, middle) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

class PercentileAccumulator : public Accumulator {
 public:
  PercentileAccumulator(const AggregateCall& call, const Type& argument, StatePlace place)
      : argument_(argument), fraction_(*fraction_of(call)), state_(place.slot(0)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    const Column& column = *arguments[0];
    const auto take_all = [&](auto value_at) {
      for (size_t i = 0; i < input.count; ++i) {
        take(input.targets[i], rounded(value_at(input.rows[i])), 1, table);
      }
    };
    switch (argument_.kind()) {
      case TypeKind::kInt:
        take_all([v = column.values<int32_t>()](uint32_t row) { return double(v[row]); });
        return {};
      case TypeKind::kBigint:
        take_all([v = column.values<int64_t>()](uint32_t row) { return double(v[row]); });
        return {};
      case TypeKind::kDouble:
        take_all([v = column.values<double>()](uint32_t row) { return v[row]; });
        return {};
      case TypeKind::kNumeric:
        take_all([v = column.values<Int128>(), scale = argument_.scale()](uint32_t row) {
          return decimal_to_double(v[row], scale);
        });
        return {};
      default: break;  // aggregate_type refused it.
    }
    unreachable();
  }

  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    each_value(*partials[0], input, [&](std::byte* target, uint32_t row) {
      take_state(target, used_bytes(partials[0]->text(row)), table);
    });
    return {};
  }

  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    each_state(state_.slot(), rows, [&](std::byte* target, const std::byte* source) {
      take_state(target, state_.get(source), table);
    });
    return {};
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::string_view state = state_.get(table.row(row));
    const size_t entries = state.size() / kEntry;
    if (entries == 0) {
      out.append_null();
      return {};
    }
    int64_t total = 0;
    for (size_t i = 0; i < entries; ++i) total += count_at(state, i);
    // The rank of the result among the values, counted from one.
    const double rank = std::max(1.0, std::ceil(fraction_ * static_cast<double>(total)));
    size_t entry = 0;
    for (int64_t below = count_at(state, 0);
         entry + 1 < entries && static_cast<double>(below) < rank;) {
      below += count_at(state, ++entry);
    }
    out.append(value_of(key_at(state, entry)));
    return {};
  }

 private:
  void take_state(std::byte* target, std::string_view state, KeyedTable& table) const {
    for (size_t i = 0; (i + 1) * kEntry <= state.size(); ++i) {
      take(target, key_at(state, i), count_at(state, i), table);
    }
  }

  void take(std::byte* target, int32_t key, int64_t more, KeyedTable& table) const {
    const std::string_view state = state_.get(target);
    const size_t entry = find_entry(state, key);
    const size_t at = entry * kEntry;
    if (at < state.size() && key_at(state, entry) == key) {
      const int64_t count = count_at(state, entry) + more;
      std::memcpy(state_.bytes(target).data() + at + sizeof key, &count, sizeof count);
      return;
    }
    char* to = state_.insert(target, at, kEntry, table).data() + at;
    std::memcpy(to, &key, sizeof key);
    std::memcpy(to + sizeof key, &more, sizeof more);
  }

  const Type argument_;
  const double fraction_;
  BytesState state_;
};

}  // namespace

std::unique_ptr<Accumulator> make_approx_percentile(const AggregateCall& call, const Type& argument,
                                                    StatePlace place) {
  return std::make_unique<PercentileAccumulator>(call, argument, place);
}

}  // namespace weir
