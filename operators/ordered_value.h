// One value of a group behind its sort key, as aggregates with ORDER BY keep it (array_agg,
// first_value, last_value):
//
//   bytes = key_size:u32 is_null:u8 value_size:u32 key value
//   key   = append_sort_key of each ORDER BY, then of the value itself
#pragma once

#include "engine/data/column.h"
#include "engine/plan/specs.h"
#include "operators/accumulator.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct OrderedValue {
  std::string_view key;
  bool is_null;
  std::string_view value;

  // Values that compare equal may differ (0 and -0): the order is the same however they arrive.
  bool operator<(const OrderedValue& other) const {
    const int order = key.compare(other.key);
    return order != 0 ? order < 0 : value < other.value;
  }
};

// Takes the first one off `bytes`; absent of what is none.
std::optional<OrderedValue> take_ordered_value(std::string_view& bytes);

// Appends it to a column of the type that it was made of.
void append_ordered_value(ColumnWriter& out, const OrderedValue& value);

// Makes the bytes. By one thread at a time.
class OrderedValueMaker {
 public:
  // `arguments`: the value's column, behind it those that `order` goes by. Valid until the next
  // call. REQUIRES: neither a composite nor an array.
  std::string_view make(Columns arguments, uint32_t row, const std::vector<SortKey>& order);

 private:
  std::string bytes_;
};

}  // namespace weir
