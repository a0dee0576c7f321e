// Goal: metadata and positions beside the payload. Method: one shape with all of them.
#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

RowShape shape_with_metadata() {
  RowShape shape = testing::shape_of({{"v", TypeKind::kInt},
                                      {"part", TypeKind::kInt},
                                      {"pos", TypeKind::kBigint},
                                      {"time", TypeKind::kTimestamptz},
                                      {"key", TypeKind::kBytea},
                                      {"trace", TypeKind::kBytea},
                                      {"source", TypeKind::kText}});
  shape.metadata = {{MetadataKind::kPartition, ""}, {MetadataKind::kOffset, ""},
                    {MetadataKind::kTime, ""},      {MetadataKind::kKey, ""},
                    {MetadataKind::kHeader, "t"},   {MetadataKind::kSource, ""}};
  shape.with_position = true;
  return shape;
}

const Split kSplit = {.name = "3", .source = "transactions of today", .number = 3};

TEST_CASE("FillsMetadataOfEveryKind") {
  const RowShape shape = shape_with_metadata();
  RowsWriter writer(shape, kSplit, SplitId(9), 2);
  RawRecord record;
  record.position = 77;
  record.time = 1'000'000;
  record.key = "k";
  record.header = [](std::string_view name) -> std::optional<std::string_view> {
    if (name == "t") return "h";
    return std::nullopt;
  };
  writer.column(0)->append(int32_t{1});
  writer.end_row(record);
  writer.column(0)->append(int32_t{2});
  writer.end_row(RawRecord());
  const RecordBatch batch = std::move(writer).finish();
  std::string out;
  append_json_row(out, batch, 0);
  CHECK(out ==
        R"({"v":1,"part":3,"pos":77,"time":"1970-01-01T00:00:01Z","key":"aw==","trace":"aA==",)"
        R"("source":"transactions of today"})");
  out.clear();
  append_json_row(out, batch, 1);
  CHECK(out == R"({"v":2,"part":3,"pos":0,"time":null,"key":null,"trace":null,)"
               R"("source":"transactions of today"})");
  CHECK(batch.split->values<int32_t>()[1] == 9);
  CHECK(batch.position->values<int64_t>()[0] == 77);
}

TEST_CASE("LeavesOutWhatNobodyNeeds") {
  RowShape shape = shape_with_metadata();
  for (size_t i = 1; i < shape.needed.size(); ++i) shape.needed[i].needed = false;
  shape.with_position = false;
  RowsWriter writer(shape, kSplit, SplitId(0), 1);
  CHECK(writer.column(1) == nullptr);
  writer.column(0)->append(int32_t{1});
  writer.end_row(RawRecord());
  const RecordBatch batch = std::move(writer).finish();
  CHECK(batch.columns[6] == nullptr);
  CHECK(batch.split == nullptr);
  CHECK(batch.rows == 1);
}

TEST_CASE("DropsARowThatWasBegun") {
  const RowShape shape = testing::shape_of({{"a", TypeKind::kInt}, {"b", TypeKind::kText}});
  RowsWriter writer(shape, kSplit, SplitId(0), 2);
  writer.column(0)->append_null();
  writer.drop_row();
  CHECK(writer.rows() == 0);
  writer.column(0)->append(int32_t{5});
  writer.column(1)->append_text("x");
  writer.end_row(RawRecord());
  const RecordBatch batch = std::move(writer).finish();
  std::string out;
  append_json_row(out, batch, 0);
  CHECK(out == R"({"a":5,"b":"x"})");
}

}  // namespace
}  // namespace weir
