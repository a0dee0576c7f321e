// Random jobs about event time against a reference interpreter of the definitions
// (tests/sim/time_reference.h): random splits, disorder, delays, silences, windows and other steps
// that follow time, and two of them behind each other, at random parallelism, batch sizes and
// speeds. Results, late rows and missed (row, window) pairs must be the same.
#include "tests/seeds.h"
#include "tests/sim/time_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir {
namespace {

constexpr uint64_t kSeeds = 5000;

// What the one has and the other has not, a few of them.
std::string beyond(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  std::vector<std::string> more;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(more));
  if (more.size() > 10) more.resize(10);
  return fmt::format("{}", fmt::join(more, ", "));
}

std::string differences(const TimeRun& run, const TimeAnswer& expected) {
  std::string text;
  const auto add = [&text](const char* what, const std::string& rows) {
    if (!rows.empty()) text += fmt::format("\n  {}: {}", what, rows);
  };
  const TimeAnswer& got = run.answer;
  add("trouble", run.trouble);
  add("results missing", beyond(expected.results, got.results));
  add("results too many", beyond(got.results, expected.results));
  add("late rows missing", beyond(expected.lates, got.lates));
  add("late rows too many", beyond(got.lates, expected.lates));
  if (got.late_pairs != expected.late_pairs) {
    add("late pairs", fmt::format("{} instead of {}", got.late_pairs, expected.late_pairs));
  }
  if (run.counted_lifted != run.rows_lifted) {
    add("rows lifted", fmt::format("{} instead of {}", run.counted_lifted, run.rows_lifted));
  }
  return text;
}

std::string case_text(const TimeCase& one) {
  std::string text =
      fmt::format("\n  parallelism {}, {}, batches of {}\n{}", one.parallelism,
                  one.two_phase ? "two phases" : "one phase", one.batch_rows, sql_of(one));
  for (const TimeTable& table : one.tables) {
    for (size_t i = 0; i < table.splits.size(); ++i) {
      text += fmt::format("  {} {}:", table.name, i);
      for (const TimeRow& row : table.splits[i]) {
        text += fmt::format(" {}/{}@{}", row.k.value_or("null"), row.v, row.at / kSecond);
      }
      text += '\n';
    }
  }
  return text;
}

// What the seeds have met, so that none of it can drop out unseen.
struct Met {
  uint64_t results = 0;
  uint64_t lates = 0;
  uint64_t late_pairs = 0;
  uint64_t lifted = 0;
};

void check_seed(uint64_t seed, Met& met) {
  const TimeCase one = random_time_case(seed);
  INFO("replay with: WEIR_SEED=" << seed << " test_sim" << case_text(one));
  const TimeRun run = run_time_case(one);
  const TimeAnswer expected = reference_answer(one, run.lifts);
  const std::string difference = differences(run, expected);
  INFO("what differs:" << difference);
  REQUIRE(difference.empty());
  met.results += expected.results.size();
  met.lates += expected.lates.size();
  met.late_pairs += expected.late_pairs;
  met.lifted += run.rows_lifted;
}

TEST_CASE("AnswersWhatTheDefinitionsOfTimeSay") {
  Met met;
  const Seeds seeds(kSeeds);
  for (const uint64_t seed : seeds) check_seed(seed, met);
  if (seeds.size() < kSeeds) return;
  REQUIRE(met.results > 10 * kSeeds);
  REQUIRE(met.lates > kSeeds);
  REQUIRE(met.late_pairs > kSeeds / 2);
  REQUIRE(met.lifted > kSeeds / 2);
}

}  // namespace
}  // namespace weir
