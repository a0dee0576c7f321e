#include "state/frozen_rows.h"

#include "tests/state/keys.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

const std::string kLong = "a text that does not fit its slot";

struct Table {
  KeyedTable rows{std::make_shared<const RowLayout>(std::vector<Type>{TypeKind::kText},
                                                    std::vector<Type>{TypeKind::kText}, 1)};

  RowId put(const std::string& key, const std::string& value) {
    const RowId row = row_of(rows, text(key));
    write(rows, row, 1, text(value));
    return row;
  }
  FrozenRows freeze(Freeze what, std::vector<size_t> words = {}) {
    return rows.freeze(what, std::move(words), memory);
  }

  FrozenMemory memory;
};

// What was encoded, by id, and what is gone.
struct Decoded {
  std::map<RowId, std::pair<std::string, std::string>> rows;
  std::map<RowId, uint64_t> words;
  std::set<RowId> gone;
};

Decoded decoded(const FrozenRows& frozen, bool with_word = false) {
  ByteWriter out;
  frozen.encode(out);
  ByteReader in(out.view());
  Decoded result;
  in.get<RowId>().value();
  const uint32_t gone = in.get<uint32_t>().value();
  for (uint32_t i = 0; i < gone; ++i) result.gone.insert(in.get<RowId>().value());
  const uint32_t items = in.get<uint32_t>().value();
  for (uint32_t i = 0; i < items; ++i) {
    ByteReader item(in.get_sized().value());
    const RowId id = item.get<RowId>().value();
    Table copy;
    const RowId row = copy.rows.insert_encoded(item.get<uint64_t>().value(), item).value();
    result.rows[id] = {string_at(copy.rows, row, 0), string_at(copy.rows, row, 1)};
    if (with_word) result.words[id] = item.get<uint64_t>().value();
    REQUIRE(item.left() == 0);
  }
  REQUIRE(in.left() == 0);
  return result;
}

TEST_CASE("ChangesAreTheRowsWrittenAndErasedSinceTheLastTime") {
  Table table;
  const RowId a = table.put("a", "1");
  const RowId b = table.put("b", "2");
  const RowId c = table.put("c", "3");
  REQUIRE(decoded(table.freeze(Freeze::kChanges)).rows.size() == 3);  // The first has all.

  REQUIRE(table.freeze(Freeze::kChanges).empty());
  write(table.rows, b, 1, text("20"));
  table.rows.erase(c);
  const Decoded changes = decoded(table.freeze(Freeze::kChanges));
  REQUIRE(changes.rows.size() == 1);
  REQUIRE(changes.rows.at(b) == std::pair<std::string, std::string>("b", "20"));
  REQUIRE(changes.gone == std::set<RowId>{c});

  const Decoded whole = decoded(table.freeze(Freeze::kWhole));
  REQUIRE(whole.rows.size() == 2);
  REQUIRE(whole.rows.at(a).second == "1");
  REQUIRE(whole.gone.empty());
}

TEST_CASE("ReadingARowOrItsUnsavedWordsChangesNothing") {
  Table table;
  const RowId row = table.put("a", "1");
  table.freeze(Freeze::kChanges);
  row_of(table.rows, text("a"));
  string_at(table.rows, row, 1);
  store(table.rows.unmarked(row) + table.rows.layout().hidden_offset(0), uint64_t{7});
  REQUIRE(table.freeze(Freeze::kChanges).empty());
}

TEST_CASE("APlaceThatIsUsedAgainHasTheNewRow") {
  Table table;
  const RowId old = table.put("a", "1");
  table.freeze(Freeze::kChanges);
  table.rows.erase(old);
  const RowId row = table.put("b", "2");
  REQUIRE(row == old);
  const Decoded changes = decoded(table.freeze(Freeze::kChanges));
  REQUIRE(changes.rows.at(row).first == "b");
  REQUIRE(changes.gone.empty());
}

// What happens to the table afterwards does not reach what was handed over.
TEST_CASE("FrozenRowsStayAsTheyWere") {
  Table table;
  const RowId a = table.put(kLong + "a", kLong + "1");
  const RowId b = table.put(kLong + "b", kLong + "2");
  const FrozenRows frozen = table.freeze(Freeze::kChanges);
  write(table.rows, a, 1, text(kLong + "3"));
  table.rows.erase(b);
  for (int i = 0; i < 100; ++i) table.put(kLong + std::to_string(i), kLong);
  const Decoded before = decoded(frozen);
  REQUIRE(before.rows.at(a) == std::pair(kLong + "a", kLong + "1"));
  REQUIRE(before.rows.at(b) == std::pair(kLong + "b", kLong + "2"));
}

TEST_CASE("TheWordsThatAreNamedAreSaved") {
  Table table;
  const RowId row = table.put("a", "1");
  const size_t word = table.rows.layout().hidden_offset(0);
  store(table.rows.change(row) + word, uint64_t{42});
  REQUIRE(decoded(table.freeze(Freeze::kWhole, {word}), true).words.at(row) == 42);
}

// Over the ends of pages and of words of bits, with gaps.
TEST_CASE("RunsOfRowsAreCopiedWhole") {
  Table table;
  for (int64_t i = 0; i < 1000; ++i) table.put("k" + std::to_string(i), std::to_string(i));
  table.freeze(Freeze::kWhole);
  for (RowId row = 0; row < 1000; ++row) {
    if (row % 97 > 3) write(table.rows, row, 1, text("new " + std::to_string(row)));
  }
  const Decoded changes = decoded(table.freeze(Freeze::kChanges));
  for (RowId row = 0; row < 1000; ++row) {
    REQUIRE(changes.rows.contains(row) == (row % 97 > 3));
    if (row % 97 > 3) REQUIRE(changes.rows.at(row).second == "new " + std::to_string(row));
  }
}

}  // namespace
}  // namespace weir
