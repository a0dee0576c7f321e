// Goal: a list of addresses is read whole or refused.
#include "runtime/messages/addresses.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("SeveralAddressesAreSeparatedByCommas") {
  const std::vector<HostPort> found = parse_addresses("a:1,[::1]:2").value();
  REQUIRE(found.size() == 2);
  REQUIRE(to_text(found[0]) == "a:1");
  REQUIRE(to_text(found[1]) == "[::1]:2");
}

TEST_CASE("AListWithAnAddressThatIsNoneIsRefused") {
  for (const char* text : {"", "a:1,", ",a:1", "a:1,b", "a:1 b:2"}) {
    INFO(text);
    REQUIRE(parse_addresses(text).error().kind == ErrorKind::kUser);
  }
}

}  // namespace
}  // namespace weir
