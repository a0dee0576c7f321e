#include "engine/plan/specs.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;
using F = AggregateFunction;

std::string type_of(F function, std::optional<Type> argument) {
  const Result<Type> type = aggregate_type(function, argument);
  return type.ok() ? to_text(*type) : type.error().message;
}

std::vector<std::string> partial(F function, const Type& argument) {
  std::vector<std::string> texts;
  for (const Field& each : partial_fields({.name = "x", .function = function}, argument)) {
    texts.push_back(each.name + " " + to_text(each.type) + (each.nullable ? "" : " not null"));
  }
  return texts;
}

}  // namespace

TEST_CASE("AggregateTypesAreThoseOfPostgres") {
  CHECK(type_of(F::kCountStar, std::nullopt) == "bigint");
  CHECK(type_of(F::kCount, Type(TypeKind::kText)) == "bigint");
  CHECK(type_of(F::kSum, Type(TypeKind::kInt)) == "bigint");
  CHECK(type_of(F::kSum, Type(TypeKind::kBigint)) == "numeric(38,0)");
  CHECK(type_of(F::kSum, Type::numeric(12, 2)) == "numeric(38,2)");
  CHECK(type_of(F::kSum, Type(TypeKind::kDouble)) == "double precision");
  CHECK(type_of(F::kAvg, Type(TypeKind::kInt)) == "numeric(38,6)");
  CHECK(type_of(F::kAvg, Type::numeric(20, 8)) == "numeric(38,8)");
  CHECK(type_of(F::kAvg, Type(TypeKind::kDouble)) == "double precision");
  CHECK(type_of(F::kMin, Type(TypeKind::kDate)) == "date");
  CHECK(type_of(F::kMax, Type(TypeKind::kText)) == "text");
  CHECK(type_of(F::kBoolAnd, Type(TypeKind::kBoolean)) == "boolean");
  CHECK(type_of(F::kStddevSamp, Type(TypeKind::kInt)) == "numeric(38,6)");
  CHECK(type_of(F::kVarPop, Type::numeric(20, 8)) == "numeric(38,8)");
  CHECK(type_of(F::kVarSamp, Type(TypeKind::kDouble)) == "double precision");
  CHECK(type_of(F::kStringAgg, Type(TypeKind::kText)) == "text");
  CHECK(type_of(F::kApproxCountDistinct, Type(TypeKind::kDate)) == "bigint");
  CHECK(type_of(F::kApproxPercentile, Type(TypeKind::kInt)) == "double precision");
}

TEST_CASE("ParametersAreWhereTheyMeanSomething") {
  const auto check = [](F function, const char* parameter) {
    return check_parameters({.name = "x", .function = function, .parameter = parameter});
  };
  CHECK(check(F::kStringAgg, "").ok());
  CHECK(check(F::kApproxPercentile, "0.25").ok());
  CHECK_THAT(check(F::kApproxPercentile, "1.5").error().message, Contains("between 0 and 1"));
  CHECK_THAT(check(F::kApproxPercentile, "").error().message, Contains("(none)"));
  CHECK_FALSE(check(F::kApproxPercentile, "nan").ok());
  CHECK_THAT(check(F::kSum, "x").error().message, Contains("sum has no parameter"));
}

TEST_CASE("OrdersAreWhereTheyMeanSomething") {
  CHECK(check_order(F::kStringAgg, true).ok());
  CHECK(check_order(F::kStringAgg, false).ok());
  CHECK(check_order(F::kSum, false).ok());
  CHECK_THAT(check_order(F::kSum, true).error().message, Contains("does not depend on order"));
  CHECK(check_order(F::kFirstValue, true).ok());
  CHECK_THAT(check_order(F::kLastValue, false).error().message,
             Contains("write last_value(x ORDER BY ..)"));
}

TEST_CASE("AggregatesRefuseWhatTheyCannotTake") {
  CHECK(type_of(F::kSum, Type(TypeKind::kText)) ==
        "function sum(text) does not exist: it takes numbers");
  CHECK_THAT(type_of(F::kAvg, Type(TypeKind::kTimestamptz)), Contains("avg(timestamp with time"));
  CHECK_THAT(type_of(F::kMax, Type(TypeKind::kBoolean)), Contains("function max(boolean)"));
  CHECK_THAT(type_of(F::kSum, std::nullopt), Contains("sum needs an argument"));
}

TEST_CASE("PartialStatesTravelInTheseColumns") {
  using Texts = std::vector<std::string>;
  CHECK(partial(F::kCountStar, Type()) == Texts{"x bigint not null"});
  CHECK(partial(F::kCount, Type(TypeKind::kText)) == Texts{"x bigint not null"});
  CHECK(partial(F::kSum, Type(TypeKind::kInt)) ==
        Texts{"x/sum numeric(38,0)", "x/count bigint not null"});
  CHECK(partial(F::kSum, Type(TypeKind::kDouble)) == Texts{"x/sum double precision"});
  CHECK(partial(F::kAvg, Type(TypeKind::kDouble)) ==
        Texts{"x/sum double precision", "x/count bigint not null"});
  CHECK(partial(F::kAvg, Type::numeric(12, 2)) ==
        Texts{"x/sum numeric(38,2)", "x/count bigint not null"});
  CHECK(partial(F::kSum, Type::numeric(19, 2)) ==
        Texts{"x/sum numeric(38,2)", "x/count bigint not null", "x/carry bigint not null"});
  CHECK(partial(F::kMax, Type(TypeKind::kDate)) == Texts{"x date"});
  CHECK(partial(F::kVarPop, Type::numeric(12, 2)) ==
        Texts{"x/count bigint not null", "x/sum numeric(38,2)", "x/squares numeric(38,0)"});
  CHECK(partial(F::kStringAgg, Type(TypeKind::kText)) == Texts{"x bytea"});
}

TEST_CASE("TheArgumentOfAFinalPhaseIsThatOfThePartialOne") {
  const Schema input{{field("a", TypeKind::kInt), field("b", Type::numeric(12, 2))}};
  AggregateCall call{.name = "x", .function = F::kSum, .argument = 1};
  CHECK(argument_type(call, input) == Type::numeric(12, 2));
  call.source_type = TypeKind::kDouble;
  CHECK(argument_type(call, input) == Type(TypeKind::kDouble));
  CHECK_FALSE(argument_type({.name = "x", .function = F::kCountStar, .argument = 0}, input));
}

TEST_CASE("RecordHasPayloadThenMetadata") {
  SourceSpec spec;
  spec.payload = {field("a", TypeKind::kInt), field("record_offset", TypeKind::kText)};
  spec.metadata = {{"record_offset", ""}, {"record_header", "trace"}, {"record_time", ""}};
  const SchemaPtr schema = record_schema(spec);
  REQUIRE(schema->fields.size() == 5);
  CHECK(schema->fields[2].name == "record_offset_");
  CHECK(schema->fields[2].type == Type(TypeKind::kBigint));
  CHECK(schema->fields[3].name == "record_header_trace");
  CHECK(schema->fields[3].type == Type(TypeKind::kBytea));
  CHECK(schema->fields[4].type == Type(TypeKind::kTimestamptz));
}

TEST_CASE("SideOutputsHaveTheirFixedColumns") {
  CHECK(dead_letter_schema()->fields.size() == 7);
  CHECK(dead_letter_schema()->find("reason") == 5);
  CHECK(late_schema()->fields.size() == 7);
  CHECK(late_schema()->fields[6].type == Type(TypeKind::kInterval));
}

TEST_CASE("KindsAndPortsHaveNames") {
  CHECK(kind_name(SourceSpec()) == "source");
  CHECK(kind_name(WindowAggregateSpec()) == "window_aggregate");
  CHECK(output_ports(SinkSpec()) == 0);
  CHECK(output_ports(WindowAggregateSpec()) == 3);
  CHECK(port_name(kLatePort) == "late");
  CHECK(function_name(F::kCountStar) == "count");
}

}  // namespace weir
