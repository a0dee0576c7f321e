// Goal: values appear in JSON as the SQL page promises. Method: one value of each type and each
// special case, its text compared letter by letter.
#include "engine/data/json_form.h"

#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

#include <limits>

namespace weir {
namespace {

std::string json_of(Type type, decltype(Scalar::value) value) {
  const ColumnPtr column = constant_column({.type = std::move(type), .value = std::move(value)}, 1);
  std::string out;
  append_json_value(out, *column, 0);
  return out;
}

std::string string_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("WritesNumbersWithoutQuotes") {
  CHECK(json_of(TypeKind::kInt, int64_t{-5}) == "-5");
  CHECK(json_of(TypeKind::kBigint, std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
  CHECK(json_of(TypeKind::kDouble, 0.1) == "0.1");
}

TEST_CASE("WritesNumericWithItsScale") {
  CHECK(json_of(Type::numeric(12, 2), Int128{1230}) == "12.30");
  CHECK(json_of(Type::numeric(12, 2), Int128{-5}) == "-0.05");
  CHECK(json_of(Type::numeric(38, 0), Int128{7}) == "7");
}

TEST_CASE("WritesDoublesThatJsonHasNoNumberForAsStrings") {
  CHECK(json_of(TypeKind::kDouble, std::numeric_limits<double>::quiet_NaN()) == "\"NaN\"");
  CHECK(json_of(TypeKind::kDouble, std::numeric_limits<double>::infinity()) == "\"Infinity\"");
  CHECK(json_of(TypeKind::kDouble, -std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
}

TEST_CASE("WritesBooleansAndNull") {
  CHECK(json_of(TypeKind::kBoolean, true) == "true");
  CHECK(json_of(TypeKind::kBoolean, false) == "false");
  CHECK(json_of(TypeKind::kText, std::monostate()) == "null");
}

TEST_CASE("WritesTimestamptzInUtcWithAFractionOnlyWhereThereIsOne") {
  CHECK(json_of(TypeKind::kTimestamptz, int64_t{0}) == "\"1970-01-01T00:00:00Z\"");
  CHECK(json_of(TypeKind::kTimestamptz, int64_t{500'000}) == "\"1970-01-01T00:00:00.500Z\"");
  CHECK(json_of(TypeKind::kTimestamptz, int64_t{1}) == "\"1970-01-01T00:00:00.000001Z\"");
}

TEST_CASE("WritesTimestampWithoutAZone") {
  CHECK(json_of(TypeKind::kTimestamp, int64_t{123'000}) == "\"1970-01-01T00:00:00.123\"");
}

TEST_CASE("WritesDateIntervalAndByteaAsStrings") {
  CHECK(json_of(TypeKind::kDate, int64_t{1}) == "\"1970-01-02\"");
  CHECK(json_of(TypeKind::kInterval, Interval{.micros = 25'000'000}) == "\"00:00:25\"");
  CHECK(json_of(TypeKind::kBytea, std::string("\x01\x02\xff", 3)) == "\"AQL/\"");
}

TEST_CASE("EscapesWhatJsonRequiresAndNothingElse") {
  CHECK(string_of("a\"b\\c") == R"("a\"b\\c")");
  CHECK(string_of("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(string_of(std::string_view("\0\x1f", 2)) == R"("\u0000\u001f")");
  CHECK(string_of("/ é 😀 \x7f") == "\"/ é 😀 \x7f\"");
  CHECK(string_of("") == "\"\"");
}

TEST_CASE("WritesRowsInColumnOrderWithoutAbsentColumns") {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{"a", TypeKind::kInt}, {"gone", TypeKind::kInt}, {"b \"", TypeKind::kText}};
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = 1;
  batch.columns = {constant_column({TypeKind::kInt, int64_t{1}}, 1), nullptr,
                   constant_column(null_scalar(TypeKind::kText), 1)};
  std::string out;
  append_json_row(out, batch, 0);
  CHECK(out == R"({"a":1,"b \"":null})");
  batch.columns = {nullptr, nullptr, nullptr};
  out.clear();
  append_json_row(out, batch, 0);
  CHECK(out == "{}");
}

TEST_CASE("WritesCompositesAsObjects") {
  auto pair = std::make_shared<CompositeType>();
  pair->name = "pair";
  pair->fields = {{"x", TypeKind::kInt}, {"y", TypeKind::kText}};
  ColumnWriter writer(Type::composite(pair), 2);
  writer.child(0).append(int32_t{7});
  writer.child(1).append_text("seven");
  writer.append_composite();
  writer.append_null();
  const ColumnPtr column = std::move(writer).finish();
  std::string out;
  append_json_value(out, *column, 0);
  append_json_value(out, *column, 1);
  CHECK(out == R"({"x":7,"y":"seven"}null)");
}

}  // namespace
}  // namespace weir
