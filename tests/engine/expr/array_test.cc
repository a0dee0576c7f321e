// Slices, elements and lengths of arrays, which the SQL front end and graph files call by name.
#include "engine/data/json_form.h"
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Rows {1,2,3}, NULL, {} and {4,NULL} of bigint[], as column a.
RecordBatch arrays() {
  RecordBatch batch;
  auto schema = std::make_shared<Schema>();
  schema->fields = {{.name = "a", .type = Type::array(TypeKind::kBigint)}};
  batch.schema = schema;
  batch.rows = 4;
  ColumnWriter writer(schema->fields[0].type, 4);
  ColumnWriter& three = writer.begin_array(3);
  for (const int64_t value : {1, 2, 3}) three.append(value);
  writer.end_array();
  writer.append_null();
  writer.begin_array(0);
  writer.end_array();
  ColumnWriter& two = writer.begin_array(2);
  two.append(int64_t{4});
  two.append_null();
  writer.end_array();
  batch.columns = {std::move(writer).finish()};
  return batch;
}

std::string json_of(const ExprPtr& expr) {
  const RecordBatch batch = arrays();
  Evaluator evaluator(expr);
  RowErrors errors;
  const ColumnPtr column = evaluator.eval(batch, batch.selection(), 0, errors);
  CHECK(errors.empty());
  std::string text;
  for (size_t row = 0; row < batch.rows; ++row) {
    if (row != 0) text += ' ';
    append_json_value(text, *column, row);
  }
  return text;
}

ExprPtr column() { return make_column(0, Type::array(TypeKind::kBigint)); }
ExprPtr number(const char* text) { return literal(std::string("int:") + text); }

TEST_CASE("ASliceHasWhatIsThereBetweenItsBounds") {
  CHECK(json_of(call("array_slice", {column(), number("1"), number("2")})) ==
        "[1,2] null [] [4,null]");
  CHECK(json_of(call("array_slice", {column(), number("-5"), number("1")})) == "[1] null [] [4]");
  CHECK(json_of(call("array_slice", {column(), number("2"), number("2147483647")})) ==
        "[2,3] null [] [null]");
  CHECK(json_of(call("array_slice", {column(), number("3"), number("1")})) == "[] null [] []");
}

TEST_CASE("AnElementThatIsNotThereIsNull") {
  CHECK(json_of(call("array_element", {column(), number("1")})) == "1 null null 4");
  CHECK(json_of(call("array_element", {column(), number("2")})) == "2 null null null");
  CHECK(json_of(call("array_element", {column(), number("0")})) == "null null null null");
}

TEST_CASE("AnEmptyArrayHasNoDimensionToMeasure") {
  CHECK(json_of(call("cardinality", {column()})) == "3 null 0 2");
  CHECK(json_of(call("array_length", {column(), number("1")})) == "3 null null 2");
  CHECK(json_of(call("array_length", {column(), number("2")})) == "null null null null");
}

TEST_CASE("OnlyArraysAreTakenForArrays") {
  CHECK(type_of("cardinality", {"text:{1}"}).starts_with("refused: function"));
  CHECK_FALSE(make_call("lower", {column()}).ok());
}

}  // namespace
}  // namespace weir
