// Rows that take back others, and how long what is known of a key lives.
#include "operators/changes.h"

#include "engine/time/watermark.h"
#include "tests/operators/folded_changes.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SchemaPtr input(const char* time) { return schema_of({"k text", time}); }

TEST_CASE("OldRowsAndDeletionsTakeBack") {
  const RecordBatch rows = with_changes(
      batch_of(schema_of({"n int"}), {{"1"}, {"2"}, {"3"}, {"4"}}), {"+I", "-U", "+U", "-D"});
  CHECK_FALSE(takes_back(rows, 0));
  CHECK(takes_back(rows, 1));
  CHECK_FALSE(takes_back(rows, 2));
  CHECK(takes_back(rows, 3));
}

TEST_CASE("InsertionsAloneNeedNoColumn") {
  CHECK(change_column({ChangeKind::kInsert, ChangeKind::kInsert}) == nullptr);
}

TEST_CASE("NullsAreTheSameAndNoValueIs") {
  for (const char* column :
       {"x boolean", "x int", "x bigint", "x text", "x numeric(6,2)", "x interval"}) {
    const char* value = std::string_view(column) == "x interval" ? "1 day" : "1";
    const RecordBatch rows = batch_of(schema_of({column}), {{value}, {value}, {kNull}, {kNull}});
    const Column& x = *rows.columns[0];
    CHECK(same_value(x, 0, x, 1));
    CHECK(same_value(x, 2, x, 3));
    CHECK_FALSE(same_value(x, 0, x, 2));
  }
}

TEST_CASE("AKeyLivesByEventTimeWhereThereIsOne") {
  StagePlan stage = stage_of(FoldSpec{}, input("at timestamptz!"), "s");
  stage.state_ttl = seconds(10);
  const KeyLife life(stage);
  const RecordBatch rows =
      with_arrival(batch_of(input("at timestamptz!"), {{"a", "@5"}, {"a", "@6"}}), {3, 9});
  CHECK(life.used_at(rows, 0, seconds(100)) == seconds(5));
  CHECK(life.used_at(rows, 1, seconds(100)) == seconds(9));
  CHECK(life.until(seconds(7), seconds(100)) == seconds(7));
}

TEST_CASE("AKeyLivesByTheClockWhereThereIsNoEventTime") {
  StagePlan stage = stage_of(FoldSpec{}, input("at timestamptz"), "s");
  stage.state_ttl = seconds(10);
  const KeyLife life(stage);
  const RecordBatch rows = batch_of(input("at timestamptz"), {{"a", "@5"}});
  CHECK(life.used_at(rows, 0, seconds(100)) == seconds(100));
  CHECK(life.until(seconds(7), seconds(100)) == seconds(100));
}

}  // namespace
}  // namespace weir
