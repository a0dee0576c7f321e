// Goal: the checkpoint that a job goes on from follows from which objects exist, whatever a dead
// generation adds later. Method: the objects of a store as lists of names.
#include "engine/protocol/recovery.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr CheckpointId kThreeSeven{Generation(3), Epoch(7)};
constexpr CheckpointId kThreeTwelve{Generation(3), Epoch(12)};

StartingPoint start(const std::vector<std::string>& names, uint64_t mine,
                    std::optional<CheckpointId> base = {}) {
  return starting_point(sort_objects(names), Generation(mine), base).value();
}

TEST_CASE("NamesAreReadAsTheyAreWritten") {
  const JobObjects objects =
      sort_objects({fence_name(Generation(3)), base_name(Generation(3)), manifest_name(kThreeSeven),
                    commit_record_name(kThreeSeven), checkpoint_folder(kThreeTwelve) + "0/delta"});
  REQUIRE(objects.fences == std::set{Generation(3)});
  REQUIRE(objects.bases == std::set{Generation(3)});
  REQUIRE(objects.manifests == std::set{kThreeSeven});
  REQUIRE(objects.commit_records == std::set{kThreeSeven});
}

TEST_CASE("WhatIsNotOursIsLeftOut") {
  const JobObjects objects = sort_objects(
      {"", "/", "manifest", "3/manifest", "3/x/manifest", "03/7/manifest", "3/7/manifest.part",
       "3/7/0/manifest", "generations/x/fence", "generations/3/fence/x", "3/7/committed/x",
       "99999999999999999999/1/manifest", "-1/1/manifest", "generations", "3/7/"});
  REQUIRE(objects.fences.empty());
  REQUIRE(objects.bases.empty());
  REQUIRE(objects.manifests.empty());
  REQUIRE(objects.commit_records.empty());
}

TEST_CASE("TheNextGenerationIsAboveEveryTraceOfEarlierOnes") {
  REQUIRE(next_generation({}) == Generation(1));
  REQUIRE(next_generation({}, Generation(8)) == Generation(9));
  REQUIRE(next_generation(sort_objects({"generations/4/fence", "3/7/manifest"})) == Generation(5));
  REQUIRE(next_generation(sort_objects({"generations/4/fence", "6/7/manifest"})) == Generation(7));
}

TEST_CASE("AGenerationIsFencedByAnyFenceAboveItsOwn") {
  const JobObjects objects = sort_objects({"generations/3/fence", "generations/5/fence"});
  REQUIRE(is_fenced(objects, Generation(3)));
  REQUIRE(is_fenced(objects, Generation(4)));
  REQUIRE_FALSE(is_fenced(objects, Generation(5)));
  REQUIRE_FALSE(is_fenced({}, Generation(1)));
}

TEST_CASE("AJobThatNeverRanBeginsAtTheBeginning") {
  REQUIRE(start({}, 1) == StartingPoint{});
  REQUIRE(start({"generations/1/fence", "generations/2/fence"}, 2) == StartingPoint{});
}

TEST_CASE("TheNewestManifestOfTheLastGenerationThatRanIsChosen") {
  REQUIRE(start({"generations/3/base", "3/7/manifest", "3/12/manifest", "3/7/committed"}, 4) ==
          StartingPoint{kThreeTwelve, true});
  REQUIRE(start({"generations/3/base", "3/7/manifest", "3/7/committed"}, 4) ==
          StartingPoint{kThreeSeven, false});
}

TEST_CASE("AGenerationWithoutManifestsGoesOnFromItsBase") {
  const std::vector<std::string> names = {"generations/3/base", "generations/4/base",
                                          "3/7/manifest", "3/12/manifest"};
  REQUIRE(start(names, 5, kThreeSeven) == StartingPoint{kThreeSeven, true});
}

TEST_CASE("ALateManifestOfADeadGenerationIsNeverChosen") {
  const std::vector<std::string> names = {"generations/3/base", "generations/4/base",
                                          "3/7/manifest", "3/12/manifest", "4/8/manifest"};
  REQUIRE(start(names, 5, kThreeSeven) == StartingPoint{{{Generation(4), Epoch(8)}}, true});
}

TEST_CASE("AGenerationWithoutABaseNeverRan") {
  const std::vector<std::string> names = {"generations/3/base", "generations/4/fence",
                                          "3/7/manifest"};
  REQUIRE(last_run(sort_objects(names), Generation(5)) == Generation(3));
  REQUIRE(start(names, 5) == StartingPoint{kThreeSeven, true});
}

TEST_CASE("LaterGenerationsAreNotLookedAt") {
  const std::vector<std::string> names = {"generations/3/base", "generations/5/base",
                                          "3/7/manifest", "5/8/manifest"};
  REQUIRE(start(names, 4) == StartingPoint{kThreeSeven, true});
}

TEST_CASE("ABaseWithoutItsManifestIsCorrupt") {
  const auto found =
      starting_point(sort_objects({"generations/4/base"}), Generation(5), kThreeSeven);
  REQUIRE(found.error() == corrupt("cannot recover: generation 4 began with a checkpoint that has "
                                   "no manifest: 3/7/manifest"));
}

}  // namespace
}  // namespace weir
