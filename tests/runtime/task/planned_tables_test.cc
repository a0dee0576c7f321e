#include "runtime/task/planned_tables.h"

#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("NamesWhatTheTasksOfARunDeclare") {
  Tables tables;
  tables.sources["in"] = {};
  const Plan plan = counting_graph().plan(2);
  const auto built = JobTasks::build(plan, tables.factory(), 8);
  REQUIRE(built.ok());
  const std::vector<DeclaredTable> planned = planned_tables(plan);
  REQUIRE_FALSE(planned.empty());
  CHECK(planned == (*built)->tables());
}

}  // namespace
}  // namespace weir
