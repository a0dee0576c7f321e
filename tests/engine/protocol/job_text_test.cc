// Goal: what a JobMachine says about itself is what it will do.
#include "engine/protocol/job.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("JobPhasesAndOutcomesHaveNames") {
  REQUIRE(std::string(to_text(job::Phase::kReplaying)) == "replaying");
  REQUIRE(std::string(to_text(job::Outcome::kStoodDown)) == "stood_down");
}

TEST_CASE("JobsThatWillDoTheSameHaveEqualTexts") {
  JobMachine one({.parallelism = 2});
  JobMachine other({.parallelism = 2});
  REQUIRE(one.state_text(0) == other.state_text(7));
  one.step({{}, job::Tick{}}, 0);
  REQUIRE(one.state_text(0) != other.state_text(7));
  other.step({{}, job::Tick{}}, 7);
  REQUIRE(one.state_text(0) == other.state_text(7));
  one.step({{}, job::Granted{{WorkerId(1), WorkerId(2)}}}, 10);
  other.step({{}, job::Granted{{WorkerId(1), WorkerId(1)}}}, 17);
  REQUIRE(one.state_text(10) != other.state_text(17));
}

}  // namespace
}  // namespace weir
