#include "engine/plan/first_rows.h"

#include "engine/expr/build.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Columns: the key, start, end and time of the window, a count.
constexpr size_t kKey = 0;
constexpr size_t kStart = 1;
constexpr size_t kEnd = 2;
constexpr size_t kCount = 4;

WindowAggregateSpec counts() {
  return {.window = {.kind = WindowKind::kHop, .time_column = 1, .size = 10, .slide = 2},
          .keys = {0},
          .aggregates = {{.name = "n", .type = TypeKind::kBigint}},
          .phase = AggregatePhase::kWhole};
}

WindowRankSpec top(uint32_t limit, size_t start, size_t end, SortKey order) {
  return {.window = {.kind = WindowKind::kGiven, .time_column = end, .start_column = start},
          .partition = {},
          .order = {order},
          .ranks = {{.name = "r", .function = RankFunction::kRank}},
          .limit = limit};
}

WindowRankSpec top_counts(uint32_t limit) {
  return top(limit, kStart, kEnd, {.column = kCount, .descending = true});
}

// Hands on these columns.
ProjectSpec columns(const std::vector<size_t>& indices) {
  ProjectSpec spec;
  for (const size_t index : indices) {
    spec.columns.push_back({"c", make_column(index, TypeKind::kBigint)});
  }
  return spec;
}

// One step behind the other.
JobGraph graph_of(const std::vector<VertexSpec>& specs) {
  JobGraph graph;
  for (uint32_t i = 0; i < specs.size(); ++i) {
    graph.vertices.push_back({.id = "v", .spec = specs[i]});
    if (i > 0) graph.edges.push_back({.from = VertexIndex(i - 1), .to = VertexIndex(i)});
  }
  return graph;
}

std::optional<FirstRows> first_of(const std::vector<VertexSpec>& specs) {
  return first_rows_of(graph_of(specs), VertexIndex(0));
}

TEST_CASE("ATopNOfTheSameWindowsWantsTheFirstOnly") {
  const FirstRows wanted = {
      .function = RankFunction::kRank, .limit = 3, .order = {.column = kCount, .descending = true}};
  REQUIRE(first_of({counts(), top_counts(3)}) == wanted);
}

TEST_CASE("ColumnsAreFollowedThroughProjections") {
  const std::vector<VertexSpec> specs = {counts(), columns({kCount, kKey, kEnd, kStart}),
                                         top(3, 3, 2, {.column = 1})};
  const std::optional<FirstRows> first = first_of(specs);
  REQUIRE(first);
  REQUIRE(first->order == SortKey{.column = kKey});
  REQUIRE_FALSE(
      first_of({counts(), columns({kCount, kKey, kEnd, kStart}), top(3, 2, 3, {.column = 1})}));
}

TEST_CASE("AConditionInBetweenWantsAll") {
  ProjectSpec filter = columns({0, 1, 2, 3, 4});
  filter.filter = make_column(0, TypeKind::kBoolean);
  REQUIRE_FALSE(first_of({counts(), filter, top_counts(3)}));
}

TEST_CASE("AnotherReaderWantsAll") {
  JobGraph graph = graph_of({counts(), top_counts(3)});
  graph.vertices.push_back({.id = "all", .spec = columns({kKey})});
  graph.edges.push_back({.from = VertexIndex(0), .to = VertexIndex(2)});
  REQUIRE_FALSE(first_rows_of(graph, VertexIndex(0)));
}

TEST_CASE("PartitionsOfAWindowAndRanksWithoutLimitWantAll") {
  WindowRankSpec partitioned = top_counts(3);
  partitioned.partition = {kKey};
  REQUIRE_FALSE(first_of({counts(), partitioned}));
  WindowRankSpec unlimited = top_counts(3);
  unlimited.limit.reset();
  REQUIRE_FALSE(first_of({counts(), unlimited}));
  REQUIRE_FALSE(first_of({counts(), top_counts(100'000)}));
}

TEST_CASE("SessionsAndGivenWindowsAreNotChosenFrom") {
  WindowAggregateSpec session = counts();
  session.window.kind = WindowKind::kSession;
  REQUIRE_FALSE(first_of({session, top_counts(3)}));
  session.window.kind = WindowKind::kGiven;
  REQUIRE_FALSE(first_of({session, top_counts(3)}));
}

}  // namespace
}  // namespace weir
