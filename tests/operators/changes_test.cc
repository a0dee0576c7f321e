// Rows that take back others.
#include "operators/changes.h"

#include "tests/operators/folded_changes.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

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

}  // namespace
}  // namespace weir
