// Goal: equal rows give equal totals in whatever order and batches they come, and different rows
// different ones. Method: the same rows cut and shuffled; then small changes.
#include "operators/connectors/blackhole/blackhole_sink.h"

#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

namespace weir {
namespace {

using Row = std::pair<int64_t, std::string>;  // A negative number stands for NULL.

RecordBatch batch_of(const std::vector<Row>& rows) {
  ColumnWriter numbers(TypeKind::kBigint, rows.size());
  ColumnWriter texts(TypeKind::kText, rows.size());
  for (const auto& [number, text] : rows) {
    number < 0 ? numbers.append_null() : numbers.append(number);
    texts.append_text(text);
  }
  RecordBatch batch;
  batch.rows = static_cast<uint32_t>(rows.size());
  batch.columns = {std::move(numbers).finish(), std::move(texts).finish()};
  return batch;
}

RowTotals totals_of(const std::vector<RecordBatch>& batches) {
  BlackholeSink sink;
  for (const RecordBatch& batch : batches) CHECK(*sink.write(batch, 0) == batch.size());
  return *sink.totals();
}

std::vector<Row> some_rows() {
  std::vector<Row> rows;
  for (int i = -3; i < 200; ++i)
    rows.emplace_back(i, std::string(static_cast<size_t>(i + 3) % 40, 'x'));
  return rows;
}

TEST_CASE("TotalsDependNeitherOnOrderNorOnBatches") {
  std::vector<Row> rows = some_rows();
  const RowTotals expected = totals_of({batch_of(rows)});
  CHECK(expected.rows == rows.size());
  std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
  std::vector<RecordBatch> batches;
  for (size_t i = 0; i < rows.size(); i += 7) {
    batches.push_back(
        batch_of({rows.begin() + static_cast<ptrdiff_t>(i),
                  rows.begin() + static_cast<ptrdiff_t>(std::min(i + 7, rows.size()))}));
  }
  CHECK(totals_of(batches) == expected);
}

TEST_CASE("TotalsOfSlotsAddUp") {
  const std::vector<Row> rows = some_rows();
  RowTotals sum = totals_of({batch_of({rows.begin(), rows.begin() + 50})});
  sum.add(totals_of({batch_of({rows.begin() + 50, rows.end()})}));
  CHECK(sum == totals_of({batch_of(rows)}));
}

TEST_CASE("ChecksumTellsRowsApart") {
  const auto checksum = [](const std::vector<Row>& rows) {
    return totals_of({batch_of(rows)}).checksum;
  };
  const uint64_t base = checksum({{1, "a"}, {2, "b"}});
  CHECK(checksum({{1, "b"}, {2, "a"}}) != base);
  CHECK(checksum({{1, "a"}, {3, "b"}}) != base);
  CHECK(checksum({{1, "a"}}) != base);
  CHECK(checksum({{1, "a"}, {2, "b"}, {2, "b"}}) != base);
  CHECK(checksum({{0, ""}}) != checksum({{-1, ""}}));
}

TEST_CASE("ColumnsAreNotInterchangeable") {
  RecordBatch batch;
  batch.rows = 1;
  batch.columns = {constant_column({TypeKind::kBigint, int64_t{1}}, 1),
                   constant_column({TypeKind::kBigint, int64_t{2}}, 1)};
  const RowTotals totals = totals_of({batch});
  std::swap(batch.columns[0], batch.columns[1]);
  CHECK(totals_of({batch}).checksum != totals.checksum);
}

TEST_CASE("ReadsCompositesWithTheirNulls") {
  auto pair = std::make_shared<CompositeType>();
  pair->name = "pair";
  pair->fields = {{"x", TypeKind::kInt}};
  // 0: NULL, 1: a field that is NULL, 2: 7.
  const auto batch = [&](const std::vector<int>& kinds) {
    ColumnWriter writer(Type::composite(pair), kinds.size());
    for (const int kind : kinds) {
      if (kind == 0) {
        writer.append_null();
        continue;
      }
      kind == 1 ? writer.child(0).append_null() : writer.child(0).append(int32_t{7});
      writer.append_composite();
    }
    RecordBatch made;
    made.rows = static_cast<uint32_t>(kinds.size());
    made.columns = {std::move(writer).finish()};
    return made;
  };
  CHECK(totals_of({batch({0})}) != totals_of({batch({1})}));
  CHECK(totals_of({batch({2})}) != totals_of({batch({1})}));
  CHECK(totals_of({batch({0, 1, 2})}) == totals_of({batch({2}), batch({0}), batch({1})}));
}

TEST_CASE("CountsSelectedRowsFromTheGivenOneOn") {
  BlackholeSink sink;
  const RecordBatch batch = with_selection(batch_of({{1, "a"}, {2, "b"}, {3, "c"}}), {0, 2});
  CHECK(*sink.write(batch, 1) == 1);
  CHECK(*sink.write(batch, 2) == 0);
  CHECK(sink.totals() == totals_of({batch_of({{3, "c"}})}));
}

TEST_CASE("CountsRowsWithoutColumns") {
  RecordBatch batch;
  batch.rows = 5;
  CHECK(totals_of({batch}).rows == 5);
}

TEST_CASE("GoesOnFromWhatItsSlotsHadSealed") {
  const auto sealed_after = [](const std::vector<Row>& rows) {
    BlackholeSink sink;
    sink.write(batch_of(rows), 0).value();
    return *sink.seal({Generation(1), Epoch(1)});
  };
  BlackholeSink after;
  REQUIRE(after.resume(sealed_after({{1, "a"}})).ok());
  REQUIRE(after.resume(sealed_after({{2, "b"}, {3, "c"}})).ok());
  after.write(batch_of({{4, "d"}}), 0).value();
  CHECK(after.totals() == totals_of({batch_of({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}})}));
  CHECK((*after.seal({Generation(2), Epoch(2)})).rows == 1);
  CHECK_FALSE(BlackholeSink().resume({.contents = "short"}).ok());
}

}  // namespace
}  // namespace weir
