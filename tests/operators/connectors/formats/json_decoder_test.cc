// Goal: JSON records become exactly the rows that the SQL page promises, and everything else a bad
// record that says why. Method: one record for each rule, its row compared as JSON; then every
// prefix of a record, and random damage.
#include "operators/connectors/formats/json_decoder.h"

#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

using testing::Decoding;
using testing::shape_of;

std::vector<Field> one(Type type) { return {{"v", std::move(type)}}; }

// What a value in JSON becomes in a column of the type, in JSON again.
std::string read_as(Type type, const std::string& value, FormatOptions options = {}) {
  Decoding decoding(one(std::move(type)), options);
  const std::string row = decoding.row("{\"v\":" + value + "}");
  return row.starts_with("{\"v\":") ? row.substr(5, row.size() - 6) : row;
}

Type bid_type() {
  auto bid = std::make_shared<CompositeType>();
  bid->name = "bid";
  bid->fields = {{"auction", TypeKind::kBigint},
                 {"price", Type::numeric(10, 2)},
                 {"dateTime", TypeKind::kTimestamp},
                 {"extra", TypeKind::kText}};
  return Type::composite(bid);
}

TEST_CASE("ReadsEveryType") {
  CHECK(read_as(TypeKind::kBoolean, "true") == "true");
  CHECK(read_as(TypeKind::kInt, "-2147483648") == "-2147483648");
  CHECK(read_as(TypeKind::kBigint, "9223372036854775807") == "9223372036854775807");
  CHECK(read_as(TypeKind::kDouble, "1.5e3") == "1500");
  CHECK(read_as(Type::numeric(12, 2), "12.3") == "12.30");
  CHECK(read_as(TypeKind::kText, R"("x")") == R"("x")");
  CHECK(read_as(TypeKind::kBytea, R"("AQL/")") == R"("AQL/")");
  CHECK(read_as(TypeKind::kDate, R"("2024-02-29")") == R"("2024-02-29")");
  CHECK(read_as(TypeKind::kTimestamp, R"("2024-01-01T00:00:00.5")") ==
        R"("2024-01-01T00:00:00.500")");
  CHECK(read_as(TypeKind::kTimestamptz, R"("2024-01-01 02:00:00+02")") ==
        R"("2024-01-01T00:00:00Z")");
  CHECK(read_as(TypeKind::kInterval, R"("25 seconds")") == R"("00:00:25")");
}

TEST_CASE("ReadsNullAndAMissingKeyAsNull") {
  Decoding decoding({{"a", TypeKind::kInt}, {"b", TypeKind::kText}, {"c", bid_type()}});
  CHECK(decoding.row(R"({"a":null})") == R"({"a":null,"b":null,"c":null})");
  CHECK(decoding.row("{}") == R"({"a":null,"b":null,"c":null})");
  CHECK(decoding.row(R"({"c":{}})") ==
        R"({"a":null,"b":null,"c":{"auction":null,"price":null,"dateTime":null,"extra":null}})");
}

TEST_CASE("IgnoresUnknownKeysOfAnyShape") {
  Decoding decoding(one(TypeKind::kInt));
  CHECK(decoding.row(R"({"x":{"v":2,"y":[1,{"v":3}]},"v":1,"z":[[],{}],"w":"v"})") == R"({"v":1})");
}

TEST_CASE("MatchesKeysExactly") {
  Decoding decoding(
      {{"dateTime", TypeKind::kInt}, {"a_key_of_more_than_sixteen_bytes", TypeKind::kInt}});
  CHECK(decoding.row(
            R"({"datetime":1,"dateTim":2,"dateTimes":3,"a_key_of_more_than_sixteen_Bytes":4})") ==
        R"({"dateTime":null,"a_key_of_more_than_sixteen_bytes":null})");
  CHECK(decoding.row(R"({"dateTime":1,"a_key_of_more_than_sixteen_bytes":4})") ==
        R"({"dateTime":1,"a_key_of_more_than_sixteen_bytes":4})");
  CHECK(decoding.row(R"({"\u0064ateTime":5})") ==
        R"({"dateTime":5,"a_key_of_more_than_sixteen_bytes":null})");
}

TEST_CASE("TakesTheLastOfDoubledKeys") {
  Decoding decoding({{"v", TypeKind::kInt}, {"c", bid_type()}});
  CHECK(decoding.row(R"({"v":"not read","v":2,"c":{"auction":1},"c":{"extra":"e"}})") ==
        R"({"v":2,"c":{"auction":null,"price":null,"dateTime":null,"extra":"e"}})");
  CHECK(decoding.row(R"({"c":{"auction":1},"c":null})") == R"({"v":null,"c":null})");
}

TEST_CASE("RemembersKeyOrderWithoutRelyingOnIt") {
  Decoding decoding({{"a", TypeKind::kInt}, {"b", TypeKind::kInt}});
  CHECK(decoding.rows({R"({"a":1,"b":2})", R"({"b":3,"a":4})", R"({"b":5})",
                       R"({"x":0,"y":1,"a":6})", R"({"a":7,"b":8})"}) ==
        "{\"a\":1,\"b\":2}\n{\"a\":4,\"b\":3}\n{\"a\":null,\"b\":5}\n{\"a\":6,\"b\":null}\n"
        "{\"a\":7,\"b\":8}\n");
}

TEST_CASE("MinimalWhiteSpaceIsNoConcern") {
  Decoding decoding({{"a", TypeKind::kInt}, {"b", TypeKind::kText}, {"c", TypeKind::kBoolean}});
  CHECK(decoding.row(" {\t\"a\" :\n 1 , \"b\": \"x\" ,\"c\" : true\r\n} \n") ==
        R"({"a":1,"b":"x","c":true})");
}

TEST_CASE("ReadsOnlyTheNeededFieldsOfAComposite") {
  RowShape shape = shape_of({{"c", bid_type()}});
  shape.needed[0].fields = {{.needed = true}, {}, {}, {.needed = true}};
  Decoding decoding(shape);
  CHECK(decoding.row(R"({"c":{"auction":7,"price":"wrong","dateTime":0,"extra":"e"}})") ==
        R"({"c":{"auction":7,"extra":"e"}})");
  CHECK(decoding.row(R"({"c":{"extra":1,"auction":{}}})") ==
        "bad: column c.auction: expected a value, not {}");
}

TEST_CASE("TakesNumericStringsForNumericColumns") {
  CHECK(read_as(TypeKind::kInt, R"("12")") == "12");
  CHECK(read_as(TypeKind::kBigint, R"("-12")") == "-12");
  CHECK(read_as(TypeKind::kDouble, R"("NaN")") == R"("NaN")");
  CHECK(read_as(Type::numeric(12, 2), R"("1e2")") == "100.00");
  CHECK(read_as(Type::numeric(12, 2), R"("\u0031")") == "1.00");
}

TEST_CASE("ReadsNumericExactlyAndRoundsToTheScale") {
  CHECK(read_as(Type::numeric(38, 0), "99999999999999999999999999999999999999") ==
        "99999999999999999999999999999999999999");
  CHECK(read_as(Type::numeric(20, 10), "0.1234567891") == "0.1234567891");
  CHECK(read_as(Type::numeric(12, 2), "0.005") == "0.01");
  CHECK(read_as(Type::numeric(12, 2), "-0.005") == "-0.01");
  CHECK(read_as(Type::numeric(4, 2), "99.995") ==
        "bad: column v: '99.995' is out of range for numeric(4,2)");
}

TEST_CASE("ReadsIntegersOfEveryLength") {
  std::string digits;
  for (int i = 1; i <= 19; ++i) {
    digits.push_back(static_cast<char>('0' + i % 10));
    CHECK(read_as(TypeKind::kBigint, digits) == digits);
    CHECK(read_as(TypeKind::kBigint, "-" + digits) == "-" + digits);
  }
  CHECK(read_as(TypeKind::kBigint, "0") == "0");
}

TEST_CASE("RefusesIntegersOutOfRange") {
  CHECK(read_as(TypeKind::kInt, "2147483648") ==
        "bad: column v: '2147483648' is out of range for integer");
  CHECK(read_as(TypeKind::kBigint, "9223372036854775808") ==
        "bad: column v: '9223372036854775808' is out of range for bigint");
}

TEST_CASE("RefusesNumbersThatAreNotWholeForIntegers") {
  CHECK(read_as(TypeKind::kInt, "1.0").starts_with("bad: column v: cannot read"));
  CHECK(read_as(TypeKind::kBigint, "1e2").starts_with("bad: column v: cannot read"));
}

TEST_CASE("RefusesWhatIsNoJsonNumber") {
  for (const char* word :
       {"+1", "01", "-", "1.", ".5", "1e", "0x10", "NaN", "1a", "tru", "nul", "12-3"}) {
    for (const Type& type :
         {Type(TypeKind::kBigint), Type(TypeKind::kDouble), Type::numeric(5, 1)}) {
      INFO(word);
      CHECK(read_as(type, word) == std::string("bad: column v: ") + word + " is not a JSON value");
    }
  }
}

TEST_CASE("ReadsIntegerTimestampsOnlyWithAUnit") {
  CHECK(read_as(TypeKind::kTimestamptz, "1").starts_with("bad: column v: 1 is an integer"));
  CHECK(read_as(TypeKind::kTimestamptz, "1", {.timestamp_unit = TimestampUnit::kSeconds}) ==
        R"("1970-01-01T00:00:01Z")");
  CHECK(read_as(TypeKind::kTimestamp, "1", {.timestamp_unit = TimestampUnit::kMillis}) ==
        R"("1970-01-01T00:00:00.001")");
  CHECK(read_as(TypeKind::kTimestamptz, "-1", {.timestamp_unit = TimestampUnit::kMicros}) ==
        R"("1969-12-31T23:59:59.999999Z")");
  CHECK(read_as(TypeKind::kTimestamptz, "1.5", {.timestamp_unit = TimestampUnit::kSeconds})
            .starts_with("bad"));
  CHECK(read_as(TypeKind::kTimestamptz, "9223372036854775807",
                {.timestamp_unit = TimestampUnit::kSeconds})
            .starts_with("bad"));
}

TEST_CASE("GivesTextColumnsTheTextOfOtherValues") {
  CHECK(read_as(TypeKind::kText, "1.50") == R"("1.50")");
  CHECK(read_as(TypeKind::kText, "true") == R"("true")");
  CHECK(read_as(TypeKind::kText, R"([1, {"a":"}"}])") == R"("[1, {\"a\":\"}\"}]")");
  CHECK(read_as(TypeKind::kText, R"({"a": [ ] })") == R"("{\"a\": [ ] }")");
}

TEST_CASE("ResolvesEscapes") {
  CHECK(read_as(TypeKind::kText, R"("\"\\\/\b\f\n\r\t")") == R"("\"\\/\b\f\n\r\t")");
  CHECK(read_as(TypeKind::kText, R"("a\u00e9\u20ac\ud83d\ude00z")") == "\"aé€😀z\"");
  CHECK(read_as(TypeKind::kText, R"("\u00E9 and a text that is longer than twelve bytes")") ==
        "\"é and a text that is longer than twelve bytes\"");
}

TEST_CASE("RefusesEscapesThatStandForNoCharacterOfText") {
  for (const char* text : {R"("\u0000")", R"("\ud83d")", R"("\ude00")", R"("\ud83dx")",
                           R"("\ud83d\u0041")", R"("\x41")", R"("\u12")", R"("\u12g4")"}) {
    INFO(text);
    CHECK(read_as(TypeKind::kText, text)
              .ends_with("holds an escape that stands for no character of text"));
  }
}

TEST_CASE("NamesColumnAndValueOfWhatItRefuses") {
  Decoding decoding({{"amount", Type::numeric(12, 2)}});
  CHECK(decoding.row(R"({"amount":"12,3"})") ==
        "bad: column amount: cannot read '12,3' as numeric(12,2)");
  CHECK(decoding.bad()[0].label == "bad numeric");
  CHECK(decoding.bad()[0].stage == "decode");
  CHECK(decoding.bad()[0].position == 100);
  CHECK(decoding.bad()[0].raw == R"({"amount":"12,3"})");
}

TEST_CASE("RefusesValuesOfTheWrongKind") {
  CHECK(read_as(TypeKind::kInt, "true") == "bad: column v: cannot read true as integer");
  CHECK(read_as(TypeKind::kBoolean, "1") == "bad: column v: cannot read the number 1 as boolean");
  CHECK(read_as(TypeKind::kDate, "20240101").starts_with("bad: column v: cannot read the number"));
  CHECK(read_as(TypeKind::kInt, "[1]") == "bad: column v: expected a value, not [1]");
  CHECK(read_as(bid_type(), "[]") == "bad: column v: expected an object, not []");
  CHECK(read_as(bid_type(), "\"x\"") == "bad: column v: expected an object, not the string 'x'");
  CHECK(read_as(TypeKind::kBytea, "\"!\"").starts_with("bad: column v:"));
}

TEST_CASE("RefusesInvalidUtf8AnywhereInTheRecord") {
  Decoding decoding(one(TypeKind::kInt));
  for (const char* record : {"{\"v\":1,\"x\":\"\xff\"}", "{\"v\":1,\"\xc3\":2}", "{\"v\":1}\x80",
                             "{\"v\":1,\"x\":\"\xed\xa0\x80\"}", "{\"v\":1,\"x\":\"\xc0\x80\"}"}) {
    CHECK(decoding.row(record) == "bad: the record is not valid UTF-8");
    CHECK(decoding.bad()[0].label == "not UTF-8");
  }
}

TEST_CASE("RefusesRecordsThatAreNotOneObject") {
  Decoding decoding(one(TypeKind::kInt));
  for (const char* record : {"",
                             "  ",
                             "1",
                             "null",
                             "[]",
                             "[{\"v\":1}]",
                             "{\"v\":1}{\"v\":2}",
                             "{\"v\":1},",
                             "{\"v\":1} x",
                             "{\"v\":1}}",
                             "{\"v\" 1}",
                             "{\"v\":1 \"w\":2}",
                             "{\"v\":}",
                             "{\"v\":,\"w\":1}",
                             "{,}",
                             "{\"v\":1,}",
                             "{v:1}",
                             "{1:1}",
                             "{\"v\":1 2}",
                             "{\"w\":[}}",
                             "{\"w\":{]}",
                             "{\"w\":[1}",
                             "{\"w\":\"a\nb\"}",
                             "{\"v\":1",
                             "{\"v\":\"1}",
                             "\"v\":1}",
                             "{\"w\":\"x\" \"y\"}",
                             "}",
                             "{\"w\":[[{]]}"}) {
    INFO(record);
    CHECK(decoding.row(record).starts_with("bad: "));
    CHECK(decoding.bad()[0].label == "not JSON");
  }
}

TEST_CASE("EveryPrefixOfARecordIsOneBadRecord") {
  const std::string record =
      R"({"event_type":2,"person":null,"list":[1,[2],{"x":"]"}],"bid":{"auction":1000,)"
      R"("price":1.25,)"
      R"("dateTime":"2024-01-01 00:00:00.123","extra":"a\"\\\u00e9 é 😀"},"t":true,"last":"\\"})";
  Decoding decoding(
      {{"event_type", TypeKind::kInt}, {"bid", bid_type()}, {"last", TypeKind::kText}});
  REQUIRE_FALSE(decoding.row(record).starts_with("bad"));
  for (size_t size = 0; size < record.size(); ++size) {
    INFO(record.substr(0, size));
    CHECK(decoding.row(record.substr(0, size)).starts_with("bad: "));
  }
}

TEST_CASE("DamagedRecordsGiveOneRowOrOneBadRecord") {
  const std::string record =
      R"({"a":12,"b":{"auction":-1,"price":1.25,"extra":"x\n"},"c":[{"d":"e"},2]})";
  Decoding decoding({{"a", TypeKind::kBigint}, {"b", bid_type()}, {"c", TypeKind::kText}});
  const uint32_t seed = 11;
  INFO("seed " << seed);
  std::mt19937 dice(seed);
  constexpr std::string_view kBytes = "{}[]:,\"\\ 01-.etrufalsn\n\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = record;
    for (int change = 0; change < 3; ++change) {
      damaged[dice() % damaged.size()] = kBytes[dice() % kBytes.size()];
    }
    const std::string row = decoding.row(damaged);
    if (row == "neither one row nor one bad record") FAIL(damaged);
  }
}

TEST_CASE("ABadRecordLeavesNothingBehind") {
  Decoding decoding(
      {{"a", TypeKind::kInt}, {"b", bid_type()}, {"c", TypeKind::kText}, {"d", TypeKind::kInt}});
  const std::string good =
      R"({"a":1,"b":{"auction":2,"extra":"a text of more than twelve bytes"},"c":"d","d":4})";
  const std::string text = decoding.rows({good, R"({"a":9,"b":{"auction":9},"c":"x","d":"wrong"})",
                                          R"({"a":9,"b":{"auction":9,"extra":"\x"}})", good});
  CHECK(decoding.bad().size() == 2);
  CHECK(decoding.bad()[1].position == 102);
  const std::string row = R"({"a":1,"b":{"auction":2,"price":null,"dateTime":null,)"
                          R"("extra":"a text of more than twelve bytes"},)"
                          R"("c":"d","d":4})"
                          "\n";
  CHECK(text == row + row);
}

TEST_CASE("RefusesRecordsThatAreTooLong") {
  Decoding decoding(one(TypeKind::kInt), {.max_record_bytes = 8});
  CHECK(decoding.row(R"({"v":12})") == R"({"v":12})");
  CHECK(decoding.row(R"({"v":123})") == "bad: the record is longer than max_record_bytes = 8");
  CHECK(decoding.bad()[0].label == "too long");
  CHECK(decoding.bad()[0].raw == R"({"v":123)");
}

TEST_CASE("ReadsRecordsLongerThanItsFirstBuffers") {
  Decoding decoding(one(TypeKind::kText));
  const std::string text(300'000, 'x');
  CHECK(decoding.row("{\"v\":\"" + text + "\"}") == "{\"v\":\"" + text + "\"}");
}

TEST_CASE("ReadsDeepNestingThatNobodyNeeds") {
  Decoding decoding(one(TypeKind::kInt));
  const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
  CHECK(decoding.row("{\"x\":" + deep + ",\"v\":1}") == R"({"v":1})");
}

TEST_CASE("AcceptsManyDifferentKeysInOneStream") {
  Decoding decoding(one(TypeKind::kInt));
  std::string record = "{";
  for (int i = 0; i < 3'000; ++i) record += "\"k" + std::to_string(i) + "\":0,";
  record += "\"v\":1}";
  CHECK(decoding.rows({record, record}) == "{\"v\":1}\n{\"v\":1}\n");
}

TEST_CASE("RefusesArrayColumns") {
  Decoding decoding({{"list", Type::array(TypeKind::kInt)}});
  CHECK(decoding.error().kind == ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
