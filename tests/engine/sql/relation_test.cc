#include "engine/sql/relation.h"

#include "engine/expr/build.h"
#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("FiltersAndProjectionsBecomeOneStep") {
  REQUIRE(
      facts_of(with_tables("CREATE VIEW a AS SELECT id + 1 AS b, card FROM payments WHERE n > 1;"
                           "CREATE VIEW b AS SELECT b * 2 AS c, card AS d FROM a WHERE b < 9;"
                           "SELECT c, upper(d) AS u FROM b WHERE d <> 'x'")) ==
      "payments: reads file\n"
      "stdout.project: ((id + '1'::bigint) * '2'::bigint) AS c, upper(card) AS u where ((n > 1) "
      "AND ((id + '1'::bigint) < '9'::bigint) AND (card <> 'x'::text))\n"
      "stdout: writes print\n"
      "payments -> stdout.project\n"
      "stdout.project -> stdout\n");
}

TEST_CASE("AStepThatChangesNothingIsLeftOut") {
  REQUIRE(facts_of(with_tables("SELECT * FROM payments")) ==
          "payments: reads file\nstdout: writes print\npayments -> stdout\n");
}

TEST_CASE("PoliciesMergeToTheStrictest") {
  const RowPolicy skip{.on_error = OnError::kSkip, .dead_letters = "", .late = ""};
  const RowPolicy dead{.on_error = OnError::kDeadLetter, .dead_letters = "bad", .late = "l"};
  REQUIRE(merge(skip, skip) == skip);
  REQUIRE(merge(dead, dead) == dead);
  const RowPolicy both = merge(skip, dead);
  REQUIRE(both.on_error == OnError::kFail);
  REQUIRE(both.dead_letters.empty());
  REQUIRE(both.late_differs);
}

TEST_CASE("WindowColumnsStandBehindTheVertexColumns") {
  Relation relation;
  relation.base = std::make_shared<Schema>(Schema{
      .fields = {
          {.name = "at", .type = TypeKind::kTimestamptz, .nullable = false, .event_time = true}}});
  const ExprPtr time = make_column(0, TypeKind::kTimestamptz);
  relation.window = OpenWindow{.spec = {}, .time = time};
  const ExprPtr end = window_column(relation, WindowColumn::kEnd);
  REQUIRE(as_window_column(relation, *end) == WindowColumn::kEnd);
  REQUIRE_FALSE(as_window_column(relation, *time));
  REQUIRE(is_event_time(relation, *time));
  REQUIRE_FALSE(is_event_time(relation, *end));
  const Result<ExprPtr> test = make_is_null(end, false);
  REQUIRE(mentions_window(relation, **test));
  REQUIRE_FALSE(mentions_window(relation, *time));
}

TEST_CASE("LargeExpressionsBecomeAStepOfTheirOwn") {
  std::string script;
  std::string from = "payments";
  for (int i = 0; i < 40; ++i) {
    const std::string view = "v" + std::to_string(i);
    script += "CREATE VIEW " + view + " AS SELECT id + id AS id FROM " + from + ";";
    from = view;
  }
  const JobGraph graph = graph_of(with_tables(script + "SELECT id FROM v39"));
  REQUIRE(graph.vertices.size() > 4);
  REQUIRE(graph.vertices.size() < 20);
}

}  // namespace
}  // namespace weir
