#include "operators/late_rows.h"

#include "engine/plan/specs.h"
#include "engine/time/watermark.h"
#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

TEST_CASE("ALateRowSaysWhatItIsWhereItStoodAndWhatItMissed") {
  const SchemaPtr schema = schema_of({"k text", "at timestamptz!"});
  const RecordBatch rows =
      with_position(batch_of(schema, {{"on time", "@50"}, {"a \"late\" one", "@1"}}), 7, 40);
  const RecordBatch late = late_rows(
      rows, {{.row = 1, .window_end = seconds(10), .behind = seconds(90)}}, "per_k", kSplits);
  REQUIRE(*late.schema == *late_schema());
  REQUIRE(json_rows(late) ==
          json_rows(late_schema(), {{R"({"k":"a \"late\" one","at":"1970-01-01T00:00:01Z"})",
                                     "events", "7", "41", "per_k", "@10", "00:01:30"}}));
}

TEST_CASE("WithoutPositionOrWindowTheirColumnsAreNull") {
  const SchemaPtr schema = schema_of({"at timestamptz!"});
  const RecordBatch late =
      late_rows(batch_of(schema, {{"@1"}}), {{.row = 0, .window_end = std::nullopt, .behind = 0}},
                "s", kSplits);
  REQUIRE(json_rows(late) == json_rows(late_schema(), {{R"({"at":"1970-01-01T00:00:01Z"})", kNull,
                                                        kNull, kNull, "s", kNull, "0"}}));
}

TEST_CASE("ARowIsLateWhereItsTimeIsBelowItsArrivalWatermark") {
  const SchemaPtr schema = schema_of({"at timestamptz!"});
  const RecordBatch batch =
      with_arrival(batch_of(schema, {{"@5"}, {"@4"}, {"@6"}}), {kMinTime, 5, 6});
  std::vector<LateRow> late;
  const RecordBatch on_time = without_late(batch, 0, late);
  REQUIRE(json_rows(on_time) == json_rows(schema, {{"@5"}, {"@6"}}));
  REQUIRE(on_time.arrival_watermark == nullptr);
  REQUIRE(late.size() == 1);
  REQUIRE(late[0].row == 1);
  REQUIRE(!late[0].window_end.has_value());
  REQUIRE(late[0].behind == seconds(1));
}

}  // namespace
}  // namespace weir
