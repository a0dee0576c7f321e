// first_value and last_value: the order that they go by, NULLs, and rows with equal keys.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

const Type kInt = TypeKind::kInt;

AggregateCall by_key(AggregateFunction function, SortKey key = {.column = 1}) {
  return {.name = "a", .function = function, .order = {key}};
}

std::string result_of(const AggregateCall& call, const std::vector<Cell>& values,
                      const std::vector<Cell>& keys, const char* type = "text") {
  OneGroup group(call, type);
  REQUIRE(group.add(values, {column_of(kInt, keys)}).ok());
  return group.result();
}

TEST_CASE("TheOrderDecidesWhicheverCameFirst") {
  const std::vector<Cell> values = {"b", "a", "c"};
  CHECK(result_of(by_key(kFirstValue), values, {"2", "1", "3"}) == "a");
  CHECK(result_of(by_key(kLastValue), values, {"2", "1", "3"}) == "c");
  const SortKey down{.column = 1, .descending = true, .nulls_first = true};
  CHECK(result_of(by_key(kFirstValue, down), values, {"2", "1", kNull}) == "c");
  CHECK(result_of(by_key(kLastValue, down), values, {"2", "1", kNull}) == "a");
}

TEST_CASE("ANullIsAValueAsOthers") {
  CHECK(result_of(by_key(kFirstValue), {"b", kNull}, {"2", "1"}) == "NULL");
  CHECK(result_of(by_key(kLastValue), {"b", kNull}, {"2", "1"}) == "b");
  CHECK(result_of(by_key(kLastValue), {kNull, kNull}, {"2", "1"}) == "NULL");
}

TEST_CASE("OfEqualKeysTheValuesDecide") {
  CHECK(result_of(by_key(kFirstValue), {"b", "a", kNull}, {"1", "1", "1"}) == "a");
  CHECK(result_of(by_key(kLastValue), {"b", "c", "a"}, {"1", "1", "1"}) == "c");
  // 0 and -0 are equal, and not the same.
  for (const auto function : {kFirstValue, kLastValue}) {
    const std::vector<Cell> keys = {"1", "1"};
    CHECK(result_of(by_key(function), {"0", "-0"}, keys, "double precision") ==
          result_of(by_key(function), {"-0", "0"}, keys, "double precision"));
  }
}

TEST_CASE("StatesMeetInAnyOrder") {
  for (const bool swapped : {false, true}) {
    OneGroup one(by_key(kLastValue), "bigint");
    OneGroup other(by_key(kLastValue), "bigint");
    REQUIRE(one.add({"10", "30"}, {column_of(kInt, {"1", "3"})}).ok());
    REQUIRE(other.add({"20", "-5"}, {column_of(kInt, {"2", "4"})}).ok());
    OneGroup& into = swapped ? other : one;
    OneGroup& from = swapped ? one : other;
    REQUIRE(into.merge(from).ok());
    CHECK(into.result() == "-5");
    REQUIRE(into.merge_row(from).ok());
    CHECK(into.result() == "-5");
  }
}

TEST_CASE("AValueThatIsReplacedLeavesNothingBehind") {
  OneGroup group(by_key(kLastValue), "text");
  constexpr int kValues = 20'000;
  for (int i = 0; i < kValues; ++i) {
    const std::string key = std::to_string(i);
    REQUIRE(group.add({"a text of more than twelve bytes"}, {column_of(kInt, {key.c_str()})}).ok());
  }
  CHECK(group.table().bytes() < 1 << 20);
}

}  // namespace
}  // namespace weir
