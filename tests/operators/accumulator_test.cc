// Accumulators on their own: NULL states, merging of partial states, and what overflows. The values
// of each function and type are in window_aggregate_test.cc.
#include "operators/accumulator.h"

#include "engine/data/text_form.h"
#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// One call over one group.
class OneGroup {
 public:
  OneGroup(AggregateFunction function, const char* type) : argument_(*type_named(type)) {
    call_ = {.name = "a", .function = function};
    call_.type = *aggregate_type(function, argument_);
    for (const Field& field : partial_fields(call_, argument_)) partials_.push_back(field.type);
    layout_ = std::make_shared<const RowLayout>(std::vector<Type>(), partials_);
    table_ = std::make_unique<KeyedTable>(layout_);
    accumulator_ = make_accumulator(call_, argument_, *layout_, 0);
    table_->find_or_insert({}, Selection(1), &row_);
  }

  Status add(const std::vector<Cell>& values) {
    ColumnWriter writer(argument_, values.size());
    for (const Cell value : values) CHECK(append_parsed(writer, value).ok());
    const ColumnPtr column = std::move(writer).finish();
    return feed(values.size(), [&](const AccumulatorInput& input) {
      return accumulator_->add(column.get(), input, *table_);
    });
  }

  // The other's state, as a partial result would send it.
  Status merge(const OneGroup& other) {
    std::vector<ColumnPtr> columns;
    std::vector<const Column*> pointers;
    for (size_t i = 0; i < partials_.size(); ++i) {
      ColumnWriter writer(partials_[i], 1);
      other.table_->append_to(writer, other.row_, i);
      columns.push_back(std::move(writer).finish());
      pointers.push_back(columns.back().get());
    }
    return feed(1, [&](const AccumulatorInput& input) {
      return accumulator_->merge(pointers, input, *table_);
    });
  }

  std::string result() const {
    ColumnWriter writer(call_.type, 1);
    const Status status = accumulator_->finish(*table_, row_, writer);
    if (!status.ok()) return status.error().message;
    const ColumnPtr column = std::move(writer).finish();
    return column->is_null(0) ? "NULL" : value_text(*column, 0);
  }

 private:
  template <typename F>
  Status feed(size_t count, F&& f) {
    std::vector<uint32_t> rows(count);
    for (uint32_t i = 0; i < count; ++i) rows[i] = i;
    const std::vector<std::byte*> targets(count, table_->row(row_));
    return f(AccumulatorInput{rows.data(), targets.data(), count});
  }

  Type argument_;
  AggregateCall call_;
  std::vector<Type> partials_;
  std::shared_ptr<const RowLayout> layout_;
  std::unique_ptr<KeyedTable> table_;
  std::unique_ptr<Accumulator> accumulator_;
  RowId row_ = 0;
};

using enum AggregateFunction;

TEST_CASE("WithoutValuesCountsAreZeroAndTheRestIsNull") {
  REQUIRE(OneGroup(kCount, "bigint").result() == "0");
  for (const AggregateFunction function : {kSum, kAvg, kMin, kMax}) {
    REQUIRE(OneGroup(function, "bigint").result() == "NULL");
    REQUIRE(OneGroup(function, "numeric(10,2)").result() == "NULL");
    REQUIRE(OneGroup(function, "double precision").result() == "NULL");
  }
  REQUIRE(OneGroup(kMax, "text").result() == "NULL");
}

TEST_CASE("MergingAnEmptyStateChangesNothing") {
  for (const AggregateFunction function : {kCount, kSum, kAvg, kMin, kMax}) {
    OneGroup full(function, "int");
    REQUIRE(full.add({"3", "4"}).ok());
    const std::string before = full.result();
    REQUIRE(full.merge(OneGroup(function, "int")).ok());
    REQUIRE(full.result() == before);

    OneGroup empty(function, "int");
    REQUIRE(empty.merge(full).ok());
    REQUIRE(empty.result() == before);
  }
}

TEST_CASE("TwoPartialStatesAreOneWhole") {
  const std::vector<std::pair<const char*, std::vector<Cell>>> kinds = {
      {"int", {"5", "-3", "2147483647", "9"}},
      {"bigint", {"9223372036854775807", "9223372036854775807", "-1", "0"}},
      {"numeric(12,2)", {"0.01", "-5.55", "1000000.00", "7"}},
      {"double precision", {"0.5", "-8", "NaN", "3"}},
      {"text", {"b", "a text of more than twelve bytes", "", "a text of more than twelve byteS"}},
      {"date", {"2024-02-29", "1969-12-31", "0044-03-15 BC", "2000-01-01"}},
      {"interval", {"1 month", "30 days 00:00:01", "-1 year", "00:00:00"}}};
  for (const auto& [type, values] : kinds) {
    for (const AggregateFunction function : {kCount, kSum, kAvg, kMin, kMax}) {
      if (!aggregate_type(function, *type_named(type)).ok()) continue;
      INFO(type << ", function " << static_cast<int>(function));
      OneGroup whole(function, type);
      REQUIRE(whole.add(values).ok());
      for (size_t cut = 0; cut <= values.size(); ++cut) {
        OneGroup first(function, type);
        OneGroup second(function, type);
        REQUIRE(first.add({values.begin(), values.begin() + cut}).ok());
        REQUIRE(second.add({values.begin() + cut, values.end()}).ok());
        REQUIRE(second.merge(first).ok());
        REQUIRE(second.result() == whole.result());
      }
    }
  }
}

TEST_CASE("AveragesRoundHalfAwayFromZero") {
  OneGroup average(kAvg, "numeric(12,6)");
  REQUIRE(average.add({"0.000001", "0.000002"}).ok());
  REQUIRE(average.result() == "0.000002");
  OneGroup negative(kAvg, "numeric(12,6)");
  REQUIRE(negative.add({"-0.000001", "-0.000002"}).ok());
  REQUIRE(negative.result() == "-0.000002");
}

TEST_CASE("ASumOfIntsMayExceedIntAndNotBigint") {
  OneGroup ints(kSum, "int");
  REQUIRE(ints.add({"2147483647", "2147483647"}).ok());
  REQUIRE(ints.result() == "4294967294");
}

TEST_CASE("OverflowNamesTheColumnAndSaysWhatToDo") {
  const std::string most = "1" + std::string(37, '0');
  OneGroup sum(kSum, "numeric(38,0)");
  Status status;
  for (int i = 0; i < 40 && status.ok(); ++i) status = sum.add({most.c_str()});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kBadData);
  REQUIRE(status.error().message.find("column \"a\"") != std::string::npos);
  REQUIRE(status.error().message.find("cast") != std::string::npos);
}

TEST_CASE("NaNIsTheGreatestDouble") {
  OneGroup least(kMin, "double precision");
  REQUIRE(least.add({"NaN", "Infinity", "3"}).ok());
  REQUIRE(least.result() == "3");
  OneGroup most(kMax, "double precision");
  REQUIRE(most.add({"3", "NaN", "Infinity"}).ok());
  REQUIRE(most.result() == "NaN");
}

}  // namespace
}  // namespace weir
