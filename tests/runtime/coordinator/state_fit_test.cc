#include "runtime/coordinator/state_fit.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Manifest with_tables(std::vector<DeclaredTable> tables) {
  Manifest from{.script = "j", .key_groups = 128};
  from.tasks.push_back({.chain = "c", .tables = std::move(tables)});
  return from;
}

TEST_CASE("SaysWhatBecomesOfEachStep") {
  const Manifest from = with_tables({{"a.rows", "x"}, {"b.rows", "x"}, {"gone.rows", "x"}});
  const std::vector<StepFit> fits =
      fit_of(from, {{"a.rows", "x"}, {"b.rows", "y"}, {"fresh.rows", "x"}});
  REQUIRE(fits.size() == 4);
  CHECK(fits[0] == StepFit{"a", Fit::kKept, "x", "x"});
  CHECK(fits[1] == StepFit{"b", Fit::kReset, "y", "x"});
  CHECK(fits[2] == StepFit{"fresh", Fit::kNew, "x", ""});
  CHECK(fits[3] == StepFit{"gone", Fit::kOrphaned, "", "x"});
}

TEST_CASE("TheFirstPhaseOfAnAggregationHasNoStateToLose") {
  const Manifest from = with_tables({{"a/partial.rows", "x"}});
  CHECK(fit_of(from, {}).empty());
  CHECK(check_fit(from, {}, 128).ok());
}

TEST_CASE("RefusesWhateverIsNotKept") {
  const Manifest from = with_tables({{"a.rows", "x"}});
  CHECK(check_fit(from, {{"a.rows", "x"}}, 128).ok());
  for (const std::vector<DeclaredTable>& planned :
       {std::vector<DeclaredTable>{}, {{"a.rows", "y"}}, {{"a.rows", "x"}, {"b.rows", "x"}}}) {
    const Status refused = check_fit(from, planned, 128);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kUser);
  }
  CHECK(check_fit(from, {{"a.rows", "x"}}, 64).error().message.find("64 key groups") !=
        std::string::npos);
}

}  // namespace
}  // namespace weir
