#include "operators/bad_rows.h"

#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

std::vector<BadRow> two_bad_rows() {
  return {{.raw = "{broken",
           .source = "transactions",
           .part = "3",
           .position = 17,
           .reason = "not JSON: at byte 1",
           .label = "not JSON"},
          {.raw = "", .reason = "division by zero", .label = "division by zero"}};
}

TEST_CASE("UnderFailTheErrorSaysAllThatADeadLetterWould") {
  BadRows bad(OnError::kFail, "table transactions", "decode");
  CollectedOutput out;
  const Status status = bad.handle(two_bad_rows(), 5, out);
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kBadData);
  for (const char* part : {"table transactions", "part 3", "position 17", "decode",
                           "not JSON: at byte 1", "{broken", "on_error"}) {
    INFO(part);
    REQUIRE(status.error().message.find(part) != std::string::npos);
  }
  REQUIRE(out.batches().empty());
}

TEST_CASE("LongRecordsAreCutInMessages") {
  BadRows bad(OnError::kFail, "table t", "decode");
  CollectedOutput out;
  const Status status = bad.handle({{.raw = std::string(100'000, 'x'), .reason = "r"}}, 0, out);
  REQUIRE(status.error().message.size() < 1'000);
  REQUIRE(status.error().message.find("...") != std::string::npos);
}

TEST_CASE("UnderSkipTheyAreCountedByLabel") {
  BadRows bad(OnError::kSkip, "table t", "decode");
  CollectedOutput out;
  REQUIRE(bad.handle(two_bad_rows(), 5, out).ok());
  REQUIRE(bad.handle(two_bad_rows(), 5, out).ok());
  REQUIRE(bad.counts() ==
          std::map<std::string, uint64_t>{{"division by zero", 2}, {"not JSON", 2}});
  REQUIRE(out.batches().empty());
}

TEST_CASE("DeadLettersHaveTheirOwnSchema") {
  BadRows bad(OnError::kDeadLetter, "table t", "decode");
  CollectedOutput out;
  REQUIRE(bad.handle(two_bad_rows(), seconds(5), out).ok());
  REQUIRE(out.batches().size() == 1);
  REQUIRE(*out.batches()[0].second.schema == *dead_letter_schema());
  REQUIRE(out.rows(kBadPort) ==
          json_rows(dead_letter_schema(),
                    {{"{broken", "transactions", "3", "17", "decode", "not JSON: at byte 1", "@5"},
                     {"", kNull, kNull, kNull, "decode", "division by zero", "@5"}}));
  REQUIRE(bad.counts().size() == 2);
}

TEST_CASE("DeadLettersThatNobodyReadsAreOnlyCounted") {
  BadRows bad(OnError::kDeadLetter, "table t", "decode");
  CollectedOutput out({true, false, false});
  REQUIRE(bad.handle(two_bad_rows(), 5, out).ok());
  REQUIRE(out.batches().empty());
  REQUIRE(bad.counts().size() == 2);
}

TEST_CASE("NothingBadIsNothing") {
  BadRows bad(OnError::kFail, "table t", "decode");
  CollectedOutput out;
  REQUIRE(bad.handle({}, 0, out).ok());
  REQUIRE(bad.counts().empty());
}

TEST_CASE("RowsInErrorAreShownAsJsonWithTheirPosition") {
  const RecordBatch batch =
      with_position(batch_of(schema_of({"k text", "v int"}), {{"a", "1"}, {"b", kNull}}), 2, 10);
  const std::vector<BadRow> rows =
      bad_rows_of(batch, {{.row = 1, .reason = "integer out of range: 99999999999"}}, kSplits);
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].raw == R"({"k":"b","v":null})");
  REQUIRE(rows[0].source == "events");
  REQUIRE(rows[0].part == "2");
  REQUIRE(rows[0].position == 11);
  REQUIRE(rows[0].label == "integer out of range");
}

TEST_CASE("RowsWithoutErrorsAreTheOthers") {
  const RowIndices chosen = {1, 3, 4, 8};
  const RowErrors errors = {{1, "x"}, {2, "x"}, {8, "x"}};
  REQUIRE(without_errors(Selection(chosen.data(), 4), errors) == RowIndices{3, 4});
  REQUIRE(without_errors(Selection(4), errors) == RowIndices{0, 3});
  REQUIRE(without_errors(Selection(3), {}) == RowIndices{0, 1, 2});
}

}  // namespace
}  // namespace weir
