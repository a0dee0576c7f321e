// Goals: whatever batch there is reads back equal; whatever bytes there are give a batch or an
// error, never a crash (run it under the address and undefined-behaviour sanitizers). Method:
// random batches over a schema of every type, compared value by value; damage at every byte, with
// the checksum left wrong and with it put right, so that the checks behind it are met.
#include "engine/data/batch_codec.h"

#include "engine/base/crc32c.h"
#include "engine/data/scalar.h"
#include "engine/data/text_form.h"
#include "tests/engine/data/random_batches.h"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

namespace weir {
namespace {

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

TEST_CASE("WhatIsAppendedIsNoLongerThanToldBeforeAndReadsBack") {
  const SchemaPtr schema = every_type();
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random dice(seed);
    const RecordBatch batch = random_batch(dice, schema, static_cast<uint32_t>(dice() % 200));
    INFO("replay with seed " << seed);
    ByteWriter out;
    append_batch(out, batch);
    REQUIRE(out.size() <= appended_bytes_max(batch));
    const Result<RecordBatch> read = read_batch(out.view(), schema);
    REQUIRE(read.ok());
    REQUIRE(same_rows(batch, *read));
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
