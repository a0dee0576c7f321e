// The order of values of every type, one below the other, as rows of a table and of a batch.
#include "operators/row_order.h"

#include "state/keyed_table.h"
#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Rows of a batch, and the same rows in a table.
struct Rows {
  explicit Rows(RecordBatch rows)
      : batch(std::move(rows)), table(layout_of(batch), Access::kByRow) {
    for (uint32_t row = 0; row < batch.rows; ++row) ids.push_back(table.append_row(0));
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      table.write(ids.data(), batch.selection(), c, *batch.columns[c]);
      columns.push_back(batch.columns[c].get());
    }
  }

  static std::shared_ptr<const RowLayout> layout_of(const RecordBatch& batch) {
    std::vector<Type> types;
    for (const Field& field : batch.schema->fields) types.push_back(field.type);
    return std::make_shared<const RowLayout>(std::vector<Type>(), types);
  }

  const std::byte* row(size_t i) const { return table.row(ids[i]); }
  RowOrder order(std::vector<SortKey> keys) const { return {std::move(keys), table.layout()}; }

  RecordBatch batch;
  KeyedTable table;
  std::vector<RowId> ids;
  std::vector<const Column*> columns;
};

int sign(int order) { return order < 0 ? -1 : static_cast<int>(order > 0); }

// The rows are in order, and none is the peer of another.
void check_ascending(const Rows& rows, const RowOrder& order) {
  for (uint32_t a = 0; a < rows.batch.rows; ++a) {
    for (uint32_t b = 0; b < rows.batch.rows; ++b) {
      INFO("rows " << a << " and " << b);
      const int expected = a < b ? -1 : static_cast<int>(a > b);
      REQUIRE(sign(order.by_keys(rows.row(a), rows.row(b))) == expected);
      REQUIRE(sign(order.by_all(rows.row(a), rows.row(b))) == expected);
      REQUIRE(sign(order.by_keys({rows.columns, a}, rows.row(b))) == expected);
      REQUIRE(sign(order.by_all({rows.columns, a}, rows.row(b))) == expected);
      if (a < b) REQUIRE(order.prefix(rows.row(a)) <= order.prefix(rows.row(b)));
    }
  }
}

std::vector<Cells> cells_of(const std::vector<Cell>& values) {
  std::vector<Cells> cells;
  for (const Cell value : values) cells.push_back({value});
  return cells;
}

TEST_CASE("OrdersTheValuesOfEveryType") {
  const std::vector<std::pair<const char*, std::vector<Cell>>> ascending = {
      {"v boolean", {"false", "true"}},
      {"v int", {"-2147483648", "-1", "0", "2147483647"}},
      {"v bigint", {"-9223372036854775808", "-1", "0", "9223372036854775807"}},
      {"v double precision", {"-Infinity", "-1.5", "0", "1e-300", "2", "Infinity", "NaN"}},
      {"v numeric(38,2)",
       {"-100000000000000000000000000.00", "-0.01", "0", "1", "100000000000000000000000000.01",
        "100000000000000000000000000.02"}},
      {"v text", {"", "B", "a", "a text beyond its slot", "a text beyond its slot, and", "b"}},
      {"v bytea", {"\\x00", "\\x61", "\\xff"}},
      {"v date", {"1960-01-01", "1970-01-01", "2024-02-29"}},
      {"v timestamp", {"@-1", "@0", "@5"}},
      {"v timestamptz", {"@-1", "@0", "@5"}},
      {"v interval", {"-1 day", "00:00:00", "23:59:59", "29 days", "1 month", "31 days"}}};
  for (const auto& [field, values] : ascending) {
    INFO(field);
    const SchemaPtr schema = schema_of({field});
    std::vector<Cell> with_null = values;
    with_null.push_back(kNull);
    const Rows last(batch_of(schema, cells_of(with_null)));
    check_ascending(last, last.order({{.column = 0}}));
    std::vector<Cell> reversed(values.rbegin(), values.rend());
    reversed.insert(reversed.begin(), kNull);
    const Rows first(batch_of(schema, cells_of(reversed)));
    check_ascending(first, first.order({{.column = 0, .descending = true, .nulls_first = true}}));
  }
}

TEST_CASE("LaterKeysDecideWhereEarlierOnesDoNot") {
  const Rows rows(
      batch_of(schema_of({"a int", "b int"}), {{"1", "1"}, {"2", "1"}, {"1", "0"}, {kNull, "0"}}));
  check_ascending(rows, rows.order({{.column = 1, .descending = true}, {.column = 0}}));
}

TEST_CASE("PeersAreToldApartByTheWholeRow") {
  const Rows rows(batch_of(
      schema_of({"k int", "a text", "b int"}),
      {{"1", "x", "1"}, {"1", "x", "2"}, {"1", "x", kNull}, {"1", "y", "0"}, {"1", kNull, "0"}}));
  const RowOrder order = rows.order({{.column = 0}});
  for (uint32_t a = 0; a + 1 < rows.batch.rows; ++a) {
    REQUIRE(order.by_keys(rows.row(a), rows.row(a + 1)) == 0);
    REQUIRE(order.by_all(rows.row(a), rows.row(a + 1)) < 0);
    REQUIRE(order.by_all(rows.row(a + 1), rows.row(a)) > 0);
    REQUIRE(order.by_all({rows.columns, a + 1}, rows.row(a)) > 0);
  }
  REQUIRE(order.by_all(rows.row(0), rows.row(0)) == 0);
}

TEST_CASE("EqualValuesThatDifferHaveAnOrderToo") {
  const Rows rows(batch_of(schema_of({"v interval", "f double precision"}),
                           {{"30 days", "0"}, {"1 month", "0"}, {"1 month", "-0"}}));
  const RowOrder order = rows.order({{.column = 0}, {.column = 1}});
  for (size_t a = 0; a < 3; ++a) {
    for (size_t b = 0; b < 3; ++b) {
      REQUIRE(order.by_keys(rows.row(a), rows.row(b)) == 0);
      REQUIRE(sign(order.by_all(rows.row(a), rows.row(b))) ==
              -sign(order.by_all(rows.row(b), rows.row(a))));
      REQUIRE((order.by_all(rows.row(a), rows.row(b)) == 0) == (a == b));
      REQUIRE(order.prefix(rows.row(a)) == order.prefix(rows.row(b)));
    }
  }
}

TEST_CASE("NullEqualsNothing") {
  const Rows rows(
      batch_of(schema_of({"a text", "b text"}), {{"x", "x"}, {"x", "y"}, {kNull, kNull}}));
  const auto equal = [&rows](size_t row) {
    const RowLayout& layout = rows.table.layout();
    return equal_values({layout, rows.row(row), 0}, {layout, rows.row(row), 1});
  };
  REQUIRE(equal(0));
  REQUIRE_FALSE(equal(1));
  REQUIRE_FALSE(equal(2));
}

}  // namespace
}  // namespace weir
