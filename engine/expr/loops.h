// How kernels walk over rows: templates that give each kind of operand its own straight loop.
//
// A constant operand becomes a value in a register, a column a plain array, so that the compiler
// sees a loop over arrays without a decision inside, and can vectorise it where no selection is in
// the way.
#pragma once

#include "engine/expr/function.h"

#include <cstdint>
#include <string_view>

namespace weir {

template <typename T>
struct ColumnValues {
  const T* values;
  T operator[](uint32_t row) const { return values[row]; }
};

template <typename T>
struct ConstantValue {
  T value;
  T operator[](uint32_t) const { return value; }
};

// Calls f with the operand's values as something that can be indexed by row.
template <typename T, typename F>
void with_values(const Operand& operand, F&& f) {
  const T* values = operand.column->values<T>();
  if (operand.constant) {
    f(ConstantValue<T>{values[0]});
  } else {
    f(ColumnValues<T>{values});
  }
}

// Of text and bytea, constant or not.
class TextValues {
 public:
  explicit TextValues(const Operand& operand)
      : column_(operand.column), mask_(operand.constant ? 0 : ~uint32_t{0}) {}
  std::string_view operator[](uint32_t row) const { return column_->text(row & mask_); }

 private:
  const Column* column_;
  uint32_t mask_;
};

// Any fixed-width type, constant or not: for kernels whose work dwarfs the indexing.
template <typename T>
class FixedValues {
 public:
  explicit FixedValues(const Operand& operand)
      : values_(operand.column->values<T>()), mask_(operand.constant ? 0 : ~uint32_t{0}) {}
  T operator[](uint32_t row) const { return values_[row & mask_]; }

 private:
  const T* values_;
  uint32_t mask_;
};

// out[row] = f(a[row])
template <typename A, typename R, typename F>
void map_unary(const KernelCall& call, F&& f) {
  R* __restrict out = call.out.values<R>();
  with_values<A>(call.args[0],
                 [&](auto a) { call.rows.each([&](uint32_t row) { out[row] = f(a[row]); }); });
}

// out[row] = f(a[row], b[row])
template <typename A, typename B, typename R, typename F>
void map_binary(const KernelCall& call, F&& f) {
  R* __restrict out = call.out.values<R>();
  with_values<A>(call.args[0], [&](auto a) {
    with_values<B>(call.args[1], [&](auto b) {
      call.rows.each([&](uint32_t row) { out[row] = f(a[row], b[row]); });
    });
  });
}

// Eight bytes that are 0 or 1 as eight bits, the first byte lowest.
inline uint64_t pack_bytes(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return (word * 0x0102040810204080ULL) >> 56;
}

// Sets the bit of each row to test(row), 0 or 1. Dense rows are packed 64 at a time.
template <typename F>
void write_bits(Selection rows, uint64_t* bits, F&& test) {
  if (!rows.is_dense()) {
    rows.each([&](uint32_t row) { bit_put(bits, row, test(row)); });
    return;
  }
  const uint32_t size = static_cast<uint32_t>(rows.size());
  uint32_t first = 0;
  for (; first + 64 <= size; first += 64) {
    uint8_t bytes[64];
    for (uint32_t i = 0; i < 64; ++i) bytes[i] = test(first + i) ? 1 : 0;
    uint64_t word = 0;
    for (uint32_t i = 0; i < 64; i += 8) word |= pack_bytes(bytes + i) << i;
    bits[first / 64] = word;
  }
  for (; first < size; ++first) bit_put(bits, first, test(first));
}

// Appends the rows for which test(row) holds, without a branch.
template <typename F>
void append_rows(Selection rows, RowIndices& out, F&& test) {
  const size_t before = out.size();
  out.resize(before + rows.size());
  uint32_t* to = out.data() + before;
  size_t count = 0;
  rows.each([&](uint32_t row) {
    to[count] = row;
    count += test(row) ? 1 : 0;
  });
  out.resize(before + count);
}

}  // namespace weir
