#include "engine/data/batch.h"

#include "engine/data/key_group.h"
#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

template <typename T>
ColumnPtr numbers(const Type& type, std::initializer_list<T> values) {
  ColumnWriter writer(type, values.size());
  for (const T value : values) writer.append(value);
  return std::move(writer).finish();
}

ColumnPtr texts(std::initializer_list<std::string_view> values) {
  ColumnWriter writer(TypeKind::kText, values.size());
  for (const std::string_view value : values) writer.append_text(value);
  return std::move(writer).finish();
}

// Rows 0 to 4: a number, a text, a column that nobody reads, a position.
RecordBatch five_rows() {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{.name = "n", .type = TypeKind::kInt},
                    {.name = "t", .type = TypeKind::kText},
                    {.name = "unread", .type = TypeKind::kText}};
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = 5;
  batch.columns = {numbers<int32_t>(TypeKind::kInt, {0, 10, 20, 30, 40}),
                   texts({"a", "bb", "longer than stands in a view", "d", "e"}), nullptr};
  batch.position = numbers<int64_t>(TypeKind::kBigint, {100, 101, 102, 103, 104});
  return batch;
}

std::vector<uint64_t> hashes(const std::vector<const Column*>& columns, Selection selection) {
  std::vector<uint64_t> out(selection.size());
  hash_rows(columns, selection, out.data());
  return out;
}

uint64_t hash_of(const Scalar& value) {
  const ColumnPtr column = constant_column(value, 1);
  return hashes({column.get()}, Selection(1))[0];
}

TEST_CASE("SelectionVisitsItsRowsInOrder") {
  const RowIndices rows = {1, 4};
  std::vector<uint32_t> seen;
  Selection(rows.data(), rows.size()).each([&](uint32_t row) { seen.push_back(row); });
  REQUIRE(seen == std::vector<uint32_t>{1, 4});
  seen.clear();
  Selection(3).each([&](uint32_t row) { seen.push_back(row); });
  REQUIRE(seen == std::vector<uint32_t>{0, 1, 2});
  REQUIRE(Selection(3).is_dense());
  REQUIRE(Selection(rows.data(), 2)[1] == 4);
}

TEST_CASE("EmptySelectionOfABatchIsNotDense") {
  const RecordBatch batch = with_selection(five_rows(), {});
  REQUIRE(batch.size() == 0);
  REQUIRE(batch.selection().size() == 0);
  REQUIRE(compact(batch).rows == 0);
}

TEST_CASE("CompactKeepsTheSelectedRowsOfEveryColumn") {
  const RecordBatch batch = compact(with_selection(five_rows(), {0, 2, 4}));
  REQUIRE(batch.selected == nullptr);
  REQUIRE(batch.rows == 3);
  REQUIRE(batch.columns[0]->values<int32_t>()[1] == 20);
  REQUIRE(batch.columns[1]->text(1) == "longer than stands in a view");
  REQUIRE(batch.columns[2] == nullptr);
  REQUIRE(batch.position->values<int64_t>()[2] == 104);
  REQUIRE(batch.change == nullptr);
}

TEST_CASE("BatchIsCompactedOnlyWhereFewRowsAreLeft") {
  REQUIRE(compact_if_sparse(with_selection(five_rows(), {0})).rows == 1);
  REQUIRE(compact_if_sparse(with_selection(five_rows(), {0, 3})).rows == 5);
  REQUIRE(compact_if_sparse(five_rows()).rows == 5);
}

TEST_CASE("SelectionOfAllRowsIsNone") {
  REQUIRE(with_selection(five_rows(), {0, 1, 2, 3, 4}).selected == nullptr);
}

TEST_CASE("SharedArenaIsCountedOnce") {
  const std::string text(10'000, 'x');
  const auto arena = std::make_shared<Arena>();
  RecordBatch batch;
  batch.rows = 1;
  for (int i = 0; i < 3; ++i) {
    ColumnWriter writer(TypeKind::kText, 1, arena);
    if (i == 0) {
      writer.append_text(text);
    } else {
      writer.append_view(batch.columns[0]->values<TextView>()[0]);
    }
    batch.columns.push_back(std::move(writer).finish());
  }
  REQUIRE(batch.bytes() >= 10'000);
  REQUIRE(batch.bytes() < 11'000);
}

TEST_CASE("AnArenaThatFieldsShareIsCountedOnce") {
  const Type pair = Type::composite(std::make_shared<const CompositeType>(CompositeType{
      .name = "pair",
      .fields = {{.name = "a", .type = TypeKind::kText}, {.name = "b", .type = TypeKind::kText}}}));
  ColumnWriter writer(pair, 1);
  writer.child(0).append_text(std::string(10'000, 'x'));
  writer.child(1).append_text(std::string(5'000, 'y'));
  writer.append_composite();
  RecordBatch batch;
  batch.rows = 1;
  batch.columns.push_back(std::move(writer).finish());
  REQUIRE(batch.bytes() >= 15'000);
  REQUIRE(batch.bytes() < 20'000);
  batch.columns.push_back(batch.columns[0]->children()[0]);
  REQUIRE(batch.bytes() < 20'000);
}

// Part of every checkpoint: these values may never change within version 1 of the hash.
TEST_CASE("RowsHashAsTheyAlwaysDid") {
  REQUIRE(hash_of(null_scalar(TypeKind::kInt)) == 0x7c15bf58476d1ce4ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kBoolean, true}) == 0xf2f37271ad33e225ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kInt, int64_t{-5}}) == 0x7740841896689c35ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kBigint, int64_t{-5}}) == 0x7740841896689c35ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kDouble, 2.5}) == 0x2758ca9caf9160b9ULL);
  REQUIRE(hash_of(Scalar{Type::numeric(12, 2), Int128{-1234}}) == 0xc49c76fed3d18a7eULL);
  REQUIRE(hash_of(Scalar{TypeKind::kText, std::string("card-1")}) == 0x5f822a6a084b7701ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kBytea, std::string("longer than stands in a view")}) ==
          0xdaedb857246b00a8ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kDate, int64_t{19'723}}) == 0x1c49454913f87851ULL);
  REQUIRE(hash_of(Scalar{TypeKind::kTimestamptz, int64_t{1'704'067'200'000'000}}) ==
          0xb7f4cbe5112fd2fcULL);
  REQUIRE(hash_of(Scalar{TypeKind::kInterval, Interval{.months = 1, .days = -2, .micros = 3}}) ==
          0xa0af57da210d388bULL);
  const ColumnPtr one = numbers<int32_t>(TypeKind::kInt, {1});
  const ColumnPtr a = texts({"a"});
  REQUIRE(hashes({one.get(), a.get()}, Selection(1))[0] == 0xd1240ce400f7ee4eULL);
}

TEST_CASE("HashOfARowDependsOnItsValuesAlone") {
  // The same two rows in another order, arena and selection.
  const ColumnPtr n = numbers<int32_t>(TypeKind::kInt, {7, 1, 2});
  const ColumnPtr t = texts({"-", "a text of more than twelve bytes", "b"});
  const ColumnPtr other_n = numbers<int32_t>(TypeKind::kInt, {2, 1});
  const ColumnPtr other_t = texts({"b", "a text of more than twelve bytes"});
  const RowIndices rows = {1, 2};
  const std::vector<uint64_t> some = hashes({n.get(), t.get()}, Selection(rows.data(), 2));
  const std::vector<uint64_t> other = hashes({other_n.get(), other_t.get()}, Selection(2));
  REQUIRE(some[0] == other[1]);
  REQUIRE(some[1] == other[0]);
}

TEST_CASE("OrderOfColumnsCounts") {
  const ColumnPtr a = numbers<int32_t>(TypeKind::kInt, {1});
  const ColumnPtr b = numbers<int32_t>(TypeKind::kInt, {2});
  REQUIRE(hashes({a.get(), b.get()}, Selection(1)) != hashes({b.get(), a.get()}, Selection(1)));
}

TEST_CASE("EqualDoublesHashEqually") {
  const auto hash = [](double value) { return hash_of({TypeKind::kDouble, value}); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(hash(0.0) == hash(-0.0));
  REQUIRE(hash(nan) == hash(-nan));
  REQUIRE(hash(1.0) != hash(2.0));
}

TEST_CASE("NullHashesUnlikeZero") {
  REQUIRE(hash_of(null_scalar(TypeKind::kInt)) != hash_of({TypeKind::kInt, int64_t{0}}));
  REQUIRE(hash_of(null_scalar(TypeKind::kText)) != hash_of({TypeKind::kText, std::string()}));
}

TEST_CASE("KeyGroupsAreWithinTheirNumber") {
  for (const uint32_t groups : {1U, 3U, 128U, kKeyGroupsMax}) {
    REQUIRE(key_group_of(0, groups) == 0);
    REQUIRE(key_group_of(UINT64_MAX, groups) == groups - 1);
  }
}

}  // namespace
}  // namespace weir
