#include "engine/expr/evaluator.h"

#include "engine/data/text_form.h"
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

#include <limits>

namespace weir {
namespace {

Sheet numbers() {
  return Sheet({{"a", "int", {"1", "2", std::nullopt, "4", "0"}},
                {"b", "int", {"10", std::nullopt, "30", "40", "50"}},
                {"t", "text", {"x", "a text that is longer than twelve", std::nullopt, "", "y"}}});
}

using Rows = std::vector<uint32_t>;
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("PlainColumnsAreReturnedAsTheyAre") {
  const Sheet sheet = numbers();
  Evaluator evaluator(sheet.column("a"));
  RowErrors errors;
  CHECK(evaluator.eval(sheet.batch(), Selection(5), 0, errors) == sheet.batch().columns[0]);
}

TEST_CASE("ConstantsFillTheBatch") {
  const Sheet sheet = numbers();
  CHECK(values(literal("int:7"), sheet) == Texts{"7", "7", "7", "7", "7"});
  CHECK(values(literal("text:NULL"), sheet) == Texts{"NULL", "NULL", "NULL", "NULL", "NULL"});
}

TEST_CASE("RowsOutsideOfTheSelectionAreNotJudged") {
  const Sheet sheet = numbers();
  const ExprPtr quotient = call("/", {literal("int:8"), sheet.column("a")});
  const Rows rows = {1, 3};
  CHECK(values(quotient, sheet.batch(), Selection(rows.data(), rows.size())) == Texts{"4", "2"});
  CHECK(values(quotient, sheet) == Texts{"8", "4", "NULL", "2", "!division by zero"});
}

TEST_CASE("ErrorsInsideOfNullTestsStayErrors") {
  const Sheet sheet = numbers();
  const ExprPtr quotient = call("/", {literal("int:8"), sheet.column("a")});
  const ExprPtr missing = made(make_is_null(quotient, false));
  CHECK(values(missing, sheet) == Texts{"false", "false", "true", "false", "!division by zero"});
  CHECK(filtered(missing, sheet) == Rows{2});
}

TEST_CASE("FilterTakesTheRowsThatAreTrue") {
  const Sheet sheet = numbers();
  const ExprPtr more = call(">", {sheet.column("a"), literal("int:1")});
  CHECK(filtered(more, sheet) == Rows{1, 3});
  const ExprPtr both = made(make_and({more, call("=", {sheet.column("b"), literal("int:40")})}));
  CHECK(filtered(both, sheet) == Rows{3});
  const ExprPtr either = made(make_or({more, call("=", {sheet.column("b"), literal("int:10")})}));
  CHECK(filtered(either, sheet) == Rows{0, 1, 3});
  CHECK(filtered(literal("boolean:true"), sheet) == Rows{0, 1, 2, 3, 4});
  CHECK(filtered(literal("boolean:NULL"), sheet).empty());
}

TEST_CASE("AFilterStopsAtTheFirstConditionThatFails") {
  const Sheet sheet = numbers();
  const ExprPtr safe = call("<>", {sheet.column("a"), literal("int:0")});
  const ExprPtr quotient = call("/", {literal("int:8"), sheet.column("a")});
  const ExprPtr guarded = made(make_and({safe, call(">", {quotient, literal("int:3")})}));
  CHECK(filtered(guarded, sheet) == Rows{0, 1});
  CHECK(values(guarded, sheet) == Texts{"true", "true", "NULL", "false", "false"});
}

TEST_CASE("NowIsTheTimeItIsTold") {
  const Sheet sheet = numbers();
  Evaluator evaluator(make_now());
  RowErrors errors;
  const ColumnPtr now = evaluator.eval(sheet.batch(), Selection(5), 1234, errors);
  CHECK(now->values<int64_t>()[4] == 1234);
  const ExprPtr later = call("+", {make_now(), literal("interval:1 second")});
  CHECK(values(later, sheet).back() == "1970-01-01 00:00:01+00");
}

TEST_CASE("FinishErrorsKeepsTheFirstOfEachRow") {
  RowErrors errors = {{3, "late"}, {1, "one"}, {3, "later"}, {0, "zero"}};
  finish_errors(errors);
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].reason == "zero");
  CHECK(errors[1].reason == "one");
  CHECK(errors[2].reason == "late");
}

TEST_CASE("FieldsOfCompositesAreTheirChildren") {
  auto bid = std::make_shared<CompositeType>();
  bid->name = "bid";
  bid->fields = {{.name = "auction", .type = TypeKind::kBigint},
                 {.name = "url", .type = TypeKind::kText}};
  const Type type = Type::composite(bid);
  ColumnWriter writer(type, 2);
  writer.child(0).append(int64_t{7});
  writer.child(1).append_text("u");
  writer.append_composite();
  writer.append_null();
  RecordBatch batch;
  batch.rows = 2;
  batch.columns = {std::move(writer).finish()};
  const ExprPtr column = make_column(0, type);
  const ExprPtr auction = made(make_field(column, "auction"));
  CHECK(values(auction, batch, Selection(2)) == Texts{"7", "NULL"});
  CHECK(values(call("+", {auction, literal("int:1")}), batch, Selection(2)) == Texts{"8", "NULL"});
  CHECK(values(made(make_is_null(column, true)), batch, Selection(2)) == Texts{"true", "false"});
  CHECK(refusal(make_field(column, "auktion")) ==
        "type bid has no field \"auktion\": did you mean \"auction\"?");
}

TEST_CASE("APassComputesWhatItsTreesShareOnce") {
  const Sheet sheet = numbers();
  const ExprPtr quotient = call("/", {literal("int:8"), sheet.column("a")});
  const ExprPtr more = call(">", {quotient, literal("int:2")});
  EvaluatorGroup group({more, quotient, quotient});
  for (int batch = 0; batch < 2; ++batch) {
    RowErrors errors;
    EvaluatorGroup::Pass pass = group.over(sheet.batch(), 0, errors);
    Rows kept;
    pass.filter(0, Selection(5), kept);
    CHECK(kept == Rows{0, 1});
    CHECK(errors.size() == 1);
    const ColumnPtr first = pass.eval(1, Selection(kept.data(), kept.size()));
    CHECK(first == pass.eval(2, Selection(kept.data(), kept.size())));
    CHECK(value_text(*first, 1) == "4");
    CHECK(errors.size() == 1);  // The row with the division by zero was not computed again.
  }
}

TEST_CASE("APassComputesAgainWhatOtherRowsAskFor") {
  const Sheet sheet = numbers();
  const ExprPtr lower = call("lower", {sheet.column("t")});
  EvaluatorGroup group({lower, lower});
  RowErrors errors;
  EvaluatorGroup::Pass pass = group.over(sheet.batch(), 0, errors);
  const Rows some = {0, 3};
  const Rows others = {1};
  CHECK(value_text(*pass.eval(0, Selection(some.data(), some.size())), 0) == "x");
  CHECK(value_text(*pass.eval(1, Selection(others.data(), others.size())), 1) ==
        "a text that is longer than twelve");
}

TEST_CASE("TheArrivalWatermarkIsThatOfTheRow") {
  const Sheet sheet = numbers();
  RecordBatch batch = sheet.batch();
  ColumnWriter writer(TypeKind::kBigint, batch.rows);
  constexpr int64_t kNothingYet = std::numeric_limits<int64_t>::min();
  for (const int64_t micros :
       {kNothingYet, int64_t{0}, int64_t{1'000'000}, kNothingYet, int64_t{2'000'000}}) {
    writer.append(micros);
  }
  batch.arrival_watermark = std::move(writer).finish();
  const ExprPtr watermark = call("current_watermark", {});
  CHECK(reads_watermark(*call("+", {watermark, literal("interval:1 day")})));
  CHECK_FALSE(reads_watermark(*sheet.column("a")));
  CHECK(is_deterministic(*watermark));
  CHECK(may_be_null(*watermark, sheet.schema()));
  CHECK(to_text(*watermark, sheet.schema()) == "current_watermark()");
  CHECK(values(watermark, batch, Selection(5)) == Texts{"NULL", "1970-01-01 00:00:00+00",
                                                        "1970-01-01 00:00:01+00", "NULL",
                                                        "1970-01-01 00:00:02+00"});
}

}  // namespace weir
