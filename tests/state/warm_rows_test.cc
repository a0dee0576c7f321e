#include "state/warm_rows.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <string>

namespace weir {
namespace {

TEST_CASE("WhatIsSaidLastOfAKeyCounts") {
  WarmRows rows;
  REQUIRE_FALSE(rows.find("a").has_value());
  rows.put({"a", "1"});
  rows.put({"b", std::nullopt});
  rows.put({"a", "2"});
  rows.put({"c", ""});
  REQUIRE(rows.size() == 3);
  REQUIRE(rows.find("a")->value == "2");
  REQUIRE_FALSE(rows.find("b")->value.has_value());
  REQUIRE(rows.find("c")->value == "");
  rows.put({"a", std::nullopt});
  REQUIRE_FALSE(rows.find("a")->value.has_value());
  REQUIRE_FALSE(rows.find("d").has_value());
}

TEST_CASE("ClearedRowsAreGoneAndTheirMemoryIsUsedAgain") {
  WarmRows rows;
  const std::string large(100'000, 'x');
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5'000; ++i) rows.put({std::to_string(i), std::string(100, 'v')});
    rows.put({"large", large});
    REQUIRE(rows.find("large")->value == large);
    const size_t bytes = rows.bytes();
    REQUIRE(bytes > 600'000);
    REQUIRE(rows.used_bytes() > 600'000);
    REQUIRE(rows.used_bytes() <= bytes);
    rows.clear();
    REQUIRE(rows.empty());
    REQUIRE_FALSE(rows.find("7").has_value());
    REQUIRE(rows.bytes() == bytes - large.size());
    REQUIRE(rows.used_bytes() == 0);
  }
}

TEST_CASE("RowsBehaveLikeAMap") {
  WarmRows rows;
  std::map<std::string, std::optional<std::string>> model;
  std::mt19937_64 dice(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(dice() % 3'000);
    std::optional<std::string> value;
    if (dice() % 3 != 0) value = std::string(dice() % 200, static_cast<char>('a' + dice() % 26));
    rows.put({key, value.has_value() ? std::optional<std::string_view>(*value) : std::nullopt});
    model[key] = value;
  }
  const std::vector<WarmRows::Row> sorted = rows.sorted();
  REQUIRE(sorted.size() == model.size());
  auto expected = model.begin();
  for (const WarmRows::Row& row : sorted) {
    REQUIRE(row.key == expected->first);
    REQUIRE(row.value == expected->second);
    REQUIRE(rows.find(row.key)->value == expected->second);
    ++expected;
  }
}

}  // namespace
}  // namespace weir
