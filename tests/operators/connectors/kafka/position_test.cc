#include "operators/connectors/kafka/position.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

TEST_CASE("PositionsSurviveTheirBytes") {
  for (const Position& position :
       {Position{0, {}}, Position{7, 7}, Position{int64_t{1} << 60, int64_t{1} << 61}}) {
    CHECK((decode_position(encode(position)).value() == position));
  }
}

TEST_CASE("DamagedPositionsAreCorrupt") {
  const SplitPosition good = encode({.next = 5, .stop = 9});
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK((decode_position(good.substr(0, size)).error().kind == ErrorKind::kCorrupt));
  }
  CHECK((decode_position(good + "x").error().kind == ErrorKind::kCorrupt));
  SplitPosition newer = good;
  newer[0] = 2;
  CHECK(decode_position(newer).error().message == "unknown form of a kafka position: version=2");
  SplitPosition negative = good;
  negative[8] = '\x80';
  CHECK((decode_position(negative).error().kind == ErrorKind::kCorrupt));
}

}  // namespace weir::kafka
