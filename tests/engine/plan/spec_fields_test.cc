// One list of fields for each spec: a field that is left out of it would be missed by equality, so
// each one is changed here and must be noticed.
#include "engine/plan/spec_fields.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Changes one member after another to something else, each in a fresh copy, and compares.
template <typename Spec>
struct OneChange {
  const Spec& original;
  std::vector<std::string> unnoticed = {};
  size_t fields = 0;

  template <typename T>
  void operator()(const FieldKey& key, T Spec::*member) {
    Spec changed = original;
    change(changed.*member);
    ++fields;
    if (same_spec(VertexSpec(original), VertexSpec(changed))) unnoticed.emplace_back(key.name);
  }

  static void change(std::string& text) { text += "x"; }
  static void change(int64_t& number) { ++number; }
  static void change(ExprPtr& expr) { expr = expr_of("1 + now()::date - '2024-01-01'::date", {}); }
  static void change(WindowSpec& window) { ++window.slide; }
  static void change(OptionMap& options) { options["another"] = "x"; }
  template <typename T>
  static void change(std::optional<T>& value) {
    value = value.value_or(0) + 1;
  }
  template <typename T>
  static void change(std::vector<T>& list) {
    list.emplace_back();
  }
  template <typename T>
  requires std::is_enum_v<T>
  static void change(T& choice) { choice = choice == T() ? static_cast<T>(1) : T(); }
};

template <typename Spec>
size_t fields_noticed(const VertexSpec& spec) {
  OneChange<Spec> changes{std::get<Spec>(spec)};
  visit_fields(changes, FieldsOf<Spec>());
  CHECK(changes.unnoticed == std::vector<std::string>());
  return changes.fields;
}

uint64_t fingerprint(const JobGraph& graph, VertexIndex index) {
  const SchemaPtr input = input_schemas(graph)[index.value()];
  return state_fingerprint(graph.vertex(index).spec, input);
}

}  // namespace

TEST_CASE("EveryFieldCountsForEquality") {
  const JobGraph graph = fraud_graph();
  CHECK(fields_noticed<SourceSpec>(graph.vertex(kTransactions).spec) == 14);
  CHECK(fields_noticed<ProjectSpec>(graph.vertex(kBig).spec) == 3);
  CHECK(fields_noticed<WindowAggregateSpec>(graph.vertex(kTotals).spec) == 4);
  CHECK(fields_noticed<UnionSpec>(UnionSpec{{field("a", TypeKind::kInt)}}) == 1);
  CHECK(fields_noticed<SinkSpec>(graph.vertex(kOut).spec) == 7);
}

TEST_CASE("EqualityLooksIntoNestedFields") {
  const JobGraph graph = fraud_graph();
  const auto differs = [&graph](auto change) {
    JobGraph other = fraud_graph();
    change(other);
    return !same_graph(graph, other);
  };
  CHECK(same_graph(graph, fraud_graph()));
  CHECK(differs([](JobGraph& g) { spec_at<SourceSpec>(g, kTransactions).columns[1].name = "c"; }));
  CHECK(differs([](JobGraph& g) {
    spec_at<ProjectSpec>(g, kBig).columns[2].expr = expr_of("2::numeric(12,2)", {});
  }));
  CHECK(differs([](JobGraph& g) { spec_at<ProjectSpec>(g, kBig).filter = nullptr; }));
  CHECK(differs([](JobGraph& g) { spec_at<WindowAggregateSpec>(g, kTotals).window.size = 1; }));
  CHECK(differs([](JobGraph& g) { g.options.restart_attempts = 3; }));
  CHECK(differs([](JobGraph& g) { g.options.memory = 1 << 30; }));
  CHECK(differs([](JobGraph& g) { g.edges[1].distribution = {}; }));
  CHECK(differs([](JobGraph& g) { g.vertices[2].id = "sums"; }));
  CHECK(differs([](JobGraph& g) { g.vertices[2].spec = UnionSpec(); }));
}

TEST_CASE("FingerprintStaysWhereStateCanBeKept") {
  const JobGraph graph = fraud_graph();
  JobGraph renamed = fraud_graph();
  auto& window = spec_at<WindowAggregateSpec>(renamed, kTotals);
  window.aggregates[0].name = "sum_of_it";
  window.aggregates[2].filter.reset();
  CHECK(fingerprint(graph, kTotals) == fingerprint(renamed, kTotals));
  spec_at<SourceSpec>(renamed, kTransactions).watermark_delay = 0;
  CHECK(fingerprint(graph, kTransactions) == fingerprint(renamed, kTransactions));
}

TEST_CASE("FingerprintChangesWithTheMeaningOfState") {
  const JobGraph graph = fraud_graph();
  const auto changes = [&graph](VertexIndex index, auto change) {
    JobGraph other = fraud_graph();
    change(other);
    return fingerprint(graph, index) != fingerprint(other, index);
  };
  const auto window = [](JobGraph & g) -> auto& {
    return spec_at<WindowAggregateSpec>(g, kTotals);
  };
  CHECK(changes(kTotals, [&](JobGraph& g) { window(g).window.size = 30'000'000; }));
  CHECK(changes(kTotals, [&](JobGraph& g) { window(g).keys = {0, 3}; }));
  CHECK(changes(kTotals, [&](JobGraph& g) { window(g).keys = {3}; }));
  CHECK(changes(kTotals, [&](JobGraph& g) { window(g).aggregates.pop_back(); }));
  CHECK(changes(kTotals,
                [&](JobGraph& g) { window(g).aggregates[0].function = AggregateFunction::kMax; }));
  CHECK(changes(kTransactions, [](JobGraph& g) {
    spec_at<SourceSpec>(g, kTransactions).options["topic"] = "other";
  }));
}

TEST_CASE("FingerprintIsOneForAllPhases") {
  const JobGraph graph = fraud_graph();
  const SchemaPtr input = input_schemas(graph)[kTotals.value()];
  auto whole = std::get<WindowAggregateSpec>(graph.vertex(kTotals).spec);
  auto partial = whole;
  partial.phase = AggregatePhase::kPartial;
  const SchemaPtr between = output_schema(partial, kRowsPort, input);
  auto last = whole;
  last.phase = AggregatePhase::kFinal;
  last.window.time_column = 1;
  size_t column = 2;
  for (AggregateCall& call : last.aggregates) {
    call.source_type = argument_type(call, *input);
    call.argument = column;
    column += partial_fields(call, call.source_type.value_or(TypeKind::kBigint)).size();
  }
  last.aggregates[2].filter.reset();
  CHECK(state_fingerprint(whole, input) == state_fingerprint(last, between));
}

TEST_CASE("FingerprintIsPartOfCheckpointsAndStays") {
  // A change of this number makes every stored state foreign: it needs a migration.
  const JobGraph graph = fraud_graph();
  CHECK(fingerprint(graph, kTotals) == 0x4bf84bbea0a06c09);
}

}  // namespace weir
