// Steps that are wrong in themselves: each check of one step, over an input of a key, a time and an
// amount.
#include "engine/plan/judge.h"

#include "engine/expr/build.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

constexpr size_t kCard = 0;
constexpr size_t kAt = 1;
constexpr size_t kAmount = 2;
constexpr int64_t kSecond = 1'000'000;

std::vector<Field> columns(const std::string& prefix = "") {
  return {{.name = prefix + "card", .type = TypeKind::kText},
          {.name = prefix + "at",
           .type = TypeKind::kTimestamptz,
           .nullable = false,
           .event_time = true},
          {.name = prefix + "amount", .type = TypeKind::kBigint}};
}

// What is said about the step; empty: nothing.
std::string said(const VertexSpec& spec) {
  const std::string id = "step";
  const Status status = Judge(id).step(spec, std::make_shared<const Schema>(Schema{columns()}));
  return status.ok() ? "" : status.error().message;
}

OverSpec trailing_sum() {
  OverCall sum{.name = "total", .aggregate = AggregateFunction::kSum, .argument = kAmount};
  sum.range = 10 * kSecond;
  sum.type = *aggregate_type(AggregateFunction::kSum, Type(TypeKind::kBigint));
  return {.keys = {kCard}, .time_column = kAt, .calls = {sum}};
}

IntervalJoinSpec pairs() {
  IntervalJoinSpec join;
  join.left = {.columns = columns(), .keys = {kCard}, .time = kAt};
  join.right = {.columns = columns("r_"), .keys = {kCard}, .time = kAt};
  join.lower = -kSecond;
  join.upper = kSecond;
  return join;
}

AssignWindowSpec hop(int64_t slide, int64_t size) {
  return {{.kind = WindowKind::kHop, .time_column = kAt, .size = size, .slide = slide}};
}

}  // namespace

TEST_CASE("AcceptsStepsThatAreRight") {
  CHECK(said(trailing_sum()).empty());
  CHECK(said(pairs()).empty());
  CHECK(said(hop(kSecond, 10 * kSecond)).empty());
  CHECK(said(SuppressSpec{.keys = {kCard}, .time_column = kAt, .interval = kSecond}).empty());
  CHECK(said(SuppressSpec{.keys = {kCard}, .time_column = kAt}).empty());
}

TEST_CASE("RefusesWindowsThatCannotBe") {
  CHECK_THAT(said(hop(0, kSecond)),
             Contains("the slide of the window must be longer than nothing"));
  CHECK_THAT(said(hop(2 * kSecond, kSecond)), Contains("rows between would be lost"));
  CHECK_THAT(said(hop(kSecond, -kSecond)), Contains("size of the window must be longer"));
  AssignWindowSpec cumulate = hop(2 * kSecond, 5 * kSecond);
  cumulate.window.kind = WindowKind::kCumulate;
  CHECK_THAT(said(cumulate), Contains("must be a multiple of its step"));
  AssignWindowSpec session = hop(kSecond, kSecond);
  session.window.kind = WindowKind::kSession;
  CHECK_THAT(said(session), Contains("tumble, hop or cumulate"));
  AssignWindowSpec over_amount = hop(kSecond, kSecond);
  over_amount.window.time_column = kAmount;
  CHECK_THAT(said(over_amount), Contains("needs an event-time column"));
}

TEST_CASE("RefusesOverThatCannotBe") {
  OverSpec no_time = trailing_sum();
  no_time.time_column.reset();
  CHECK_THAT(said(no_time), Contains("need \"time\""));
  no_time.order = OverOrder::kLog;
  CHECK_THAT(said(no_time), Contains("need \"time\""));
  no_time.calls[0].range.reset();
  CHECK(said(no_time).empty());
  OverSpec negative = trailing_sum();
  negative.calls[0].range = -1;
  CHECK_THAT(said(negative), Contains("is negative"));
  OverSpec wrong_type = trailing_sum();
  wrong_type.calls[0].type = TypeKind::kInt;
  CHECK_THAT(said(wrong_type), Contains("cast it in a later step"));
  OverSpec lag = trailing_sum();
  lag.calls[0] = {.name = "before", .function = OverFunction::kLag, .type = TypeKind::kBigint};
  CHECK_THAT(said(lag), Contains("needs an argument"));
  lag.calls[0].argument = kAmount;
  lag.calls[0].fallback = kCard;
  CHECK_THAT(said(lag), Contains("of another type than its argument"));
  OverSpec nothing = trailing_sum();
  nothing.calls.clear();
  CHECK_THAT(said(nothing), Contains("nothing is computed"));
  OverSpec twice = trailing_sum();
  twice.calls[0].name = "card";
  CHECK_THAT(said(twice), Contains("two columns are called \"card\""));
}

TEST_CASE("RefusesSuppressThatCannotBe") {
  CHECK_THAT(said(SuppressSpec{.time_column = kAt, .interval = 0}),
             Contains("longer than nothing"));
  CHECK_THAT(said(SuppressSpec{.time_column = kCard}), Contains("needs an event-time column"));
}

TEST_CASE("RefusesToKeepRowsThatAreNotPlain") {
  auto inner = std::make_shared<CompositeType>();
  inner->name = "place";
  inner->fields = {{.name = "lat", .type = TypeKind::kDouble}};
  std::vector<Field> fields = columns();
  fields.push_back({.name = "place", .type = Type::composite(inner)});
  const auto input = std::make_shared<const Schema>(Schema{fields});
  const std::string id = "step";
  const auto message = [&](const VertexSpec& spec) {
    const Status status = Judge(id).step(spec, input);
    return status.ok() ? "" : status.error().message;
  };
  OverSpec over = trailing_sum();
  CHECK_THAT(message(over), Contains("select its fields first"));
  CHECK_THAT(message(SuppressSpec{.time_column = kAt}), Contains("select its fields first"));
  over.order = OverOrder::kLog;
  CHECK(message(over).empty());
  over.calls[0] = {.name = "before",
                   .function = OverFunction::kLag,
                   .argument = fields.size() - 1,
                   .type = fields.back().type};
  CHECK_THAT(message(over), Contains("select its fields first"));
}

TEST_CASE("RefusesRanksThatCannotBe") {
  WindowRankSpec rank;
  rank.window = {.kind = WindowKind::kGiven, .time_column = kAt, .start_column = kAt};
  rank.order = {{.column = kAmount, .descending = true}};
  rank.ranks = {{.name = "n"}};
  CHECK(said(rank).empty());
  WindowRankSpec no_order = rank;
  no_order.order.clear();
  CHECK_THAT(said(no_order), Contains("give \"order\""));
  WindowRankSpec none = rank;
  none.limit = 0;
  CHECK_THAT(said(none), Contains("passes nothing"));
  WindowRankSpec tumbling = rank;
  tumbling.window.kind = WindowKind::kTumble;
  CHECK_THAT(said(tumbling), Contains("put an assign_window before it"));
  WindowRankSpec no_start = rank;
  no_start.window.start_column.reset();
  CHECK_THAT(said(no_start), Contains("needs \"start\""));
}

TEST_CASE("RefusesJoinsThatCannotBe") {
  IntervalJoinSpec upside_down = pairs();
  upside_down.lower = 2 * kSecond;
  CHECK_THAT(said(upside_down), Contains("nothing would match"));
  IntervalJoinSpec lonely_key = pairs();
  lonely_key.right.keys.clear();
  CHECK_THAT(said(lonely_key), Contains("1 and 0 keys"));
  IntervalJoinSpec other_type = pairs();
  other_type.right.keys = {kAmount};
  CHECK_THAT(said(other_type), Contains("of different types"));
  IntervalJoinSpec same_names = pairs();
  same_names.right.columns = columns();
  CHECK_THAT(said(same_names), Contains("two columns are called \"card\""));
  IntervalJoinSpec whole = pairs();
  const auto bid = std::make_shared<const CompositeType>(
      CompositeType{"bid", {{.name = "price", .type = TypeKind::kBigint}}});
  whole.right.columns.push_back({.name = "b", .type = Type::composite(bid)});
  CHECK_THAT(said(whole), Contains("column \"b\"") && Contains("project its parts before"));
  IntervalJoinSpec condition = pairs();
  condition.condition = make_column(2, TypeKind::kBigint);
  CHECK_THAT(said(condition), Contains("not boolean"));
}

}  // namespace weir
