#include "operators/accumulator_pick.h"

#include "operators/accumulator_parts.h"

#include <string_view>

namespace weir {
namespace {

// Values are only moved: T is any type of the same width, or string_view.
template <typename T>
class PickAccumulator : public Accumulator {
 public:
  PickAccumulator(Pick pick, StatePlace place)
      : pick_(pick), number_(place.slot(0)), value_(place.slot(1)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    take_all(*arguments[1], *arguments[0], input, table);
    return {};
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    take_all(*partials[0], *partials[1], input, table);
    return {};
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    each_state(number_, rows, [&](std::byte* target, const std::byte* source) {
      if (!wins(target, number_.get<int64_t>(source))) return;
      number_.put(target, number_.get<int64_t>(source));
      put(target, value_.is_null(source), stored(source), table);
    });
    return {};
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    table.append_to(out, row, value_.column);
    return {};
  }

 private:
  void take_all(const Column& numbers, const Column& values, const AccumulatorInput& input,
                KeyedTable& table) const {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      if (numbers.is_null(row)) continue;
      const int64_t number = numbers.values<int64_t>()[row];
      if (!wins(input.targets[i], number)) continue;
      number_.put(input.targets[i], number);
      put(input.targets[i], values.is_null(row), given(values, row), table);
    }
  }

  bool wins(const std::byte* target, int64_t number) const {
    if (number_.is_null(target)) return true;
    const int64_t held = number_.get<int64_t>(target);
    return pick_ == Pick::kFirst ? number < held : number > held;
  }

  static T given(const Column& column, uint32_t row) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      return column.text(row);
    } else if constexpr (std::is_same_v<T, bool>) {
      return column.boolean(row);
    } else {
      return column.values<T>()[row];
    }
  }
  T stored(const std::byte* row) const {
    if constexpr (std::is_same_v<T, std::string_view>) {
      // A short text stands in the row itself.
      const std::byte* at = value_.value(row);
      const StoredText text = load<StoredText>(at);
      const char* bytes = text.is_inline()
                              ? reinterpret_cast<const char*>(at) + offsetof(StoredText, bytes)
                              : text.payload();
      return {bytes, static_cast<size_t>(text.size)};
    } else {
      return value_.get<T>(row);
    }
  }
  void put(std::byte* target, bool null, T value, KeyedTable& table) const {
    if constexpr (std::is_same_v<T, std::string_view>) {
      table.store_text(value_.value(target), null ? std::string_view() : value);
    } else {
      store(value_.value(target), null ? T() : value);
    }
    null ? value_.layout->set_null(target, value_.column)
         : value_.layout->clear_null(target, value_.column);
  }

  const Pick pick_;
  Slot number_;
  Slot value_;
};

}  // namespace

std::vector<Type> pick_types(const Type& argument) { return {TypeKind::kBigint, argument}; }

std::unique_ptr<Accumulator> make_pick(Pick pick, const Type& argument, const RowLayout& layout,
                                       size_t first_column) {
  const StatePlace place{&layout, first_column};
  if (argument.is_text_like()) {
    return std::make_unique<PickAccumulator<std::string_view>>(pick, place);
  }
  switch (argument.width()) {
    case 0: return std::make_unique<PickAccumulator<bool>>(pick, place);
    case 4: return std::make_unique<PickAccumulator<int32_t>>(pick, place);
    case 8: return std::make_unique<PickAccumulator<int64_t>>(pick, place);
    case 16: return std::make_unique<PickAccumulator<Int128>>(pick, place);
    default: break;
  }
  unreachable();
}

}  // namespace weir
