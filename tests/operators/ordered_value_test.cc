// Values behind their sort keys: one after the other they are read back, and stand in order.
#include "operators/ordered_value.h"

#include "tests/operators/accumulator_group.h"

#include <algorithm>

namespace weir {
namespace {

const SortKey kDown{.column = 1, .descending = true, .nulls_first = true};

std::string bytes_of(const std::vector<Cell>& values, const std::vector<Cell>& keys) {
  const ColumnPtr value = column_of(TypeKind::kText, values);
  const ColumnPtr key = column_of(TypeKind::kInt, keys);
  const std::vector<const Column*> columns = {value.get(), key.get()};
  OrderedValueMaker maker;
  std::string bytes;
  for (uint32_t row = 0; row < values.size(); ++row) bytes += maker.make(columns, row, {kDown});
  return bytes;
}

std::vector<OrderedValue> values_in(std::string_view bytes) {
  std::vector<OrderedValue> values;
  while (const auto value = take_ordered_value(bytes)) values.push_back(*value);
  return values;
}

std::string text_of(const OrderedValue& value) {
  ColumnWriter writer(TypeKind::kText, 1);
  append_ordered_value(writer, value);
  const ColumnPtr column = std::move(writer).finish();
  return column->is_null(0) ? "NULL" : value_text(*column, 0);
}

TEST_CASE("ValuesAreReadBackAndStandInOrder") {
  const std::string bytes = bytes_of({"b", "a text of more than twelve bytes", kNull, "", "a"},
                                     {"1", "2", "2", kNull, "1"});
  std::vector<OrderedValue> values = values_in(bytes);
  REQUIRE(values.size() == 5);
  std::sort(values.begin(), values.end());
  std::vector<std::string> texts;
  for (const OrderedValue& value : values) texts.push_back(text_of(value));
  CHECK(texts ==
        std::vector<std::string>{"", "a text of more than twelve bytes", "NULL", "a", "b"});
}

TEST_CASE("WhatIsCutOffIsNone") {
  const std::string bytes = bytes_of({"a text"}, {"1"});
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view rest = std::string_view(bytes).substr(0, size);
    CHECK_FALSE(take_ordered_value(rest).has_value());
    CHECK(rest.size() == size);
  }
}

}  // namespace
}  // namespace weir
