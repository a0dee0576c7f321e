#include "runtime/local/volatile_store.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("HoldsObjectsByName") {
  VolatileStore store;
  REQUIRE(store.put("a/1", "one").ok());
  REQUIRE(store.put("a/2", "two").ok());
  REQUIRE(store.put("b", "three").ok());
  CHECK(store.get("a/1").value() == "one");
  CHECK(store.size("a/2").value() == 3U);
  CHECK_FALSE(store.get("c").value().has_value());
  CHECK_FALSE(store.size("c").value().has_value());
  CHECK(store.list("a/").value() == std::vector<std::string>{"a/1", "a/2"});
  REQUIRE(store.remove("a/1").ok());
  REQUIRE(store.remove("a/1").ok());
  CHECK(store.list("").value() == std::vector<std::string>{"a/2", "b"});
}

TEST_CASE("OfSeveralWritersOneIsFirst") {
  VolatileStore store;
  CHECK(store.put_if_absent("a", "mine").value() == PutIfAbsent::kDone);
  CHECK(store.put_if_absent("a", "yours").value() == PutIfAbsent::kWasThere);
  CHECK(store.get("a").value() == "mine");
}

}  // namespace
}  // namespace weir
