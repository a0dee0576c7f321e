#include "engine/data/text_form.h"

#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Case {
  Type type;
  const char* text;
  const char* shown;
};

std::vector<Case> cases() {
  return {
      {TypeKind::kBoolean, "yes", "true"},
      {TypeKind::kInt, " 7 ", "7"},
      {TypeKind::kBigint, "-9223372036854775808", "-9223372036854775808"},
      {TypeKind::kDouble, "1e3", "1000"},
      {Type::numeric(12, 2), "12.345", "12.35"},
      {TypeKind::kText, " as it is ", " as it is "},
      {TypeKind::kText, "longer than stands in a view", "longer than stands in a view"},
      {TypeKind::kBytea, "\\x0aff", "\\x0aff"},
      {TypeKind::kDate, "2024-1-31", "2024-01-31"},
      {TypeKind::kTimestamp, "2024-01-31T10:00:00Z", "2024-01-31 10:00:00"},
      {TypeKind::kTimestamptz, "2024-01-31T10:00:00+02:00", "2024-01-31 08:00:00+00"},
      {TypeKind::kInterval, "25 seconds", "00:00:25"},
  };
}

TEST_CASE("EveryTypeReadsAndShowsItsText") {
  for (const Case& one : cases()) {
    INFO(to_text(one.type) << " " << one.text);
    ColumnWriter writer(one.type, 1);
    REQUIRE(append_parsed(writer, one.text).ok());
    REQUIRE(value_text(*std::move(writer).finish(), 0) == one.shown);
  }
}

TEST_CASE("TextThatCannotBeReadAppendsNothing") {
  for (const Case& one : cases()) {
    if (one.type.kind() == TypeKind::kText) continue;
    INFO(to_text(one.type));
    ColumnWriter writer(one.type, 1);
    const Status status = append_parsed(writer, "\\nonsense");
    REQUIRE_FALSE(status.ok());
    REQUIRE(status.error().kind == ErrorKind::kBadData);
    REQUIRE(writer.size() == 0);
    REQUIRE(append_parsed(writer, one.text).ok());
  }
}

TEST_CASE("BooleanReadsBeginningsOfItsWords") {
  for (const char* text : {"t", "tr", "TRUE", " true ", "y", "yes", "on", "1"}) {
    INFO(text);
    REQUIRE(*parse_boolean(text));
  }
  for (const char* text : {"f", "False", "n", "no", "of", "off", "0"}) {
    INFO(text);
    REQUIRE_FALSE(*parse_boolean(text));
  }
  for (const char* text : {"", " ", "o", "2", "11", "truex", "yess", "offf", "null"}) {
    INFO(text);
    REQUIRE(parse_boolean(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as boolean"));
  }
}

}  // namespace
}  // namespace weir
