#include "engine/plan/needed.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Type bid_type() {
  auto bid = std::make_shared<CompositeType>();
  bid->name = "bid";
  bid->fields = {field("auction", TypeKind::kBigint), field("price", TypeKind::kBigint),
                 field("url", TypeKind::kText)};
  return Type::composite(std::move(bid));
}

// "b(price) at": what is needed, fields in parentheses.
std::string names(const NeededColumns& needed, const std::vector<Field>& fields) {
  std::string out;
  for (size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i].needed) continue;
    if (!out.empty()) out += ' ';
    out += fields[i].name;
    if (needed[i].fields.empty()) continue;
    out += '(' + names(needed[i].fields, fields[i].type.fields().fields) + ')';
  }
  return out;
}

NeededColumns only(size_t count, std::vector<size_t> wanted) {
  NeededColumns needed(count);
  for (const size_t column : wanted) needed[column] = {.needed = true};
  return needed;
}

}  // namespace

TEST_CASE("ProjectReadsWhatItsFilterAndWantedColumnsRead") {
  const Schema input{{field("b", bid_type()), field("x", TypeKind::kInt),
                      field("y", TypeKind::kInt), field("z", TypeKind::kInt)}};
  ProjectSpec spec;
  spec.filter = expr_of("z > 1", input);
  spec.columns = {{"p", expr_of("(b).price", input)}, {"sum", expr_of("x + y", input)}};
  CHECK(names(needed_of_input(spec, kRowsPort, input, only(2, {0})), input.fields) == "b(price) z");
  CHECK(names(needed_of_input(spec, kRowsPort, input, only(2, {1})), input.fields) == "x y z");
  CHECK(names(needed_of_input(spec, kRowsPort, input, only(2, {})), input.fields) == "z");
}

TEST_CASE("PlainColumnsHandTheNeedsOfTheirFieldsOn") {
  const Schema input{{field("b", bid_type())}};
  ProjectSpec spec;
  spec.columns = {{"copy", expr_of("b", input)}};
  NeededColumns wanted(1);
  wanted[0] = {.needed = true, .fields = only(3, {2})};
  CHECK(names(needed_of_input(spec, kRowsPort, input, wanted), input.fields) == "b(url)");
  wanted[0].fields.clear();
  CHECK(names(needed_of_input(spec, kRowsPort, input, wanted), input.fields) == "b");
}

TEST_CASE("MergingNeedsIsTheirUnion") {
  NeededColumns fields(1);
  fields[0] = {.needed = true, .fields = only(3, {0})};
  NeededColumns more(1);
  more[0] = {.needed = true, .fields = only(3, {2})};
  NeededColumns merged(1);
  merge_needed(merged, fields);
  CHECK(merged == fields);
  merge_needed(merged, more);
  CHECK(merged[0].fields == only(3, {0, 2}));
  merge_needed(merged, only(1, {}));
  CHECK(merged[0].fields == only(3, {0, 2}));
  merge_needed(merged, only(1, {0}));
  CHECK(merged == only(1, {0}));
}

TEST_CASE("WindowsReadTheirKeysTimeArgumentsAndFilters") {
  const JobGraph graph = fraud_graph();
  const SchemaPtr input = input_schemas(graph)[kTotals.value()];
  auto spec = std::get<WindowAggregateSpec>(graph.vertex(kTotals).spec);
  spec.aggregates = {spec.aggregates[2]};
  CHECK(names(needed_of_input(spec, kRowsPort, *input, only(5, {})), input->fields) ==
        "card at from_home");
}

TEST_CASE("SinksReadEverything") {
  const JobGraph graph = fraud_graph();
  const SchemaPtr input = input_schemas(graph)[kOut.value()];
  CHECK(needed_of_input(graph.vertex(kOut).spec, kRowsPort, *input, {}) == all_needed(*input));
}

TEST_CASE("SourceReadsContractsAndEventTimeInAnyCase") {
  const SourceSpec spec = transactions_source();
  const std::vector<Field> record = record_schema(spec)->fields;
  CHECK(names(needed_of_record(spec, only(6, {})), record) == "card amount at");
  CHECK(names(needed_of_record(spec, only(6, {4, 5})), record) ==
        "card amount at note record_partition");
}

TEST_CASE("SourceReadsWhatGeneratedColumnsAreMadeOf") {
  SourceSpec spec;
  spec.payload = {field("b", bid_type()), field("ms", TypeKind::kBigint)};
  const SchemaPtr record = record_schema(spec);
  spec.columns = {{"b", expr_of("b", *record)}, {"twice", expr_of("(b).price * 2", *record)}};
  CHECK(names(needed_of_record(spec, only(2, {1})), record->fields) == "b(price)");
  CHECK(names(needed_of_record(spec, only(2, {0})), record->fields) == "b");
}

}  // namespace weir
