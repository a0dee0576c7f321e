// The first and the last of numbered rows, whatever the order in which they are brought together.
#include "operators/accumulator_pick.h"

#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class Picked {
 public:
  Picked(Pick pick, const char* type) : type_(*type_named(type)) {
    const auto layout = std::make_shared<const RowLayout>(std::vector<Type>(), pick_types(type_));
    table_ = std::make_unique<KeyedTable>(layout, Access::kByRow);
    accumulator_ = make_pick(pick, type_, table_->layout(), 0);
  }

  RowId row(Cell value, const char* number) {
    const RowId id = table_->append_row(0);
    const RecordBatch batch = batch_of(
        schema_of({{.name = "v", .type = type_}, {.name = "n", .type = TypeKind::kBigint}}),
        {{value, number}});
    const Column* const arguments[] = {batch.columns[0].get(), batch.columns[1].get()};
    const uint32_t first = 0;
    std::byte* const target = table_->change(id);
    REQUIRE(accumulator_->add(arguments, {&first, &target, 1}, *table_).ok());
    return id;
  }
  // What the rows give together.
  std::string of(const std::vector<RowId>& rows) {
    const RowId into = table_->append_row(0);
    for (const RowId row : rows) {
      std::byte* const target = table_->change(into);
      const std::byte* const source = table_->row(row);
      REQUIRE(accumulator_->merge_rows({&target, &source, 1}, *table_).ok());
    }
    ColumnWriter writer(type_, 1);
    REQUIRE(accumulator_->finish(*table_, into, writer).ok());
    RecordBatch out;
    out.schema = schema_of({{.name = "v", .type = type_}});
    out.columns = {std::move(writer).finish()};
    out.rows = 1;
    return json_rows(out)[0];
  }

 private:
  Type type_;
  std::unique_ptr<KeyedTable> table_;
  std::unique_ptr<Accumulator> accumulator_;
};

TEST_CASE("PicksByNumberWhateverTheOrder") {
  const std::vector<std::pair<const char*, std::vector<const char*>>> types = {
      {"text", {"short", "a text that does not fit its slot", ""}},
      {"boolean", {"true", "false", "true"}},
      {"int", {"3", "1", "2"}},
      {"bigint", {"3", "1", "2"}},
      {"double precision", {"0.5", "-1", "2"}},
      {"numeric(12,2)", {"3.25", "1.00", "2.50"}},
  };
  for (const auto& [type, values] : types) {
    INFO("type " << type);
    for (const Pick pick : {Pick::kFirst, Pick::kLast}) {
      Picked picked(pick, type);
      const RowId a = picked.row(values[0], "1");
      const RowId b = picked.row(values[1], "2");
      const RowId c = picked.row(values[2], "3");
      const std::string expected = picked.of({pick == Pick::kFirst ? a : c});
      REQUIRE(picked.of({a, b, c}) == expected);
      REQUIRE(picked.of({c, a, b}) == expected);
      REQUIRE(picked.of({b, c, a}) == expected);
    }
  }
}

TEST_CASE("NullIsAValueToo") {
  Picked picked(Pick::kLast, "text");
  const RowId value = picked.row("a text that does not fit its slot", "1");
  const RowId null = picked.row(kNull, "2");
  REQUIRE(picked.of({value, null}) == R"({"v":null})");
  REQUIRE(picked.of({null, value}) == R"({"v":null})");
  REQUIRE(picked.of({}) == R"({"v":null})");
}

TEST_CASE("TakesPartialStates") {
  const Type type = TypeKind::kText;
  KeyedTable table(std::make_shared<const RowLayout>(std::vector<Type>(), pick_types(type)),
                   Access::kByRow);
  const std::unique_ptr<Accumulator> first = make_pick(Pick::kFirst, type, table.layout(), 0);
  const RecordBatch partials =
      batch_of(schema_of({"n bigint", "v text"}), {{"7", "b"}, {"5", "a"}, {kNull, kNull}});
  const Column* const columns[] = {partials.columns[0].get(), partials.columns[1].get()};
  const std::vector<uint32_t> rows = {0, 1, 2};
  const RowId id = table.append_row(0);
  const std::vector<std::byte*> targets(3, table.change(id));
  REQUIRE(first->merge(columns, {rows.data(), targets.data(), 3}, table).ok());
  ColumnWriter writer(type, 1);
  REQUIRE(first->finish(table, id, writer).ok());
  REQUIRE(std::move(writer).finish()->text(0) == "a");
}

}  // namespace
}  // namespace weir
