#include "engine/expr/nearest_name.h"

#include "engine/base/check.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("NearestNameFindsSlipsAndNothingElse") {
  const std::vector<std::string> known = {"amount", "card", "merchant_id"};
  CHECK(nearest_name("amuont", known) == "amount");
  CHECK(nearest_name("Card", known) == "card");
  CHECK(nearest_name("merchantid", known) == "merchant_id");
  CHECK_FALSE(nearest_name("latitude", known));
  CHECK_FALSE(nearest_name("x", known));
  CHECK_FALSE(nearest_name("", {}));
}

TEST_CASE("NearestNameAllowsShortNamesFewerChanges") {
  CHECK_FALSE(nearest_name("id", {"it"}));
  CHECK(nearest_name("tss", {"ts"}) == "ts");
  CHECK(nearest_name("amnt", {"amount"}) == "amount");
  CHECK_FALSE(nearest_name("amt", {"amount"}));
  CHECK(nearest_name("waterdelay_mark", {"watermark_delay"}) == std::nullopt);
}

TEST_CASE("NearestNameCountsASwapOnce") {
  CHECK(nearest_name("crad", {"road", "card"}) == "card");
  CHECK(nearest_name("ttl", {"tlt", "xyz"}) == "tlt");
}

TEST_CASE("DidYouMeanSuggestsOnlyNearNames") {
  CHECK(did_you_mean("amnt", {"amount", "card"}) == "; did you mean \"amount\"?");
  CHECK(did_you_mean("zzz", {"amount", "card"}).empty());
}

TEST_CASE("NearestNameTakesTheFirstOfEquallyNearOnes") {
  CHECK(nearest_name("card1", {"card2", "card3"}) == "card2");
}

}  // namespace weir
