// first_value and last_value as accumulators: of numbered rows, the value of the one with the least
// or the greatest number, NULL or not.
//
// State: number bigint (NULL: no row yet), value. Values that are added stand in two columns, the
// value and its number.
#pragma once

#include "operators/accumulator.h"

#include <memory>
#include <vector>

namespace weir {

enum class Pick { kFirst, kLast };

// The columns of the state.
std::vector<Type> pick_types(const Type& argument);

// As make_accumulator. REQUIRES: the argument is neither a composite nor an array.
std::unique_ptr<Accumulator> make_pick(Pick pick, const Type& argument, const RowLayout& layout,
                                       size_t first_column);

}  // namespace weir
