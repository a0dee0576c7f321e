// Goal: what is written is what the format says, and what is read back is what was written. Method:
// examples; then random rows of every type, encoded and decoded again.
#include "operators/connectors/formats/encoder.h"

#include "engine/data/scalar.h"
#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

using testing::Decoding;
using testing::shape_of;

RecordBatch batch_of(const Schema& schema, const std::vector<std::vector<Scalar>>& rows) {
  RecordBatch batch;
  batch.schema = std::make_shared<const Schema>(schema);
  batch.rows = static_cast<uint32_t>(rows.size());
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    ColumnWriter writer(schema.fields[i].type, rows.size());
    for (const std::vector<Scalar>& row : rows) append(writer, row[i]);
    batch.columns.push_back(std::move(writer).finish());
  }
  return batch;
}

std::string encoded(const FormatOptions& options, const RecordBatch& batch, size_t row = 0) {
  std::string out;
  (*make_encoder(options, *batch.schema))->encode(batch, row, out);
  return out;
}

Scalar text(std::string value) { return {TypeKind::kText, std::move(value)}; }

TEST_CASE("JsonEncoderWritesKeysInColumnOrder") {
  const Schema schema = {{{"b\"", TypeKind::kInt}, {"a", TypeKind::kText}}};
  RecordBatch batch = batch_of(schema, {{{TypeKind::kInt, int64_t{1}}, text("x")}});
  CHECK(encoded({}, batch) == R"({"b\"":1,"a":"x"})");
  batch.columns[0] = nullptr;
  CHECK(encoded({}, batch) == R"({"a":"x"})");
}

TEST_CASE("CsvEncoderQuotesOnlyWhatNeedsIt") {
  const Schema schema = {{{"a", TypeKind::kText}, {"b,c", TypeKind::kText}}};
  const FormatOptions csv = {.format = "csv"};
  CHECK(encoded(csv, batch_of(schema, {{text("plain"), text("say \"hi\"")}})) ==
        "plain,\"say \"\"hi\"\"\"");
  CHECK(encoded(csv, batch_of(schema, {{text("a\nb"), text("c,d")}})) == "\"a\nb\",\"c,d\"");
  CHECK(encoded(csv, batch_of(schema, {{text(""), null_scalar(TypeKind::kText)}})) == "\"\",");
  CHECK((*make_encoder(csv, schema))->file_header(schema) == "a,\"b,c\"\n");
  CHECK(
      (*make_encoder({.format = "csv", .csv_header = false}, schema))->file_header(schema).empty());
}

// Rows (1, x) that change so, one a row.
RecordBatch changing_batch(const std::vector<ChangeKind>& changes) {
  const Schema schema = {{{"n", TypeKind::kInt}, {"a", TypeKind::kText}}};
  RecordBatch batch = batch_of(
      schema, {changes.size(), std::vector<Scalar>{{TypeKind::kInt, int64_t{1}}, text("x")}});
  ColumnWriter writer(TypeKind::kInt, changes.size());
  for (const ChangeKind change : changes) writer.append(static_cast<int32_t>(change));
  batch.change = std::move(writer).finish();
  return batch;
}

const std::vector<ChangeKind> kAllChanges = {ChangeKind::kInsert, ChangeKind::kUpdateBefore,
                                             ChangeKind::kUpdateAfter, ChangeKind::kDelete};

TEST_CASE("EachChangeIsMarkedWhereMarksAreAskedFor") {
  const RecordBatch batch = changing_batch(kAllChanges);
  const FormatOptions op = {.changes = ChangeForm::kOp};
  CHECK(encoded(op, batch, 0) == R"({"_op":"+I","n":1,"a":"x"})");
  CHECK(encoded(op, batch, 1) == R"({"_op":"-U","n":1,"a":"x"})");
  CHECK(encoded(op, batch, 2) == R"({"_op":"+U","n":1,"a":"x"})");
  CHECK(encoded(op, batch, 3) == R"({"_op":"-D","n":1,"a":"x"})");
  const FormatOptions csv = {.format = "csv", .changes = ChangeForm::kOp};
  CHECK(encoded(csv, batch, 2) == "+U,1,x");
  CHECK((*make_encoder(csv, *batch.schema))->file_header(*batch.schema) == "_op,n,a\n");
}

TEST_CASE("OfAKeyTheLastRecordSaysAll") {
  const RecordBatch batch = changing_batch(kAllChanges);
  const FormatOptions upsert = {.changes = ChangeForm::kUpsert, .key = {1}};
  const auto encoder = *make_encoder(upsert, *batch.schema);
  CHECK_FALSE(encoder->skips(batch, 0));
  CHECK(encoder->skips(batch, 1));
  CHECK(encoded(upsert, batch, 2) == R"({"n":1,"a":"x"})");
  CHECK(encoder->deletes(batch, 3));
  CHECK(encoded(upsert, batch, 3) == R"({"_deleted":true,"a":"x"})");
}

TEST_CASE("CsvWritesWhatARowOfAKeyBecomes") {
  const RecordBatch batch = changing_batch(kAllChanges);
  const FormatOptions upsert = {.format = "csv", .changes = ChangeForm::kUpsert, .key = {1}};
  const auto encoder = *make_encoder(upsert, *batch.schema);
  CHECK(encoder->skips(batch, 1));
  CHECK(encoded(upsert, batch, 0) == "1,x");
  CHECK(encoded(upsert, batch, 2) == "1,x");
  CHECK(encoder->deletes(batch, 3));
  CHECK(encoder->file_header(*batch.schema) == "n,a\n");
}

TEST_CASE("FormatsWithoutAFormForAChangeAreRefused") {
  const Schema schema = {{{"a", TypeKind::kText}}};
  CHECK_FALSE(make_encoder({.format = "raw", .changes = ChangeForm::kOp}, schema).ok());
}

TEST_CASE("RawEncoderWritesTheBytes") {
  const Schema schema = {{{"a", TypeKind::kBytea}}};
  const RecordBatch batch = batch_of(
      schema, {{{TypeKind::kBytea, std::string("\x00\xff", 2)}}, {null_scalar(TypeKind::kBytea)}});
  CHECK(encoded({.format = "raw"}, batch, 0) == std::string("\x00\xff", 2));
  CHECK(encoded({.format = "raw"}, batch, 1).empty());
}

TEST_CASE("RefusesSchemasThatTheFormatCannotHold") {
  const Schema list = {{{"l", Type::array(TypeKind::kInt)}}};
  CHECK(make_encoder({.format = "csv"}, list).error().kind == ErrorKind::kUser);
  CHECK(make_encoder({.format = "raw"}, list).error().kind == ErrorKind::kUser);
  CHECK(make_encoder({.format = "xml"}, list).error().kind == ErrorKind::kUser);
  CHECK(make_encoder({.format = "json"}, list).ok());
}

std::string random_text(std::mt19937& dice) {
  constexpr std::string_view kPieces[] = {"a", "\"", "\\", ",",  "\n", "\r",
                                          "é", "😀",  " ",  "{}", "\t", "\x01"};
  std::string out;
  for (size_t i = dice() % 20; i > 0; --i) out += kPieces[dice() % std::size(kPieces)];
  return out;
}

Scalar random_scalar(const Type& type, std::mt19937& dice) {
  if (dice() % 5 == 0) return null_scalar(type);
  std::mt19937_64 wide(dice());
  const int64_t any = static_cast<int64_t>(wide()) >> (dice() % 64);
  switch (type.kind()) {
    case TypeKind::kBoolean: return {type, dice() % 2 == 0};
    case TypeKind::kInt: return {type, int64_t{static_cast<int32_t>(any)}};
    case TypeKind::kBigint: return {type, any};
    case TypeKind::kDouble: return {type, static_cast<double>(any) / 1024.0};
    case TypeKind::kNumeric: return {type, Int128{any} * (any % 1'000'000)};
    case TypeKind::kText: return {type, random_text(dice)};
    case TypeKind::kBytea: {
      std::string bytes;
      for (size_t i = dice() % 20; i > 0; --i) bytes.push_back(static_cast<char>(dice()));
      return {type, bytes};
    }
    case TypeKind::kDate: return {type, int64_t{static_cast<int32_t>(dice() % 200'000)} - 100'000};
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return {type, static_cast<int64_t>(wide() % 8'000'000'000'000'000) - 4'000'000'000'000'000};
    case TypeKind::kInterval:
      return {type, Interval{static_cast<int32_t>(dice() % 500) - 250,
                             static_cast<int32_t>(dice() % 500) - 250,
                             static_cast<int64_t>(wide() % 200'000'000'000) - 100'000'000'000}};
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  return null_scalar(type);
}

std::vector<Field> every_type() {
  return {{"a", TypeKind::kBoolean},     {"b", TypeKind::kInt},       {"c", TypeKind::kBigint},
          {"d", TypeKind::kDouble},      {"e", Type::numeric(38, 9)}, {"f", TypeKind::kText},
          {"g", TypeKind::kBytea},       {"h", TypeKind::kDate},      {"i", TypeKind::kTimestamp},
          {"j", TypeKind::kTimestamptz}, {"k", TypeKind::kInterval}};
}

TEST_CASE("RandomRowsSurviveEncodingAndDecoding") {
  const uint32_t seed = 5;
  INFO("seed " << seed);
  std::mt19937 dice(seed);
  const RowShape shape = shape_of(every_type());
  std::vector<std::vector<Scalar>> rows;
  for (int i = 0; i < 500; ++i) {
    std::vector<Scalar>& row = rows.emplace_back();
    for (const Field& field : shape.schema->fields) row.push_back(random_scalar(field.type, dice));
  }
  const RecordBatch batch = batch_of(*shape.schema, rows);
  for (const char* format : {"json", "csv"}) {
    const FormatOptions options = {.format = format};
    std::vector<std::string> records;
    for (size_t row = 0; row < rows.size(); ++row) records.push_back(encoded(options, batch, row));
    Decoding decoding(shape, options);
    decoding.rows(records);
    REQUIRE(decoding.bad().empty());
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t i = 0; i < shape.schema->fields.size(); ++i) {
        INFO(format << ": " << records[row]);
        CHECK(scalar_at(*decoding.batch().columns[i], row) == rows[row][i]);
      }
    }
  }
}

}  // namespace
}  // namespace weir
