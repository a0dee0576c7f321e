// What aggregates have in common that keep every value they meet, one behind the other as bytes
// (string_agg, array_agg): how states are merged, and how long they may become.
#pragma once

#include "operators/accumulator_bytes.h"

#include <fmt/format.h>

#include <string_view>

namespace weir {

class GatheringAccumulator : public Accumulator {
 public:
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      if (partials[0]->is_null(row)) continue;
      TRY(append(input.targets[i], used_bytes(partials[0]->text(row)), table));
    }
    return {};
  }

  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    for (size_t i = 0; i < rows.count; ++i) {
      if (state_.is_null(rows.sources[i])) continue;
      TRY(append(rows.targets[i], state_.get(rows.sources[i]), table));
    }
    return {};
  }

 protected:
  GatheringAccumulator(const AggregateCall& call, StatePlace place)
      : call_(call), state_(place.slot(0)) {}

  Status append(std::byte* target, std::string_view bytes, KeyedTable& table) const {
    if (state_.get(target).size() + bytes.size() > BytesState::kBytesMax) return too_long();
    state_.append(target, bytes, table);
    return {};
  }
  Error too_long() const {
    return bad_data(
        fmt::format("the values of a group in column \"{}\" are longer than {} bytes: aggregate "
                    "over smaller groups or windows",
                    call_.name, BytesState::kBytesMax));
  }

  const AggregateCall call_;
  BytesState state_;
};

}  // namespace weir
