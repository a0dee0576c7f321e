// array_agg: its order, and NULLs among its elements.
#include "engine/data/json_form.h"
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

// A group in a table of its own, and its array as JSON.
class OneArray {
 public:
  OneArray(const char* type, std::vector<SortKey> order = {}) : argument_(*type_named(type)) {
    AggregateCall call{.name = "a", .function = kArrayAgg, .order = std::move(order)};
    call.type = *aggregate_type(kArrayAgg, argument_);
    layout_ =
        std::make_shared<const RowLayout>(std::vector<Type>(), std::vector<Type>{TypeKind::kBytea});
    table_ = std::make_unique<KeyedTable>(layout_);
    accumulator_ = make_accumulator(call, argument_, *layout_, 0);
    table_->find_or_insert({}, Selection(1), &row_);
  }

  void add(const std::vector<Cell>& values, const std::vector<ColumnPtr>& keys = {}) {
    const ColumnPtr column = column_of(argument_, values);
    std::vector<uint32_t> rows(values.size());
    for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    const std::vector<std::byte*> targets(values.size(), table_->change(row_));
    std::vector<const Column*> columns = {column.get()};
    for (const ColumnPtr& key : keys) columns.push_back(key.get());
    REQUIRE(accumulator_->add(columns, {rows.data(), targets.data(), rows.size()}, *table_).ok());
  }
  void merge(OneArray& other) {
    std::byte* target = table_->change(row_);
    const std::byte* source = other.table_->row(other.row_);
    REQUIRE(accumulator_->merge_rows({&target, &source, 1}, *table_).ok());
  }
  std::string result() const {
    ColumnWriter writer(Type::array(argument_), 1);
    REQUIRE(accumulator_->finish(*table_, row_, writer).ok());
    std::string text;
    append_json_value(text, *std::move(writer).finish(), 0);
    return text;
  }

 private:
  const Type argument_;
  std::shared_ptr<const RowLayout> layout_;
  std::unique_ptr<KeyedTable> table_;
  std::unique_ptr<Accumulator> accumulator_;
  RowId row_ = 0;
};

TEST_CASE("EqualElementsThatDifferHaveAnOrderToo") {
  OneArray some("double precision");
  some.add({"0", "-0", "-0", "0"});
  OneArray others("double precision");
  others.add({"-0", "0", "0", "-0"});
  CHECK(some.result() == others.result());
}

TEST_CASE("WithoutOrderElementsStandInTheirOwnAndNullsLast") {
  OneArray numbers("bigint");
  numbers.add({"10", kNull, "-2", "9", "10"});
  CHECK(numbers.result() == "[-2,9,10,10,null]");
  OneArray texts("text");
  texts.add({"b", "a text of more than twelve bytes", ""});
  CHECK(texts.result() == R"(["","a text of more than twelve bytes","b"])");
}

TEST_CASE("ElementsOfEveryTypeComeBackAsTheyWere") {
  const std::vector<std::pair<const char*, Cell>> cases = {
      {"boolean", "true"},       {"int", "-7"},          {"double precision", "0.5"},
      {"numeric(6,2)", "-1.50"}, {"date", "2024-01-31"}, {"interval", "1 day"}};
  const std::vector<std::string> expected = {"[true]",           "[-7]",       "[0.5]", "[-1.50]",
                                             "[\"2024-01-31\"]", "[\"1 day\"]"};
  for (size_t i = 0; i < cases.size(); ++i) {
    OneArray array(cases[i].first);
    array.add({cases[i].second});
    CHECK(array.result() == expected[i]);
  }
}

TEST_CASE("KeysComeBeforeElementsAndMergedStatesAreOne") {
  const std::vector<SortKey> order = {{.column = 1, .descending = true, .nulls_first = false}};
  OneArray first("int", order);
  OneArray second("int", order);
  first.add({"1", "2"}, {column_of(TypeKind::kInt, {"5", kNull})});
  second.add({"4", "3", "0"}, {column_of(TypeKind::kInt, {"7", "5", "5"})});
  first.merge(second);
  CHECK(first.result() == "[4,0,1,3,2]");
}

TEST_CASE("OfNoElementsThereIsNoArray") { CHECK(OneArray("int").result() == "null"); }

}  // namespace
}  // namespace weir
