// KeyedTable against std::map: the same batches of operations on both, then every row compared.
#include "state/keyed_table.h"

#include "tests/state/keys.h"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <random>
#include <set>

namespace weir {
namespace {

std::string text_of(const Key& key) {
  std::string text;
  for (const Scalar& value : key) {
    if (value.is_null()) {
      text += "NULL|";
      continue;
    }
    const ColumnPtr column = constant_column(value, 1);
    if (value.type.is_text_like()) {
      text += "'" + std::string(column->text(0)) + "'|";
    } else if (value.type.kind() == TypeKind::kDouble) {
      const double number = column->values<double>()[0];
      text += std::to_string(number == 0 ? 0.0 : number) + "|";
    } else if (value.type.kind() == TypeKind::kBoolean) {
      text += column->boolean(0) ? "true|" : "false|";
    } else if (value.type.width() == 4) {
      text += std::to_string(column->values<int32_t>()[0]) + "|";
    } else {
      text += std::to_string(column->values<int64_t>()[0]) + "|";
    }
  }
  return text;
}

Key key_of(const KeyedTable& table, RowId row) {
  Key key;
  for (size_t c = 0; c < table.layout().key_columns(); ++c) {
    key.push_back(value_of(table, row, c));
  }
  return key;
}

std::shared_ptr<const RowLayout> layout_of(std::vector<Type> key) {
  return std::make_shared<const RowLayout>(std::move(key), std::vector<Type>{TypeKind::kBigint});
}

std::vector<RowId> insert(KeyedTable& table, const Keys& keys,
                          std::vector<uint32_t>* inserted = nullptr) {
  std::vector<RowId> rows(keys.count);
  table.find_or_insert(keys.batch(), Selection(keys.count), rows.data(), inserted);
  return rows;
}

std::vector<RowId> find(const KeyedTable& table, const Keys& keys) {
  std::vector<RowId> rows(keys.count);
  table.find(keys.batch(), Selection(keys.count), rows.data());
  return rows;
}

void set_value(KeyedTable& table, RowId row, int64_t value) {
  store(table.change(row) + table.layout().value_offset(0), value);
  table.layout().clear_null(table.change(row), table.layout().key_columns());
}
int64_t value_of(const KeyedTable& table, RowId row) {
  return load<int64_t>(table.row(row) + table.layout().value_offset(0));
}

TEST_CASE("NewRowsAreNullAndReported") {
  const std::vector<Type> types = {TypeKind::kBigint};
  KeyedTable table(layout_of(types));
  std::vector<uint32_t> inserted;
  const std::vector<RowId> rows =
      insert(table, Keys(types, {{number(7)}, {number(8)}, {number(7)}, {number(9)}}), &inserted);
  REQUIRE(inserted == std::vector<uint32_t>{0, 1, 3});
  REQUIRE(rows[0] == rows[2]);
  REQUIRE(table.size() == 3);
  REQUIRE(table.layout().is_null(table.row(rows[0]), 1));
  REQUIRE(value_of(table, rows[0]) == 0);
  inserted.clear();
  REQUIRE(insert(table, Keys(types, {{number(9)}}), &inserted) == std::vector<RowId>{rows[3]});
  REQUIRE(inserted.empty());
}

TEST_CASE("OnlySelectedRowsAreLookedUp") {
  const std::vector<Type> types = {TypeKind::kBigint};
  KeyedTable table(layout_of(types));
  const Keys keys(types, {{number(1)}, {number(2)}, {number(3)}, {number(4)}});
  const RowIndices chosen = {1, 3};
  const Selection selection(chosen.data(), chosen.size());
  std::vector<uint64_t> hashes(2);
  hash_rows({keys.columns[0].get()}, selection, hashes.data());
  KeyBatch batch = keys.batch();
  batch.hashes = hashes.data();
  std::vector<RowId> rows(2);
  table.find_or_insert(batch, selection, rows.data());
  REQUIRE(table.size() == 2);
  REQUIRE(find(table, keys) == std::vector<RowId>{kNoRow, rows[0], kNoRow, rows[1]});
}

TEST_CASE("FindingDoesNotInsert") {
  const std::vector<Type> types = {TypeKind::kText};
  KeyedTable table(layout_of(types));
  REQUIRE(find(table, Keys(types, {{text("a")}})) == std::vector<RowId>{kNoRow});
  insert(table, Keys(types, {{text("b")}}));
  REQUIRE(find(table, Keys(types, {{text("a")}, {text("b")}})) == std::vector<RowId>{kNoRow, 0});
  REQUIRE(table.size() == 1);
}

TEST_CASE("WithoutKeyColumnsAllRowsAreOne") {
  KeyedTable table(layout_of({}));
  const std::vector<RowId> rows = insert(table, Keys({}, {{}, {}, {}}));
  REQUIRE(rows == std::vector<RowId>{0, 0, 0});
  REQUIRE(table.size() == 1);
  REQUIRE(table.hash(0) == 0);
}

TEST_CASE("NullKeysAreEqualToEachOtherAndToNothingElse") {
  const std::vector<Type> types = {TypeKind::kBigint, TypeKind::kText};
  KeyedTable table(layout_of(types));
  const Scalar no_number = null_scalar(TypeKind::kBigint);
  const Scalar no_text = null_scalar(TypeKind::kText);
  const Keys keys(types, {{no_number, text("")},
                          {number(0), text("")},
                          {number(0), no_text},
                          {no_number, no_text},
                          {no_number, text("")}});
  const std::vector<RowId> rows = insert(table, keys);
  REQUIRE(table.size() == 4);
  REQUIRE(rows[0] == rows[4]);
}

TEST_CASE("ZeroAndMinusZeroAreOneKeyAndSoIsNaN") {
  const std::vector<Type> types = {TypeKind::kDouble};
  KeyedTable table(layout_of(types));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto of = [](double value) { return Key{Scalar{TypeKind::kDouble, value}}; };
  const std::vector<RowId> rows =
      insert(table, Keys(types, {of(0.0), of(-0.0), of(nan), of(-nan)}));
  REQUIRE(table.size() == 2);
  REQUIRE(rows[0] == rows[1]);
  REQUIRE(rows[2] == rows[3]);
}

TEST_CASE("ANullBigintIsNotTheKeyZero") {
  const std::vector<Type> types = {TypeKind::kBigint};
  KeyedTable table(layout_of(types));
  // The first batch has a NULL, the second takes the path for single words without one.
  insert(table, Keys(types, {{null_scalar(TypeKind::kBigint)}}));
  insert(table, Keys(types, {{number(0)}}));
  REQUIRE(table.size() == 2);
}

TEST_CASE("TextsOfAnyLengthComeBack") {
  const std::vector<Type> types = {TypeKind::kText};
  KeyedTable table(layout_of(types));
  std::vector<Key> keys;
  for (const size_t size : {0, 1, 11, 12, 13, 100, 16 << 10, (16 << 10) + 1, 100'000}) {
    keys.push_back({text(std::string(size, 'x'))});
    keys.push_back({text(std::string(size, 'x') + "y")});
  }
  const std::vector<RowId> rows = insert(table, Keys(types, keys));
  std::set<std::string> distinct;
  for (const Key& key : keys) distinct.insert(text_of(key));
  REQUIRE(table.size() == distinct.size());
  for (size_t i = 0; i < keys.size(); ++i) REQUIRE(key_of(table, rows[i]) == keys[i]);
  REQUIRE(table.bytes() > 200'000);
}

TEST_CASE("ErasedRowsAreGoneAndTheirPlaceIsUsedAgain") {
  const std::vector<Type> types = {TypeKind::kBigint};
  KeyedTable table(layout_of(types));
  const std::vector<RowId> rows = insert(table, Keys(types, {{number(1)}, {number(2)}}));
  set_value(table, rows[0], 11);
  table.erase(rows[0]);
  REQUIRE(table.size() == 1);
  REQUIRE_FALSE(table.is_live(rows[0]));
  REQUIRE(find(table, Keys(types, {{number(1)}, {number(2)}})) ==
          std::vector<RowId>{kNoRow, rows[1]});
  REQUIRE(insert(table, Keys(types, {{number(3)}})) == std::vector<RowId>{rows[0]});
  REQUIRE(value_of(table, rows[0]) == 0);
  REQUIRE(table.ids_end() == 2);
}

// Random keys of one kind.
struct KeyKind {
  std::string name;
  std::vector<Type> types;
  std::function<Key(std::mt19937_64&)> make;
};

const std::vector<KeyKind>& key_kinds() {
  static const std::vector<KeyKind> kinds = {
      {"bigint",
       {TypeKind::kBigint},
       [](auto& dice) { return Key{number(static_cast<int64_t>(dice() % 300) - 150)}; }},
      {"text or null",
       {TypeKind::kText},
       [](auto& dice) {
         if (dice() % 10 == 0) return Key{null_scalar(TypeKind::kText)};
         return Key{text(std::string(dice() % 30, 'k') + std::to_string(dice() % 9))};
       }},
      {"int, text, boolean",
       {TypeKind::kInt, TypeKind::kText, TypeKind::kBoolean},
       [](auto& dice) {
         Key key = {{TypeKind::kInt, static_cast<int64_t>(dice() % 6)},
                    text(std::string(dice() % 20, 't')),
                    {TypeKind::kBoolean, dice() % 2 == 0}};
         if (dice() % 5 == 0) key[0] = null_scalar(TypeKind::kInt);
         if (dice() % 5 == 0) key[2] = null_scalar(TypeKind::kBoolean);
         return key;
       }},
      {"double",
       {TypeKind::kDouble},
       [](auto& dice) {
         return Key{Scalar{TypeKind::kDouble, static_cast<double>(dice() % 100) * 0.25 - 5}};
       }},
  };
  return kinds;
}

using Model = std::map<std::string, int64_t>;

Model contents(const KeyedTable& table) {
  Model found;
  size_t live = 0;
  for (RowId row = 0; row < table.ids_end(); ++row) {
    if (!table.is_live(row)) continue;
    ++live;
    found[text_of(key_of(table, row))] = value_of(table, row);
  }
  CHECK(live == table.size());
  CHECK(live == found.size());
  return found;
}

// One batch of random keys: inserted with new values, or looked up and partly erased.
void random_step(const KeyKind& kind, std::mt19937_64& dice, KeyedTable& table, Model& model) {
  std::vector<Key> rows(1 + dice() % 30);
  for (Key& row : rows) row = kind.make(dice);
  const Keys keys(kind.types, rows);
  if (dice() % 3 != 0) {
    const std::vector<RowId> ids = insert(table, keys);
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t value = static_cast<int64_t>(dice() % 1000);
      set_value(table, ids[i], value);
      model[text_of(rows[i])] = value;
    }
    return;
  }
  const std::vector<RowId> ids = find(table, keys);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto expected = model.find(text_of(rows[i]));
    const bool erased_in_this_batch = ids[i] != kNoRow && !table.is_live(ids[i]);
    if (erased_in_this_batch) continue;
    REQUIRE((ids[i] != kNoRow) == (expected != model.end()));
    if (ids[i] == kNoRow) continue;
    REQUIRE(value_of(table, ids[i]) == expected->second);
    if (dice() % 2 == 0) continue;
    table.erase(ids[i]);
    model.erase(expected);
  }
}

TEST_CASE("BehavesLikeAMap") {
  for (const KeyKind& kind : key_kinds()) {
    for (uint32_t seed = 0; seed < 25; ++seed) {
      INFO(kind.name << ", seed " << seed);
      std::mt19937_64 dice(seed);
      KeyedTable table(layout_of(kind.types));
      Model model;
      for (int step = 0; step < 60; ++step) random_step(kind, dice, table, model);
      REQUIRE(contents(table) == model);
    }
  }
}

TEST_CASE("EncodedRowsComeBackInAnotherTable") {
  for (const KeyKind& kind : key_kinds()) {
    INFO(kind.name);
    std::mt19937_64 dice(1);
    KeyedTable table(layout_of(kind.types));
    Model model;
    for (int step = 0; step < 30; ++step) random_step(kind, dice, table, model);

    KeyedTable copy(layout_of(kind.types));
    for (RowId row = 0; row < table.ids_end(); ++row) {
      if (!table.is_live(row)) continue;
      ByteWriter out;
      encode_values(table.layout(), table.row(row), out);
      ByteReader in(out.view());
      REQUIRE(copy.insert_encoded(table.hash(row), in).ok());
      REQUIRE(in.left() == 0);
    }
    REQUIRE(contents(copy) == model);
    // And the copy is as good a table as the first.
    for (int step = 0; step < 30; ++step) random_step(kind, dice, copy, model);
    REQUIRE(contents(copy) == model);
  }
}

TEST_CASE("EncodedRowsThatEndEarlyAreRefused") {
  const std::vector<Type> types = {TypeKind::kText};
  KeyedTable table(layout_of(types));
  set_value(table, insert(table, Keys(types, {{text("more than twelve bytes")}}))[0], 5);
  ByteWriter out;
  encode_values(table.layout(), table.row(0), out);
  for (size_t size = 0; size < out.size(); ++size) {
    KeyedTable copy(layout_of(types));
    ByteReader in(out.view().substr(0, size));
    const Result<RowId> row = copy.insert_encoded(table.hash(0), in);
    REQUIRE_FALSE(row.ok());
    REQUIRE(row.error().kind == ErrorKind::kCorrupt);
  }
}

// A row of one text value beside its key.
struct TextTable {
  KeyedTable table{std::make_shared<const RowLayout>(std::vector<Type>{TypeKind::kText},
                                                     std::vector<Type>{TypeKind::kText})};

  std::byte* slot(RowId row) { return table.change(row) + table.layout().value_offset(0); }
  void put(RowId row, std::string_view value) {
    table.store_text(slot(row), value);
    table.layout().clear_null(table.change(row), 1);
  }
};

TEST_CASE("MemoryStaysFlatUnderEndlessOverwriting") {
  TextTable texts;
  std::mt19937_64 dice(7);
  std::map<RowId, std::string> expected;
  std::vector<RowId> rows;
  for (int64_t i = 0; i < 50; ++i)
    rows.push_back(row_of(texts.table, text("key " + std::to_string(i))));
  size_t bytes = 0;
  for (int step = 0; step < 200'000; ++step) {
    const RowId row = rows[dice() % rows.size()];
    std::string value(dice() % 200, static_cast<char>('a' + dice() % 26));
    texts.put(row, value);
    expected[row] = std::move(value);
    if (step == 20'000) bytes = texts.table.bytes();
  }
  REQUIRE(texts.table.bytes() < 2 * bytes);
  for (const auto& [row, value] : expected) REQUIRE(string_at(texts.table, row, 1) == value);
}

TEST_CASE("MemoryStaysFlatUnderEndlessErasing") {
  TextTable texts;
  size_t bytes = 0;
  for (int64_t i = 0; i < 100'000; ++i) {
    const std::string name = "a key too long for its slot " + std::to_string(i);
    const RowId row = row_of(texts.table, text(name));
    texts.put(row, name + name);
    if (i >= 100) {
      const std::string old = "a key too long for its slot " + std::to_string(i - 100);
      const RowId gone = row_of(texts.table, text(old));
      REQUIRE(string_at(texts.table, gone, 1) == old + old);
      texts.table.erase(gone);
    }
    if (i == 20'000) bytes = texts.table.bytes();
  }
  REQUIRE(texts.table.size() == 100);
  REQUIRE(texts.table.bytes() == bytes);
}

TEST_CASE("ATextOfTheTableCanBeStoredInItsOwnSlot") {
  TextTable texts;
  const RowId row = row_of(texts.table, text("k"));
  const std::string value = "a text of more than twenty-four bytes, and a little more";
  texts.put(row, value);
  for (const size_t from : {1, 3, 30, 3}) {  // The same class, a smaller one, and in the slot.
    const std::string before = string_at(texts.table, row, 1);
    if (before.size() < from) continue;
    texts.put(row, load<StoredText>(texts.slot(row)).view().substr(from));
    REQUIRE(string_at(texts.table, row, 1) == before.substr(from));
  }
}

TEST_CASE("WrittenColumnsComeBack") {
  const std::vector<Type> types = {TypeKind::kBoolean, TypeKind::kInt,  TypeKind::kBigint,
                                   TypeKind::kDouble,  TypeKind::kText, TypeKind::kInterval};
  const std::string longer = "longer than twelve bytes";
  const std::vector<Key> values = {
      {{types[0], true},
       {types[1], int64_t{5}},
       number(6),
       {types[3], 0.5},
       text("short"),
       {types[5], Interval{1, 2, 3}}},
      {null_scalar(types[0]), null_scalar(types[1]), null_scalar(types[2]), null_scalar(types[3]),
       null_scalar(types[4]), null_scalar(types[5])},
      {{types[0], false},
       {types[1], int64_t{-5}},
       number(-6),
       {types[3], -0.5},
       text(longer),
       {types[5], Interval{-1, -2, -3}}}};
  KeyedTable table(std::make_shared<const RowLayout>(std::vector<Type>(), types), Access::kByRow);
  const std::vector<RowId> rows = {table.append_row(1), table.append_row(2), table.append_row(3)};
  const std::vector<ColumnPtr> columns = columns_of(types, values);
  // Each row gets each of the values in turn, by batches in another order of rows.
  for (size_t turn = 0; turn < 3; ++turn) {
    const std::vector<RowId> ids = {rows[turn % 3], rows[(turn + 1) % 3], rows[(turn + 2) % 3]};
    for (size_t c = 0; c < types.size(); ++c) {
      table.write(ids.data(), Selection(3), c, *columns[c]);
      ColumnWriter writer(types[c], 3);
      table.append_to(writer, ids.data(), 3, c);
      const ColumnPtr read = std::move(writer).finish();
      for (size_t i = 0; i < 3; ++i) {
        REQUIRE(scalar_at(*read, i) == values[i][c]);
        REQUIRE(value_of(table, ids[i], c) == values[i][c]);
      }
    }
  }
  for (size_t c = 0; c < types.size(); ++c) table.write(rows[0], c, *columns[c], 2);
  for (size_t c = 0; c < types.size(); ++c) REQUIRE(value_of(table, rows[0], c) == values[2][c]);
  // NULL slots are zero, whatever stood in them.
  for (size_t c = 0; c < types.size(); ++c) table.write(rows[0], c, *columns[c], 1);
  REQUIRE(load<int64_t>(table.row(rows[0]) + table.layout().offset(2)) == 0);
  REQUIRE(load<StoredText>(table.row(rows[0]) + table.layout().offset(4)).view().empty());
}

TEST_CASE("RowsWithoutAnIndexAreReachedByTheirIdAlone") {
  KeyedTable table(layout_of({}), Access::kByRow);
  const RowId a = table.append_row(11);
  const RowId b = table.append_row(11);
  REQUIRE(a != b);
  REQUIRE(table.hash(b) == 11);
  REQUIRE(table.layout().is_null(table.row(b), 0));
  set_value(table, b, 5);
  table.erase(a);
  REQUIRE(table.size() == 1);
  REQUIRE(value_of(table, b) == 5);
  ByteWriter out;
  encode_values(table.layout(), table.row(b), out);
  ByteReader in(out.view());
  const Result<RowId> copy = table.insert_encoded(11, in);
  REQUIRE(copy.ok());
  REQUIRE(*copy == a);
  REQUIRE(value_of(table, *copy) == 5);
}

TEST_CASE("GrowsToAMillionRows") {
  constexpr int64_t kRows = 1'000'000;
  constexpr int64_t kBatch = 4000;
  const std::vector<Type> types = {TypeKind::kBigint};
  KeyedTable table(layout_of(types));
  for (int64_t from = 0; from < kRows; from += kBatch) {
    ColumnWriter writer(TypeKind::kBigint, kBatch);
    for (int64_t i = 0; i < kBatch; ++i) writer.append<int64_t>((from + i) * 7);
    const ColumnPtr column = std::move(writer).finish();
    std::vector<uint64_t> hashes(kBatch);
    hash_rows({column.get()}, Selection(kBatch), hashes.data());
    KeyBatch keys;
    keys.columns = {column.get()};
    keys.hashes = hashes.data();
    std::vector<RowId> rows(kBatch);
    table.find_or_insert(keys, Selection(kBatch), rows.data());
    bool as_expected = true;
    for (int64_t i = 0; i < kBatch; ++i) as_expected &= rows[i] == static_cast<RowId>(from + i);
    REQUIRE(as_expected);
  }
  REQUIRE(table.size() == kRows);
  REQUIRE(find(table, Keys(types, {{number(0)}, {number(1)}, {number((kRows - 1) * 7)}})) ==
          std::vector<RowId>{0, kNoRow, kRows - 1});
  for (RowId row = 0; row < kRows; row += 2) table.erase(row);
  REQUIRE(table.size() == kRows / 2);
  REQUIRE(find(table, Keys(types, {{number(0)}, {number(7)}, {number((kRows - 1) * 7)}})) ==
          std::vector<RowId>{kNoRow, 1, kRows - 1});
}

}  // namespace
}  // namespace weir
