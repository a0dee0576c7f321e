// What enters a join, and the rows that it makes.
#include "operators/joined_rows.h"

#include "engine/time/watermark.h"
#include "tests/operators/expressions.h"
#include "tests/operators/join_cases.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kNames;

RecordBatch left_rows() {
  return with_arrival(batch_of(left_schema(), {{"a", "1", "@9", "0"},
                                               {kNull, "1", "@10", "1"},
                                               {"a", "1", "@10", "2"},
                                               {"a", kNull, "@11", "3"},
                                               {"b", "1", "@11", "4"}}),
                      {10, 10, 10, 10, kMinTime});
}

JoinedRows joined(JoinType type, ExprPtr condition, const NeededColumns& needed) {
  return {{.type = type,
           .left = left_side({0}),
           .right = right_side({0}),
           .condition = std::move(condition)},
          "j",
          joined_schema(type),
          needed,
          false,
          kNames};
}

RecordBatch pairs_of(const JoinedRows& rows, const std::vector<Cells>& left,
                     const std::vector<Cells>& right) {
  RowIndices all;
  for (uint32_t i = 0; i < left.size(); ++i) all.push_back(i);
  RecordBatch pairs = rows.begin(left.size());
  rows.set(pairs, kLeftPort, batch_of(left_schema(), left), all.data());
  rows.set(pairs, kRightPort, batch_of(right_schema(), right), all.data());
  return pairs;
}

TEST_CASE("RowsAreLateBelowTheirArrivalWatermark") {
  const JoinIntake in = take_in(left_rows(), left_side(), LateWhere::kBelow);
  REQUIRE(in.rows == RowIndices{2, 4});
  REQUIRE(in.lone == RowIndices{1, 3});
  REQUIRE(in.late.size() == 1);
  REQUIRE(in.late[0].row == 0);
  REQUIRE(in.late[0].behind == seconds(1));
  REQUIRE_FALSE(in.late[0].window_end.has_value());
}

TEST_CASE("WindowsAreLateAtTheirArrivalWatermarkToo") {
  const JoinIntake in = take_in(left_rows(), left_side(), LateWhere::kAtOrBelow);
  REQUIRE(in.rows == RowIndices{4});
  REQUIRE(in.lone == RowIndices{3});
  REQUIRE(in.late.size() == 3);
  REQUIRE(in.late[1].window_end == seconds(10));
}

TEST_CASE("HashesAreThoseOfTheKeys") {
  const RecordBatch batch = left_rows();
  const JoinIntake in = take_in(batch, left_side({3}), LateWhere::kBelow);
  REQUIRE(in.rows == RowIndices{1, 2, 3, 4});
  std::vector<uint64_t> hashes(4);
  hash_rows({batch.columns[3].get()}, {in.rows.data(), 4}, hashes.data());
  REQUIRE(in.hashes == hashes);
  REQUIRE(take_in(batch, left_side({}), LateWhere::kBelow).hashes == std::vector<uint64_t>(4, 0));
}

TEST_CASE("KeepsWhatIsReadAndWhatTheConditionReads") {
  NeededColumns needed(8);
  needed[0].needed = true;
  needed[6].needed = true;
  const JoinedRows rows = joined(JoinType::kInner, left_is_less(), needed);
  REQUIRE(rows.kept(kLeftPort) == std::vector<size_t>{0, 3});
  REQUIRE(rows.kept(kRightPort) == std::vector<size_t>{2, 3});
  REQUIRE(rows.kept_at(kRightPort, 3) == 1);
}

TEST_CASE("OnlyPairsForWhichTheConditionHoldsMatch") {
  JoinedRows rows =
      joined(JoinType::kInner, left_is_less(), all_needed(*joined_schema(JoinType::kInner)));
  CollectedOutput out;
  const Result<RecordBatch> matching = rows.matching(pairs_of(rows,
                                                              {{"a", "1", "@1", "0"},
                                                               {"b", "1", "@1", "2"},
                                                               {"c", "1", "@1", kNull},
                                                               {"d", "1", "@1", "0"}},
                                                              {{"a", "1", "@1", "1"},
                                                               {"b", "1", "@1", "1"},
                                                               {"c", "1", "@1", "1"},
                                                               {"d", "1", "@1", "9"}}),
                                                     0, out);
  REQUIRE(matching.ok());
  REQUIRE(json_rows(*matching) ==
          json_rows(joined_schema(JoinType::kInner), {{"a", "1", "@1", "0", "a", "1", "@1", "1"},
                                                      {"d", "1", "@1", "0", "d", "1", "@1", "9"}}));
}

TEST_CASE("AConditionThatCannotBeComputedEndsTheJob") {
  const SchemaPtr schema = joined_schema(JoinType::kInner);
  const ExprPtr quotient = call_of("/", {column_of(schema, "lv"), column_of(schema, "rv")});
  JoinedRows rows =
      joined(JoinType::kInner, call_of("=", {quotient, number_of("1")}), all_needed(*schema));
  CollectedOutput out;
  const Result<RecordBatch> matching =
      rows.matching(pairs_of(rows, {{"a", "1", "@1", "1"}}, {{"a", "1", "@1", "0"}}), 0, out);
  REQUIRE_FALSE(matching.ok());
  REQUIRE(matching.error().kind == ErrorKind::kBadData);
  REQUIRE_THAT(matching.error().message, Catch::Contains("step j") && Catch::Contains("zero"));
}

TEST_CASE("LoneRowsLeaveWhereTheirSideIsOuter") {
  const RecordBatch batch =
      batch_of(left_schema(), {{kNull, "1", "@1", "1"}, {"b", "1", "@1", "2"}});
  for (const JoinType type : {JoinType::kInner, JoinType::kLeft, JoinType::kRight}) {
    const JoinedRows rows = joined(type, nullptr, all_needed(*joined_schema(type)));
    StepCounters counters;
    CollectedOutput out;
    rows.emit_lone(batch, {0}, kLeftPort, counters, out);
    const bool leaves = type == JoinType::kLeft;
    REQUIRE(counters.rows_out == (leaves ? 1 : 0));
    REQUIRE(out.rows(kRowsPort) ==
            (leaves ? json_rows(joined_schema(type),
                                {{kNull, "1", "@1", "1", kNull, kNull, kNull, kNull}})
                    : std::vector<std::string>()));
  }
}

}  // namespace
}  // namespace weir
