// What the accumulators share, and the makers of each family. For the files accumulator*.cc only.
#pragma once

#include "operators/accumulator.h"

#include <memory>
#include <optional>

namespace weir {

// One state column of a row.
struct Slot {
  const RowLayout* layout;
  size_t column;

  bool is_null(const std::byte* row) const { return layout->is_null(row, column); }
  std::byte* value(std::byte* row) const { return row + layout->offset(column); }
  const std::byte* value(const std::byte* row) const { return row + layout->offset(column); }

  template <typename T>
  T get(const std::byte* row) const {
    return load<T>(value(row));
  }
  template <typename T>
  void put(std::byte* row, T value_to_put) const {
    store(value(row), value_to_put);
    layout->clear_null(row, column);
  }
  // NULL, and zero as in a new row.
  template <typename T>
  void clear(std::byte* row) const {
    store(value(row), T{});
    layout->set_null(row, column);
  }
};

// The place of a call's state: its partial fields are columns first_column, first_column + 1, ...
struct StatePlace {
  const RowLayout* layout;
  size_t first_column;

  Slot slot(size_t field) const { return {layout, first_column + field}; }
};

// Calls f(target, batch row) for each value that is not NULL.
template <typename F>
void each_value(const Column& column, const AccumulatorInput& input, F&& f) {
  if (!column.has_nulls()) {
    for (size_t i = 0; i < input.count; ++i) f(input.targets[i], input.rows[i]);
    return;
  }
  for (size_t i = 0; i < input.count; ++i) {
    if (!column.is_null(input.rows[i])) f(input.targets[i], input.rows[i]);
  }
}

// Calls f(target, source) for each source whose `slot` is not NULL.
template <typename F>
void each_state(Slot slot, const AccumulatorRows& rows, F&& f) {
  for (size_t i = 0; i < rows.count; ++i) {
    if (!slot.is_null(rows.sources[i])) f(rows.targets[i], rows.sources[i]);
  }
}

// How many rows or values there were. NULL slots hold zero and count as such.
class Counter {
 public:
  explicit Counter(Slot slot) : slot_(slot) {}

  void add(std::byte* target, int64_t n) const {
    slot_.put(target, slot_.get<int64_t>(target) + n);
  }
  int64_t get(const std::byte* row) const { return slot_.get<int64_t>(row); }

 private:
  Slot slot_;
};

Error exact_overflow(const AggregateCall& call);
Error double_overflow(const AggregateCall& call);

std::unique_ptr<Accumulator> make_sum(const AggregateCall& call, const Type& argument,
                                      StatePlace place);
std::unique_ptr<Accumulator> make_deviation(const AggregateCall& call, const Type& argument,
                                            StatePlace place);
std::unique_ptr<Accumulator> make_string_agg(const AggregateCall& call, StatePlace place);
std::unique_ptr<Accumulator> make_array_agg(const AggregateCall& call, StatePlace place);
std::unique_ptr<Accumulator> make_end(bool want_last, const AggregateCall& call, StatePlace place);
std::unique_ptr<Accumulator> make_approx_distinct(StatePlace place);
std::unique_ptr<Accumulator> make_approx_percentile(const AggregateCall& call, const Type& argument,
                                                    StatePlace place);
std::unique_ptr<Accumulator> make_extreme(bool want_max, const Type& argument, StatePlace place);

}  // namespace weir
