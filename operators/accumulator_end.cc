// first_value and last_value of a group: the value, NULL or not, of the row that its ORDER BY puts
// first or last. Of rows with equal keys the values decide.
//
// The state holds the one value that is ahead of the others, as operators/ordered_value.h has it.
#include "operators/accumulator_bytes.h"
#include "operators/ordered_value.h"

namespace weir {
namespace {

class EndAccumulator : public Accumulator {
 public:
  EndAccumulator(bool want_last, const AggregateCall& call, StatePlace place)
      : want_last_(want_last), order_(call.order), state_(place.slot(0)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      take(input.targets[i], maker_.make(arguments, input.rows[i], order_), table);
    }
    return {};
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      if (partials[0]->is_null(row)) continue;
      take(input.targets[i], used_bytes(partials[0]->text(row)), table);
    }
    return {};
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    each_state(state_.slot(), rows, [&](std::byte* target, const std::byte* source) {
      take(target, state_.get(source), table);
    });
    return {};
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::optional<OrderedValue> held = value_in(table.row(row));
    held ? append_ordered_value(out, *held) : out.append_null();
    return {};
  }

 private:
  std::optional<OrderedValue> value_in(const std::byte* row) const {
    if (state_.is_null(row)) return std::nullopt;
    std::string_view bytes = state_.get(row);
    return take_ordered_value(bytes);
  }

  void take(std::byte* target, std::string_view bytes, KeyedTable& table) const {
    std::string_view rest = bytes;
    const std::optional<OrderedValue> value = take_ordered_value(rest);
    if (!value) return;  // A partial result that is none.
    const std::optional<OrderedValue> held = value_in(target);
    if (held && !(want_last_ ? *held < *value : *value < *held)) return;
    state_.set(target, bytes, table);
  }

  const bool want_last_;
  const std::vector<SortKey> order_;
  const BytesState state_;
  OrderedValueMaker maker_;
};

}  // namespace

std::unique_ptr<Accumulator> make_end(bool want_last, const AggregateCall& call, StatePlace place) {
  return std::make_unique<EndAccumulator>(want_last, call, place);
}

}  // namespace weir
