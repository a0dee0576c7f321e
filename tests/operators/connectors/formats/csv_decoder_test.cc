// Goal: CSV by RFC 4180 and the SQL page. Method: an example for each rule.
#include "operators/connectors/formats/csv_decoder.h"

#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Decoding;
using testing::shape_of;

const FormatOptions kCsv = {.format = "csv"};

std::vector<Field> two() { return {{"a", TypeKind::kInt}, {"b", TypeKind::kText}}; }

TEST_CASE("CsvGoesByPositionWithoutAHeader") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.row("1,x") == R"({"a":1,"b":"x"})");
}

TEST_CASE("CsvMapsColumnsByTheHeader") {
  Decoding decoding(two(), kCsv);
  const Result<bool> used = decoding.decoder().begin_file("other,b,\"a\"");
  REQUIRE(used.ok());
  CHECK(*used);
  CHECK(decoding.row("junk,x,1") == R"({"a":1,"b":"x"})");
}

TEST_CASE("CsvLeavesTheFirstLineAloneWhereThereIsNoHeader") {
  Decoding decoding(two(), {.format = "csv", .csv_header = false});
  const Result<bool> used = decoding.decoder().begin_file("1,x");
  REQUIRE(used.ok());
  CHECK_FALSE(*used);
}

TEST_CASE("CsvNamesTheNeededColumnThatTheHeaderLacks") {
  Decoding decoding(two(), kCsv);
  const Result<bool> used = decoding.decoder().begin_file("a,c");
  REQUIRE_FALSE(used.ok());
  CHECK(used.error().kind == ErrorKind::kUser);
  CHECK(used.error().message.find("no column b") != std::string::npos);
  CHECK_FALSE(decoding.decoder().begin_file("a,b,a").ok());
  CHECK_FALSE(decoding.decoder().begin_file("a,\"b").ok());
}

TEST_CASE("CsvDoesNotNeedColumnsThatNobodyReads") {
  RowShape shape = shape_of(two());
  shape.needed[1].needed = false;
  Decoding decoding(shape, kCsv);
  REQUIRE(decoding.decoder().begin_file("a").ok());
  CHECK(decoding.row("1") == R"({"a":1})");
}

TEST_CASE("CsvTellsNullFromEmptyText") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.row(",") == R"({"a":null,"b":null})");
  CHECK(decoding.row(",\"\"") == R"({"a":null,"b":""})");
  CHECK(decoding.row("\"\",x").starts_with("bad: column a: "));
}

TEST_CASE("CsvReadsQuotedFields") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.row("\"1\",\"a,b\"") == R"({"a":1,"b":"a,b"})");
  CHECK(decoding.row("1,\"a\nb\r\nc\"") == R"({"a":1,"b":"a\nb\r\nc"})");
  CHECK(decoding.row("1,\"say \"\"hi\"\"\"") == R"({"a":1,"b":"say \"hi\""})");
  CHECK(decoding.row("1,\"\"\"\"") == R"({"a":1,"b":"\""})");
  CHECK(decoding.row("1,\"\"\"\"\"\"") == R"({"a":1,"b":"\"\""})");
}

TEST_CASE("CsvRefusesBrokenQuotes") {
  Decoding decoding(two(), kCsv);
  for (const char* record : {"1,\"x", "1,\"x\"y", "1,x\"y", "1,\"x\"\"", "\"1\" ,x", "1, \"x\""}) {
    INFO(record);
    CHECK(decoding.row(record).starts_with("bad: "));
    CHECK(decoding.bad()[0].label == "not CSV");
  }
}

TEST_CASE("CsvRefusesTheWrongNumberOfFields") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.row("1") == "bad: the record has fewer than 2 fields");
  CHECK(decoding.row("1,x,") == "bad: the record has more than 2 fields");
  CHECK(decoding.bad()[0].label == "wrong number of fields");
}

TEST_CASE("CsvNamesColumnAndValueOfWhatItRefuses") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.row("x,y") == "bad: column a: cannot read 'x' as integer");
  CHECK(decoding.bad()[0].label == "bad integer");
  CHECK(decoding.row("1,\xff") == "bad: the record is not valid UTF-8");
  CHECK(decoding.row(std::string("1,a\0b", 5)) ==
        "bad: column b: text cannot hold a zero character");
}

TEST_CASE("CsvReadsIntegerTimestampsWithAUnit") {
  Decoding decoding({{"t", TypeKind::kTimestamptz}},
                    {.format = "csv", .timestamp_unit = TimestampUnit::kMillis});
  CHECK(decoding.row("1500") == R"({"t":"1970-01-01T00:00:01.500Z"})");
  CHECK(decoding.row("2024-01-01") == R"({"t":"2024-01-01T00:00:00Z"})");
}

TEST_CASE("CsvHasBlankLinesOnlyWithSeveralColumns") {
  Decoding several(two(), kCsv);
  CHECK(several.decoder().is_blank(""));
  CHECK_FALSE(several.decoder().is_blank(","));
  Decoding single({{"a", TypeKind::kInt}}, kCsv);
  CHECK_FALSE(single.decoder().is_blank(""));
  CHECK(single.row("") == R"({"a":null})");
}

TEST_CASE("CsvTakesBackWhatABadRecordWrote") {
  Decoding decoding(two(), kCsv);
  CHECK(decoding.rows({"1,x", "2,y,z", "x,y", "3"}) == "{\"a\":1,\"b\":\"x\"}\n");
  CHECK(decoding.bad().size() == 3);
}

TEST_CASE("CsvRefusesComposites") {
  auto pair = std::make_shared<CompositeType>();
  pair->name = "pair";
  pair->fields = {{"x", TypeKind::kInt}};
  Decoding decoding({{"p", Type::composite(pair)}}, kCsv);
  CHECK(decoding.error().kind == ErrorKind::kUser);
  CHECK(decoding.error().message == "column p of type pair cannot be read from format 'csv'");
}

}  // namespace
}  // namespace weir
