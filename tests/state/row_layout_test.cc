#include "state/row_layout.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const std::vector<Type> kAllTypes = {
    TypeKind::kBoolean,  TypeKind::kInt,         TypeKind::kBigint,   TypeKind::kDouble,
    TypeKind::kText,     TypeKind::kBytea,       TypeKind::kDate,     TypeKind::kTimestamp,
    TypeKind::kInterval, TypeKind::kTimestamptz, Type::numeric(12, 2)};

size_t slot_size(const Type& type) { return type.width() == 0 ? 1 : type.width(); }

// No two slots, nor the hash and the NULL bits, share a byte; words are aligned as the header says.
TEST_CASE("SlotsDoNotOverlap") {
  for (size_t keys = 0; keys <= kAllTypes.size(); ++keys) {
    const RowLayout layout({kAllTypes.begin(), kAllTypes.begin() + keys},
                           {kAllTypes.begin() + keys, kAllTypes.end()}, 3);
    std::vector<int> used(layout.row_bytes(), 0);
    const auto use = [&used](size_t from, size_t bytes) {
      REQUIRE(from + bytes <= used.size());
      for (size_t i = from; i < from + bytes; ++i) REQUIRE(++used[i] == 1);
    };
    use(0, sizeof(uint64_t) + (layout.columns() + 7) / 8);
    for (size_t c = 0; c < layout.columns(); ++c) {
      use(layout.offset(c), slot_size(layout.type(c)));
      if (slot_size(layout.type(c)) == 8) REQUIRE(layout.offset(c) % 8 == 0);
      if (slot_size(layout.type(c)) == 4) REQUIRE(layout.offset(c) % 4 == 0);
    }
    for (size_t word = 0; word < 3; ++word) {
      use(layout.hidden_offset(word), sizeof(uint64_t));
      REQUIRE(layout.hidden_offset(word) % 8 == 0);
    }
    REQUIRE(layout.row_bytes() % 8 == 0);
    REQUIRE(layout.text_offsets() == std::vector{layout.offset(4), layout.offset(5)});
    REQUIRE(layout.columns() == kAllTypes.size());
    REQUIRE(layout.key_columns() == keys);
    REQUIRE(layout.value_columns() == kAllTypes.size() - keys);
  }
}

TEST_CASE("ValuesFollowTheKeys") {
  const RowLayout layout({TypeKind::kText, TypeKind::kInt}, {TypeKind::kBigint});
  REQUIRE(layout.value_offset(0) == layout.offset(2));
  REQUIRE(layout.type(2) == Type(TypeKind::kBigint));
}

TEST_CASE("EachColumnHasItsOwnNullBit") {
  const RowLayout layout({}, std::vector<Type>(20, TypeKind::kBoolean));
  std::vector<std::byte> row(layout.row_bytes());
  for (size_t c = 0; c < 20; c += 3) layout.set_null(row.data(), c);
  for (size_t c = 0; c < 20; ++c) REQUIRE(layout.is_null(row.data(), c) == (c % 3 == 0));
  layout.clear_null(row.data(), 9);
  for (size_t c = 0; c < 20; ++c) REQUIRE(layout.is_null(row.data(), c) == (c % 3 == 0 && c != 9));
}

TEST_CASE("ShortTextsStandInTheirSlot") {
  StoredText stored;
  REQUIRE(stored.view().empty());
  stored.size = 12;
  std::memcpy(stored.bytes, "twelve bytes", 12);
  REQUIRE(stored.view() == "twelve bytes");
  REQUIRE(stored.view().data() == stored.bytes);
}

}  // namespace
}  // namespace weir
