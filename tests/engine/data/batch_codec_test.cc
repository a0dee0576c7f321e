// Goals: whatever batch there is reads back equal; whatever bytes there are give a batch or an
// error, never a crash (run it under the address and undefined-behaviour sanitizers). Method:
// random batches over a schema of every type, compared value by value; damage at every byte, with
// the checksum left wrong and with it put right, so that the checks behind it are met.
#include "engine/data/batch_codec.h"

#include "engine/base/crc32c.h"
#include "engine/data/scalar.h"
#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

namespace weir {
namespace {

using Random = std::mt19937_64;

Type composite(std::vector<Field> fields) {
  return Type::composite(std::make_shared<const CompositeType>(
      CompositeType{.name = "part", .fields = std::move(fields)}));
}

SchemaPtr schema_of(std::vector<Field> fields) {
  return std::make_shared<const Schema>(Schema{.fields = std::move(fields)});
}

// A column of every type, some in composites in a composite.
SchemaPtr every_type() {
  std::vector<Field> fields;
  const Type plain[] = {TypeKind::kBoolean,  TypeKind::kInt,        TypeKind::kBigint,
                        TypeKind::kDouble,   Type::numeric(12, 2),  TypeKind::kText,
                        TypeKind::kBytea,    TypeKind::kDate,       TypeKind::kTimestamp,
                        TypeKind::kInterval, TypeKind::kTimestamptz};
  for (const Type& type : plain) fields.push_back({.name = to_text(type), .type = type});
  const Type inner = composite({fields[0], fields[5]});
  fields.push_back({.name = "outer",
                    .type = composite({fields[4], {.name = "inner", .type = inner}, fields[1]})});
  return schema_of(std::move(fields));
}

std::string random_text(Random& dice, bool is_utf8) {
  std::string text;
  const size_t size = dice() % 4 == 0 ? dice() % 200 : dice() % 16;
  while (text.size() < size) {
    if (is_utf8) {
      text += dice() % 8 == 0 ? "\xe2\x82\xac" : "x";
    } else {
      text.push_back(static_cast<char>(dice()));
    }
  }
  return text;
}

Scalar random_scalar(Random& dice, const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return {type, dice() % 2 == 0};
    case TypeKind::kInt:
    case TypeKind::kDate: return {type, int64_t{static_cast<int32_t>(dice())}};
    case TypeKind::kDouble: return {type, static_cast<double>(dice()) / 7};
    case TypeKind::kNumeric:
      return {type, static_cast<Int128>(static_cast<Uint128>(dice()) << 64 | dice())};
    case TypeKind::kText:
    case TypeKind::kBytea: return {type, random_text(dice, type.kind() == TypeKind::kText)};
    case TypeKind::kInterval:
      return {type, Interval{.months = static_cast<int32_t>(dice()),
                             .days = static_cast<int32_t>(dice()),
                             .micros = static_cast<int64_t>(dice())}};
    default: return {type, static_cast<int64_t>(dice())};
  }
}

// Appends a row, which may be NULL where `nulls` says so.
void append_random(Random& dice, ColumnWriter& writer, bool nulls) {
  if (nulls && dice() % 4 == 0) return writer.append_null();
  if (writer.type().kind() != TypeKind::kComposite) {
    return append(writer, random_scalar(dice, writer.type()));
  }
  for (size_t i = 0; i < writer.type().fields().fields.size(); ++i) {
    if (writer.has_child(i)) append_random(dice, writer.child(i), nulls);
  }
  writer.append_composite();
}

NeededField random_need(Random& dice, const Type& type) {
  NeededField need{.needed = dice() % 5 != 0, .fields = {}};
  if (type.kind() != TypeKind::kComposite) return need;
  for (const Field& field : type.fields().fields) {
    need.fields.push_back(random_need(dice, field.type));
  }
  return need;
}

ColumnPtr random_column(Random& dice, const Type& type, size_t rows) {
  const NeededField need = random_need(dice, type);
  if (!need.needed) return nullptr;
  ColumnWriter writer(type, rows, nullptr, &need);
  const bool nulls = dice() % 2 == 0;
  for (size_t row = 0; row < rows; ++row) append_random(dice, writer, nulls);
  return std::move(writer).finish();
}

ColumnPtr random_change(Random& dice, size_t rows) {
  ColumnWriter writer(TypeKind::kInt, rows);
  for (size_t row = 0; row < rows; ++row) writer.append(static_cast<int32_t>(dice() % 4));
  return std::move(writer).finish();
}

RecordBatch random_batch(Random& dice, const SchemaPtr& schema, uint32_t rows) {
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = rows;
  for (const Field& field : schema->fields) {
    batch.columns.push_back(random_column(dice, field.type, rows));
  }
  batch.arrival_watermark = random_column(dice, TypeKind::kBigint, rows);
  if (dice() % 2 == 0) batch.change = random_change(dice, rows);
  batch.split = random_column(dice, TypeKind::kInt, rows);
  batch.position = random_column(dice, TypeKind::kBigint, rows);
  if (dice() % 2 == 0) return batch;
  RowIndices selected;
  for (uint32_t row = 0; row < rows; ++row) {
    if (dice() % 3 == 0) selected.push_back(row);
  }
  return with_selection(std::move(batch), std::move(selected));
}

bool same_value(const Column& a, size_t a_row, const Column& b, size_t b_row);

bool same_children(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  if (a.is_null(a_row) != b.is_null(b_row)) return false;
  if (a.children().size() != b.children().size()) return false;
  for (size_t i = 0; i < a.children().size(); ++i) {
    const ColumnPtr& left = a.children()[i];
    const ColumnPtr& right = b.children()[i];
    if ((left == nullptr) != (right == nullptr)) return false;
    if (left != nullptr && !same_value(*left, a_row, *right, b_row)) return false;
  }
  return true;
}

bool same_value(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  if (a.type().kind() == TypeKind::kComposite) return same_children(a, a_row, b, b_row);
  const Scalar left = scalar_at(a, a_row);
  const Scalar right = scalar_at(b, b_row);
  const double* number = std::get_if<double>(&left.value);
  if (number != nullptr && std::isnan(*number)) return std::isnan(std::get<double>(right.value));
  return left == right;
}

bool same_column(const ColumnPtr& a, Selection rows, const ColumnPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (b->size() != rows.size() || !(a->type() == b->type())) return false;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!same_value(*a, rows[i], *b, i)) return false;
  }
  return true;
}

// Whether `dense` holds the selected rows of `batch`.
bool same_rows(const RecordBatch& batch, const RecordBatch& dense) {
  const Selection rows = batch.selection();
  if (dense.selected != nullptr || dense.rows != rows.size()) return false;
  if (dense.columns.size() != batch.columns.size()) return false;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (!same_column(batch.columns[i], rows, dense.columns[i])) return false;
  }
  return same_column(batch.arrival_watermark, rows, dense.arrival_watermark) &&
         same_column(batch.change, rows, dense.change) &&
         same_column(batch.split, rows, dense.split) &&
         same_column(batch.position, rows, dense.position);
}

// The same bytes with the checksum that belongs to them.
std::string with_checksum(std::string bytes) {
  if (bytes.size() < sizeof(uint32_t)) return bytes;
  bytes.resize(bytes.size() - sizeof(uint32_t));
  const uint32_t crc = crc32c(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  return bytes;
}

// Whether decoding gives an error, or else a batch that can be read and encoded again.
bool is_safe(const std::string& bytes, const SchemaPtr& schema) {
  // A copy without spare room behind it, so that a sanitizer sees every read too far.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const Result<RecordBatch> batch = decode_batch({exact.data(), exact.size()}, schema);
  if (!batch.ok()) return batch.error().kind == ErrorKind::kCorrupt;
  if (batch->rows > 1'000'000) return batch->columns.size() == schema->fields.size();
  const Result<RecordBatch> again = decode_batch(encode_batch(*batch), schema);
  return again.ok() && same_rows(*batch, *again);
}

ColumnPtr texts(std::initializer_list<std::string_view> values) {
  ColumnWriter writer(TypeKind::kText, values.size());
  for (const std::string_view value : values) writer.append_text(value);
  return std::move(writer).finish();
}

// A batch of one column called "c".
RecordBatch batch_of(const ColumnPtr& column) {
  RecordBatch batch;
  batch.schema = schema_of({{.name = "c", .type = column->type()}});
  batch.rows = static_cast<uint32_t>(column->size());
  batch.columns = {column};
  return batch;
}

TEST_CASE("RandomBatchesReadBackEqual") {
  const SchemaPtr schema = every_type();
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random dice(seed);
    const uint32_t rows = static_cast<uint32_t>(dice() % 200);
    const RecordBatch batch = random_batch(dice, schema, rows);
    INFO("replay with seed " << seed);
    const std::string bytes = encode_batch(batch);
    const Result<RecordBatch> decoded = decode_batch(bytes, schema);
    REQUIRE(decoded.ok());
    REQUIRE(decoded->schema == schema);
    REQUIRE(same_rows(batch, *decoded));
    REQUIRE(encode_batch(*decoded) == bytes);
  }
}

TEST_CASE("BatchesAroundTheSizeOfABitmapWordReadBackEqual") {
  const SchemaPtr schema = every_type();
  for (const uint32_t rows : {0U, 1U, 63U, 64U, 65U, 128U}) {
    for (uint64_t seed = 0; seed < 10; ++seed) {
      Random dice(seed);
      const RecordBatch batch = random_batch(dice, schema, rows);
      INFO("replay with rows " << rows << " seed " << seed);
      REQUIRE(same_rows(batch, *decode_batch(encode_batch(batch), schema)));
    }
  }
}

TEST_CASE("BatchWithoutColumnsKeepsItsRows") {
  RecordBatch batch;
  batch.schema = schema_of({{.name = "unread", .type = TypeKind::kText}});
  batch.columns = {nullptr};
  batch.rows = 1000;
  const RecordBatch decoded = *decode_batch(encode_batch(batch), batch.schema);
  REQUIRE(decoded.rows == 1000);
  REQUIRE(decoded.columns[0] == nullptr);
}

TEST_CASE("OnlyPayloadsOfSelectedRowsAreWritten") {
  const std::string large(100'000, 'x');
  RecordBatch batch = batch_of(texts({large, "a text of more than twelve bytes", large}));
  REQUIRE(encode_batch(batch).size() > 200'000);
  const std::string bytes = encode_batch(with_selection(batch, {1}));
  REQUIRE(bytes.size() < 200);
  REQUIRE(decode_batch(bytes, batch.schema)->columns[0]->text(0) ==
          "a text of more than twelve bytes");
}

TEST_CASE("PayloadOfAConstantIsWrittenOnce") {
  const Scalar value{TypeKind::kText, std::string(1000, 'x')};
  const RecordBatch batch = batch_of(constant_column(value, 100));
  const std::string bytes = encode_batch(batch);
  REQUIRE(bytes.size() < 4000);
  REQUIRE(same_rows(batch, *decode_batch(bytes, batch.schema)));
}

TEST_CASE("PayloadsBeyondAChunkReadBackEqual") {
  const std::string a(9 << 20, 'a');
  const std::string b(9 << 20, 'b');
  const std::string c(17 << 20, 'c');
  const RecordBatch batch = batch_of(texts({a, b, c, "one more that is not short", a}));
  REQUIRE(same_rows(batch, *decode_batch(encode_batch(batch), batch.schema)));
}

// The format is part of checkpoints: these bytes may never change within version 1.
TEST_CASE("BytesAreWhatTheyAlwaysWere") {
  ColumnWriter numbers(TypeKind::kInt, 2);
  numbers.append(7);
  numbers.append_null();
  RecordBatch batch;
  batch.schema = schema_of({{.name = "n", .type = TypeKind::kInt},
                            {.name = "t", .type = TypeKind::kText, .nullable = false},
                            {.name = "unread", .type = TypeKind::kBoolean}});
  batch.rows = 2;
  batch.columns = {std::move(numbers).finish(), texts({"short", "longer than it"}), nullptr};
  std::string hex;
  append_bytea_hex(hex, encode_batch(batch));
  REQUIRE(hex ==
          "\\x"
          "574241540100000002000000030000004056d00cd6fefbc3"
          "0201000000000000000700000000000000010500000073686f72740000000000"
          "00000e0000006c6f6e670000000000000000010000000e0000006c6f6e676572"
          "207468616e2069740000000000f04a877b");
}

TEST_CASE("DamagedByteIsFoundByTheChecksum") {
  const SchemaPtr schema = every_type();
  Random dice(41);
  const std::string bytes = encode_batch(random_batch(dice, schema, 9));
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int damage : {1, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ damage);
      const Result<RecordBatch> batch = decode_batch(damaged, schema);
      REQUIRE_FALSE(batch.ok());
      REQUIRE(batch.error() == corrupt("cannot decode batch: its checksum is wrong"));
    }
  }
}

TEST_CASE("TruncatedBatchIsCorrupt") {
  const SchemaPtr schema = every_type();
  Random dice(43);
  const std::string bytes = encode_batch(random_batch(dice, schema, 9));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    REQUIRE(decode_batch(cut, schema).error().kind == ErrorKind::kCorrupt);
    REQUIRE(decode_batch(with_checksum(cut), schema).error().kind == ErrorKind::kCorrupt);
  }
  REQUIRE_FALSE(decode_batch(with_checksum(bytes + "x"), schema).ok());
}

TEST_CASE("DamageUnderAGoodChecksumNeverCrashes") {
  const SchemaPtr schema = every_type();
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Random dice(seed);
    const std::string bytes = encode_batch(random_batch(dice, schema, 1 + dice() % 8));
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int damage : {0x01, 0x02, 0x08, 0x40, 0x80, 0xff}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ damage);
        INFO("replay with seed " << seed << " byte " << i << " damage " << damage);
        REQUIRE(is_safe(with_checksum(damaged), schema));
      }
    }
  }
}

TEST_CASE("LiesAboutSizesNeverCrash") {
  // Every four bytes in turn become a large number.
  const SchemaPtr schema = every_type();
  Random dice(47);
  const std::string bytes = encode_batch(random_batch(dice, schema, 5));
  for (size_t i = 0; i + 4 <= bytes.size(); ++i) {
    for (const uint32_t lie : {0x7fffffffU, 0xffffffffU, 0x00ffffffU, 0x80000000U}) {
      std::string damaged = bytes;
      std::memcpy(damaged.data() + i, &lie, sizeof lie);
      INFO("replay with offset " << i << " number " << lie);
      REQUIRE(is_safe(with_checksum(damaged), schema));
    }
  }
}

TEST_CASE("BatchOfAnotherSchemaIsRefused") {
  const RecordBatch batch = batch_of(texts({"a"}));
  const std::string bytes = encode_batch(batch);
  const Field own{.name = "c", .type = TypeKind::kText};
  const std::vector<Field> others[] = {
      {},
      {own, own},
      {{.name = "d", .type = TypeKind::kText}},
      {{.name = "c", .type = TypeKind::kBytea}},
      {{.name = "c", .type = TypeKind::kText, .nullable = false}},
      {{.name = "c", .type = composite({own})}},
  };
  REQUIRE(decode_batch(bytes, schema_of({own})).ok());
  for (const std::vector<Field>& fields : others) {
    REQUIRE(decode_batch(bytes, schema_of(fields)).error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("TextThatIsNotUtf8IsRefusedAndBytesAreNot") {
  for (const std::string_view value : {"\xff", "a text of more than twelve bytes \xff"}) {
    for (const TypeKind kind : {TypeKind::kText, TypeKind::kBytea}) {
      ColumnWriter writer(kind, 1);
      writer.append_text(value);
      const RecordBatch batch = batch_of(std::move(writer).finish());
      const bool ok = decode_batch(encode_batch(batch), batch.schema).ok();
      REQUIRE(ok == (kind == TypeKind::kBytea));
    }
  }
}

TEST_CASE("UnknownChangeKindIsRefused") {
  for (const int32_t kind : {-1, 0, 3, 4}) {
    RecordBatch batch = batch_of(texts({"a"}));
    ColumnWriter writer(TypeKind::kInt, 1);
    writer.append(kind);
    batch.change = std::move(writer).finish();
    REQUIRE(decode_batch(encode_batch(batch), batch.schema).ok() == (kind == 0 || kind == 3));
  }
}

TEST_CASE("NullWithAValueIsRefused") {
  ColumnWriter writer(TypeKind::kInt, 1);
  writer.append_null();
  writer.set(0, 5);  // Against the invariant of columns.
  const RecordBatch batch = batch_of(std::move(writer).finish());
  REQUIRE(decode_batch(encode_batch(batch), batch.schema).error() ==
          corrupt("cannot decode batch: a NULL has a value"));
}

TEST_CASE("FieldOfANullCompositeIsRefused") {
  const Type type = composite({{.name = "x", .type = TypeKind::kInt}});
  ColumnWriter writer(type, 1);
  writer.child(0).append(5);
  writer.append_composite();
  bit_clear(writer.validity(), 0);  // Against the invariant of columns.
  const RecordBatch batch = batch_of(std::move(writer).finish());
  REQUIRE(decode_batch(encode_batch(batch), batch.schema).error() ==
          corrupt("cannot decode batch: a NULL composite has a field"));
}

}  // namespace
}  // namespace weir
