// Keys compare as PostgreSQL orders the values: each list here is in that order.
#include "operators/sort_key.h"

#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

std::string key_of(const Column& column, size_t row, const SortKey& key) {
  std::string out;
  append_sort_key(out, column, row, key);
  return out;
}

TEST_CASE("KeysAreInTheOrderOfValues") {
  const std::vector<std::pair<const char*, std::vector<Cell>>> lists = {
      {"boolean", {"false", "true"}},
      {"int", {"-2147483648", "-1", "0", "1", "2147483647"}},
      {"bigint", {"-9223372036854775808", "-1", "0", "256", "9223372036854775807"}},
      {"numeric(38,2)", {"-999999999999999999999999999999999999.99", "-0.01", "0", "0.01"}},
      {"double precision", {"-Infinity", "-1.5", "-1", "0", "5e-324", "1", "Infinity", "NaN"}},
      {"text", {"", "A", "Ab", "a", "aa", "b", "é"}},
      {"date", {"1969-12-31", "1970-01-01", "2024-02-29"}},
      {"timestamptz", {"1969-12-31 23:59:59.999999Z", "1970-01-01 00:00:00Z"}},
      {"interval", {"-1 day", "00:00:00", "29 days", "1 month", "31 days"}}};
  for (const auto& [type, values] : lists) {
    const ColumnPtr column = column_of(*type_named(type), values);
    for (size_t i = 0; i + 1 < values.size(); ++i) {
      INFO(type << ": " << i);
      CHECK(key_of(*column, i, {}) < key_of(*column, i + 1, {}));
      CHECK(key_of(*column, i, {.descending = true}) >
            key_of(*column, i + 1, {.descending = true}));
    }
  }
}

TEST_CASE("NullsStandWhereTheyAreAsked") {
  const ColumnPtr column = column_of(TypeKind::kInt, {"-2147483648", "2147483647", kNull});
  for (const bool descending : {false, true}) {
    for (const size_t row : {0U, 1U}) {
      const SortKey first{.descending = descending, .nulls_first = true};
      CHECK(key_of(*column, 2, first) < key_of(*column, row, first));
      const SortKey last{.descending = descending};
      CHECK(key_of(*column, 2, last) > key_of(*column, row, last));
    }
  }
}

TEST_CASE("EqualValuesHaveEqualKeys") {
  const ColumnPtr doubles = column_of(TypeKind::kDouble, {"0", "-0"});
  CHECK(key_of(*doubles, 0, {}) == key_of(*doubles, 1, {}));
  const ColumnPtr intervals = column_of(TypeKind::kInterval, {"1 day", "24:00:00"});
  CHECK(key_of(*intervals, 0, {}) == key_of(*intervals, 1, {}));
}

TEST_CASE("NoTextIsTheBeginningOfAnother") {
  ColumnWriter writer(TypeKind::kBytea, 3);
  writer.append_text(std::string_view("a", 1));
  writer.append_text(std::string_view("a\0", 2));
  writer.append_text(std::string_view("a\1", 2));
  const ColumnPtr column = std::move(writer).finish();
  for (const SortKey key : {SortKey{}, SortKey{.descending = true}}) {
    const bool less_01 = key_of(*column, 0, key) + "\xff" < key_of(*column, 1, key) + "\x01";
    const bool less_12 = key_of(*column, 1, key) + "\xff" < key_of(*column, 2, key) + "\x01";
    CHECK(less_01 != key.descending);
    CHECK(less_12 != key.descending);
  }
}

}  // namespace
}  // namespace weir
