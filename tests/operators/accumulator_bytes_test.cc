// Growing runs of bytes: what is inserted stands where it was put, at every size.
#include "operators/accumulator_bytes.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

struct Fixture {
  std::shared_ptr<const RowLayout> layout =
      std::make_shared<const RowLayout>(std::vector<Type>(), std::vector<Type>{TypeKind::kBytea});
  KeyedTable table{layout};
  RowId row = 0;
  BytesState state{{layout.get(), 0}};

  Fixture() { table.find_or_insert({}, Selection(1), &row); }
  std::byte* target() { return table.change(row); }
};

TEST_CASE("ANewStateIsNullAndEmpty") {
  Fixture f;
  CHECK(f.state.is_null(f.target()));
  CHECK(f.state.get(f.target()).empty());
  f.state.append(f.target(), "", f.table);
  CHECK_FALSE(f.state.is_null(f.target()));
  CHECK(f.state.get(f.target()).empty());
}

TEST_CASE("InsertedBytesStandWhereTheyWerePut") {
  Fixture f;
  std::mt19937 dice(5);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string piece(dice() % 9, static_cast<char>('a' + i % 26));
    const size_t at = dice() % (expected.size() + 1);
    expected.insert(at, piece);
    const std::span<char> all = f.state.insert(f.target(), at, piece.size(), f.table);
    std::copy(piece.begin(), piece.end(), all.begin() + static_cast<ptrdiff_t>(at));
    REQUIRE(f.state.get(f.target()) == expected);
  }
  f.state.set(f.target(), "short", f.table);
  CHECK(f.state.get(f.target()) == "short");
}

TEST_CASE("WhatIsSentHoldsTheUsedBytes") {
  Fixture f;
  f.state.append(f.target(), "abc", f.table);
  ColumnWriter writer(TypeKind::kBytea, 1);
  f.table.append_to(writer, f.row, 0);
  const ColumnPtr column = std::move(writer).finish();
  CHECK(used_bytes(column->text(0)) == "abc");
  CHECK(used_bytes("").empty());
  CHECK(used_bytes(std::string_view("\xff\0\0\0x", 5)).empty());
}

}  // namespace
}  // namespace weir
