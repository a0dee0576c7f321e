// Aggregate functions over the rows of a KeyedTable: how a value is taken in, how two partial
// states become one, and what comes out. The state of each call stands in value columns of the
// table row, whose types are partial_fields (engine/plan/specs.h): what is in a row is exactly what
// a partial result sends.
//
// No result depends on the order in which values and states were taken in (doubles: up to
// rounding). One virtual call a batch, none a row. Used by the thread of the task that owns the
// table.
#pragma once

#include "engine/plan/specs.h"
#include "state/keyed_table.h"

#include <memory>
#include <span>
#include <vector>

namespace weir {

// The rows that an accumulator takes in: the i-th value is rows[i] of the batch's columns, and goes
// to targets[i].
struct AccumulatorInput {
  const uint32_t* rows = nullptr;
  std::byte* const* targets = nullptr;
  size_t count = 0;
};

// Rows whose states are brought together: sources[i] into (or out of) targets[i], one after the
// other. A target may stand there several times, and be a source later on; it is never its own.
struct AccumulatorRows {
  std::byte* const* targets = nullptr;
  const std::byte* const* sources = nullptr;
  size_t count = 0;
};

using Columns = std::span<const Column* const>;

class Accumulator {
 public:
  virtual ~Accumulator() = default;

  // Takes in values: the argument's column (none for count(*)), behind it the columns that the call
  // orders by. REQUIRES: the argument is not NULL in any of the rows, unless takes_nulls. kBadData
  // error on overflow: an overflow while aggregating fails the job.
  virtual Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) = 0;

  // Takes in partial states: one column for each of partial_fields.
  virtual Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) = 0;

  // The same with states that stand in rows: of `table`, which the targets are in, or of another
  // table of the same layout, from which texts are copied.
  virtual Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) = 0;

  // Whether states can be taken out again and leave exactly what was there before: count, and sum
  // and avg of int, bigint and numeric.
  virtual bool can_retract() const { return false; }
  // Takes states out of targets into which they, or the values they are made of, were taken.
  // REQUIRES: can_retract().
  virtual void retract_rows(const AccumulatorRows& rows);

  // Appends the result of a row, in the call's type.
  virtual Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const = 0;
};

// `argument`: of the call's own argument, before any partial phase (argument_type in
// engine/plan/specs.h). `first_column`: the table's column that holds the first of the call's
// partial fields. `layout` outlives the accumulator.
std::unique_ptr<Accumulator> make_accumulator(const AggregateCall& call,
                                              const std::optional<Type>& argument,
                                              const RowLayout& layout, size_t first_column);

// The same for a call with DISTINCT whose state holds its values: one column of bytea.
std::unique_ptr<Accumulator> make_told_apart(const AggregateCall& call, const Type& argument,
                                             const RowLayout& layout, size_t first_column);

}  // namespace weir
