// A value comes back from its bytes as it was, of every type; equal values have equal bytes.
#include "engine/data/value_bytes.h"

#include "engine/data/json_form.h"
#include "tests/engine/data/random_batches.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

ColumnPtr read_back(const Type& type, const std::string& bytes) {
  ColumnWriter writer(type, 1);
  append_from_bytes(writer, bytes);
  return std::move(writer).finish();
}

// Of each row an array: as many elements as its number, taken from `elements` one after the other.
ColumnPtr arrays_of(const ColumnPtr& elements, size_t rows) {
  ColumnWriter writer(Type::array(elements->type()), rows);
  size_t next = 0;
  std::string bytes;
  for (size_t row = 0; row < rows; ++row) {
    ColumnWriter& into = writer.begin_array(row);
    for (size_t i = 0; i < row; ++i, next = (next + 1) % elements->size()) {
      if (elements->is_null(next)) {
        into.append_null();
        continue;
      }
      bytes.clear();
      append_value_bytes(bytes, *elements, next);
      append_from_bytes(into, bytes);
    }
    writer.end_array();
  }
  return std::move(writer).finish();
}

std::string json(const Column& column, size_t row) {
  std::string text;
  append_json_value(text, column, row);
  return text;
}

void check_all(const Column& column) {
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    std::string bytes;
    append_value_bytes(bytes, column, row);
    const ColumnPtr back = read_back(column.type(), bytes);
    CHECK(json(*back, 0) == json(column, row));
    std::string again;
    append_value_bytes(again, *back, 0);
    CHECK(again == bytes);
  }
}

TEST_CASE("EveryValueComesBack") {
  Random dice(7);
  for (int i = 0; i < 20; ++i) {
    const RecordBatch batch = random_batch(dice, every_type(), 50);
    for (const ColumnPtr& column : batch.columns) {
      if (column == nullptr || column->type().has_composite()) continue;
      INFO(to_text(column->type()));
      check_all(*column);
      if (column->type().kind() != TypeKind::kArray) check_all(*arrays_of(column, 10));
    }
  }
}

TEST_CASE("AnArrayOfNothingIsNotOneOfNull") {
  ColumnWriter writer(Type::array(TypeKind::kText), 3);
  writer.begin_array(0);
  writer.end_array();
  writer.begin_array(1).append_null();
  writer.end_array();
  writer.begin_array(1).append_text("");
  writer.end_array();
  const ColumnPtr column = std::move(writer).finish();
  check_all(*column);
  CHECK(json(*column, 0) == "[]");
  CHECK(json(*column, 1) == "[null]");
  CHECK(json(*column, 2) == R"([""])");
}

TEST_CASE("OfOtherBytesIsReadWhatCanBe") {
  const Type type = Type::array(TypeKind::kBigint);
  CHECK(json(*read_back(type, "abc"), 0) == "[]");
  CHECK(json(*read_back(type, std::string("\x09\0\0\0ab", 6)), 0) == "[]");
  CHECK(json(*read_back(TypeKind::kInt, std::string("\x07", 1)), 0) == "7");
}

}  // namespace
}  // namespace weir
