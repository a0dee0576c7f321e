// Goal: bad records say what they should. Method: examples.
#include "operators/connectors/formats/bad_record.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("KeepsPositionAndTheFirstBytes") {
  RawRecord record;
  record.payload = "abcdef";
  record.position = 42;
  const BadRecord bad = bad_record(record, 4, "why", "label");
  CHECK(bad.raw == "abcd");
  CHECK(bad.position == 42);
  CHECK(bad.stage == "decode");
  CHECK(bad.reason == "why");
  CHECK(bad.label == "label");
}

TEST_CASE("ShowsLongValuesCutAtAWholeCharacter") {
  CHECK(shown("short") == "short");
  CHECK(shown(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(shown(std::string(65, 'x')) == std::string(64, 'x') + "...");
  CHECK(shown(std::string(63, 'x') + "é") == std::string(63, 'x') + "...");
  CHECK(shown(std::string(80, '\x80')) == "...");
}

TEST_CASE("LabelsHaveNoParameters") {
  CHECK(bad_value_label(Type::numeric(12, 2)) == "bad numeric");
  CHECK(bad_value_label(TypeKind::kTimestamptz) == "bad timestamp with time zone");
}

TEST_CASE("RefusesOnlyWhatIsLongerThanAllowed") {
  RawRecord record;
  record.payload = "abcd";
  std::vector<BadRecord> bad;
  CHECK(has_allowed_size(record, 4, bad));
  CHECK(bad.empty());
  CHECK_FALSE(has_allowed_size(record, 3, bad));
  REQUIRE(bad.size() == 1);
  CHECK(bad[0].raw == "abc");
}

}  // namespace
}  // namespace weir
