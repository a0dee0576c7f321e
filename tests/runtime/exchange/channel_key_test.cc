#include "runtime/exchange/channel_key.h"

#include "runtime/exchange/exchange.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ChannelsAreOrderedByEdgeThenSenderThenReceiver") {
  const ChannelKey key{.edge = 1, .from = 2, .to = 3};
  REQUIRE(key < ChannelKey{.edge = 2, .from = 0, .to = 0});
  REQUIRE(key < ChannelKey{.edge = 1, .from = 3, .to = 0});
  REQUIRE(key < ChannelKey{.edge = 1, .from = 2, .to = 4});
  REQUIRE(to_text(key) == "edge=1 from=2 to=3");
}

}  // namespace
}  // namespace weir
