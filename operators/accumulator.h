// Aggregate functions over the rows of a KeyedTable: how a value is taken in, how two partial
// states become one, and what comes out. The state of each call stands in value columns of the
// table row, whose types are partial_fields (engine/plan/specs.h): what is in a row is exactly what
// a partial result sends.
//
// One virtual call a batch, none a row. Used by the thread of the task that owns the table.
#pragma once

#include "engine/plan/specs.h"
#include "state/keyed_table.h"

#include <memory>
#include <vector>

namespace weir {

// The rows that an accumulator takes in: the i-th value is rows[i] of the batch's columns, and goes
// to targets[i].
struct AccumulatorInput {
  const uint32_t* rows = nullptr;
  std::byte* const* targets = nullptr;
  size_t count = 0;
};

class Accumulator {
 public:
  virtual ~Accumulator() = default;

  // Takes in the argument's values. REQUIRES: none of them is NULL (count(*) has no argument: null
  // pointer). kUser error on overflow: an overflow while aggregating fails the job.
  virtual Status add(const Column* argument, const AccumulatorInput& input, KeyedTable& table) = 0;

  // Takes in partial states: one column for each of partial_fields.
  virtual Status merge(const std::vector<const Column*>& partials, const AccumulatorInput& input,
                       KeyedTable& table) = 0;

  // Appends the result of a row, in the call's type.
  virtual Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const = 0;
};

// `first_column`: the table's column that holds the first of the call's partial fields.
std::unique_ptr<Accumulator> make_accumulator(const AggregateCall& call,
                                              const std::optional<Type>& argument,
                                              const RowLayout& layout, size_t first_column);

}  // namespace weir
