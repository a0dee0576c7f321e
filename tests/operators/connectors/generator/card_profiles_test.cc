// Goal: honest amounts are log-normal, positive, and rarely large enough to look like fraud.
#include "operators/connectors/generator/card_profiles.h"

#include "engine/data/buffer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace weir {
namespace {

std::string text(TextView view) { return std::string(Arena().text(view)); }

}  // namespace

TEST_CASE("AmountsHaveTheMedianOfTheirProfile") {
  const CardProfiles profiles;
  std::vector<int64_t> cents;
  for (uint64_t i = 0; i < 20'001; ++i) {
    cents.push_back(profiles.cents(CardProfiles::kGroceries, random_word(1, i)));
  }
  std::sort(cents.begin(), cents.end());
  CHECK(cents.front() > 0);
  CHECK(std::abs(static_cast<double>(cents[10'000]) - 3200) < 80);
  // One deviation up: 32.00 * e^0.7.
  CHECK(std::abs(static_cast<double>(cents[16'827]) - 6444) < 250);
}

TEST_CASE("KindsComeInTheirSharesAndCashIsRound") {
  const CardProfiles profiles;
  std::map<std::string, size_t> kinds;
  for (uint64_t i = 0; i < 102'400; ++i) {
    const uint8_t profile = profiles.draw(random_word(2, i));
    ++kinds[text(profiles.kind(profile))];
    const int64_t cents = profiles.cents(profile, random_word(3, i));
    REQUIRE(cents > 0);
    if (text(profiles.category(profile)) == "cash") REQUIRE(cents % 1000 == 0);
  }
  CHECK(kinds.size() == 4);
  CHECK(std::abs(static_cast<double>(kinds["purchase"]) - 91'600) < 500);
  CHECK(std::abs(static_cast<double>(kinds["deposit"]) - 2'800) < 250);
}

TEST_CASE("FewPurchasesExceedFiveThousand") {
  const CardProfiles profiles;
  size_t large = 0;
  for (uint64_t i = 0; i < 3'000'000; ++i) {
    const uint8_t profile = profiles.draw(random_word(4, i));
    if (text(profiles.kind(profile)) == "deposit") continue;
    if (profiles.cents(profile, random_word(5, i)) > 500'000) ++large;
  }
  CHECK(large > 3);
  CHECK(large < 60);
}

TEST_CASE("MerchantsAreNumberedWithinTheirTrade") {
  const CardProfiles profiles;
  CHECK(text(profiles.merchant(CardProfiles::kGroceries, 0)) == "grocer-0000");
  CHECK(text(profiles.merchant(CardProfiles::kGroceries, UINT64_MAX)) == "grocer-0999");
  CHECK(text(profiles.merchant(CardProfiles::kOnline, uint64_t{1} << 63)) == "shop-0250");
  CHECK(text(profiles.device(CardProfiles::kOnline, UINT64_MAX)) == "web");
  CHECK(text(profiles.device(CardProfiles::kOnline, 0)) == "phone");
}

}  // namespace weir
