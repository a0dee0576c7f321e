#include "operators/connectors/kafka/position.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

TEST_CASE("PositionsSurviveTheirBytes") {
  for (const Position& position :
       {Position{0, {}}, Position{7, 7}, Position{int64_t{1} << 60, int64_t{1} << 61},
        Position{8, {}, ReadRecord{7, 1'704'067'200'000}}, Position{8, 9, ReadRecord{5, -1}}}) {
    CHECK((decode_position(encode(position)).value() == position));
  }
}

TEST_CASE("APositionOfAnEarlierVersionDoesNotSayWhatWasReadLast") {
  const SplitPosition now = encode({.next = 5, .stop = 9, .last = ReadRecord{4, 1}});
  SplitPosition earlier = now.substr(0, 17);
  earlier[0] = 1;
  CHECK((decode_position(earlier).value() == Position{5, 9}));
}

TEST_CASE("DamagedPositionsAreCorrupt") {
  const SplitPosition good = encode({.next = 5, .stop = 9});
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK((decode_position(good.substr(0, size)).error().kind == ErrorKind::kCorrupt));
  }
  CHECK((decode_position(good + "x").error().kind == ErrorKind::kCorrupt));
  SplitPosition newer = good;
  newer[0] = 3;
  CHECK(decode_position(newer).error().message == "unknown form of a kafka position: version=3");
  SplitPosition ahead = good;  // What was read last lies behind what comes next.
  ahead.replace(17, 8, std::string("\x05\0\0\0\0\0\0\0", 8));
  CHECK((decode_position(ahead).error().kind == ErrorKind::kCorrupt));
  SplitPosition negative = good;
  negative[8] = '\x80';
  CHECK((decode_position(negative).error().kind == ErrorKind::kCorrupt));
}

}  // namespace weir::kafka
