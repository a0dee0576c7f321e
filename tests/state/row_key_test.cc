#include "state/row_key.h"

#include "tests/state/keys.h"

#include <catch2/catch.hpp>

#include <limits>
#include <set>

namespace weir {
namespace {

// The bytes of each key, which must be the same by a batch and by the row that it made.
std::vector<std::string> encoded(const std::vector<Type>& types, const std::vector<Key>& rows) {
  const Keys keys(types, rows);
  KeyedTable table(std::make_shared<const RowLayout>(types, std::vector<Type>()));
  std::vector<RowId> ids(rows.size());
  table.find_or_insert(keys.batch(), Selection(rows.size()), ids.data());
  std::vector<std::string> all;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    std::string of_row;
    append_row_key(table.layout(), table.row(ids[i]), of_row);
    std::string of_batch;
    append_row_key(table.layout(), keys.batch(), i, of_batch);
    REQUIRE(of_batch == of_row);
    all.push_back(of_row);
  }
  return all;
}

TEST_CASE("EqualKeysAreTheSameBytes") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto doubles = encoded({TypeKind::kDouble}, {{{TypeKind::kDouble, 0.0}},
                                                     {{TypeKind::kDouble, -0.0}},
                                                     {{TypeKind::kDouble, nan}},
                                                     {{TypeKind::kDouble, -nan}},
                                                     {{TypeKind::kDouble, 1.0}}});
  REQUIRE(doubles[0] == doubles[1]);
  REQUIRE(doubles[2] == doubles[3]);
  REQUIRE(std::set<std::string>(doubles.begin(), doubles.end()).size() == 3);
  const auto intervals =
      encoded({TypeKind::kInterval},
              {{{TypeKind::kInterval, Interval{.months = 0, .days = 1, .micros = 0}}},
               {{TypeKind::kInterval, Interval{.months = 0, .days = 0, .micros = 86'400'000'000}}},
               {{TypeKind::kInterval, Interval{.months = 0, .days = 2, .micros = 0}}}});
  REQUIRE(intervals[0] == intervals[1]);
  REQUIRE(intervals[1] != intervals[2]);
}

TEST_CASE("OtherKeysAreOtherBytes") {
  const auto keys = encoded({TypeKind::kText, TypeKind::kText},
                            {{text("a"), text("bc")},
                             {text("ab"), text("c")},
                             {{TypeKind::kText, std::monostate()}, text("abc")},
                             {text(""), text("abc")},
                             {text("abc"), {TypeKind::kText, std::monostate()}}});
  REQUIRE(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
}

TEST_CASE("NumbersThatFollowEachOtherLieTogether") {
  const auto keys = encoded({TypeKind::kBigint}, {{number(255)}, {number(256)}, {number(511)}});
  REQUIRE(keys[0] < keys[1]);
  REQUIRE(keys[1] < keys[2]);
}

}  // namespace
}  // namespace weir
