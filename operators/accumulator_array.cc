// array_agg.
//
// The state holds every value, NULLs too, in the order in which they came, each as
// operators/ordered_value.h has it. The result has them by key: it is the same at any parallelism,
// however the rows arrive.
#include "operators/accumulator_gathering.h"
#include "operators/ordered_value.h"

#include <algorithm>

namespace weir {
namespace {

// What is no value any more is left out.
std::vector<OrderedValue> values_of(std::string_view bytes) {
  std::vector<OrderedValue> values;
  while (const std::optional<OrderedValue> next = take_ordered_value(bytes)) {
    values.push_back(*next);
  }
  return values;
}

class ArrayAggAccumulator : public GatheringAccumulator {
 public:
  ArrayAggAccumulator(const AggregateCall& call, StatePlace place)
      : GatheringAccumulator(call, place) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      TRY(append(input.targets[i], maker_.make(arguments, input.rows[i], call_.order), table));
    }
    return {};
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    if (state_.is_null(from)) {
      out.append_null();
      return {};
    }
    std::vector<OrderedValue> values = values_of(state_.get(from));
    std::sort(values.begin(), values.end());
    ColumnWriter& elements = out.begin_array(values.size());
    for (const OrderedValue& value : values) append_ordered_value(elements, value);
    out.end_array();
    return {};
  }

 private:
  OrderedValueMaker maker_;
};

}  // namespace

std::unique_ptr<Accumulator> make_array_agg(const AggregateCall& call, StatePlace place) {
  return std::make_unique<ArrayAggAccumulator>(call, place);
}

}  // namespace weir
