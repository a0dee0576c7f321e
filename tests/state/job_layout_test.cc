#include "state/job_layout.h"

#include "state/snapshot_store.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {
namespace {

CheckpointId id(uint64_t generation, uint64_t epoch) {
  return {.generation = Generation{generation}, .epoch = Epoch{epoch}};
}

TEST_CASE("NamesAreThoseOfTheLayout") {
  const JobLayout layout("q1");
  CHECK(layout.fence(Generation{7}) == "jobs/q1/generations/7/fence");
  CHECK(layout.base(Generation{7}) == "jobs/q1/generations/7/base");
  CHECK(layout.manifest(id(7, 12)) == "jobs/q1/7/12/manifest");
  CHECK(layout.committed(id(7, 12)) == "jobs/q1/7/12/committed");
  CHECK(layout.file(id(7, 12), "by_user", 3, "delta") == "jobs/q1/7/12/by_user.3/delta");
}

TEST_CASE("AnyTextIsOnePartAndDifferentTextsAreDifferentParts") {
  CHECK(name_part("by_user.v2") == "by_user.v2");
  CHECK(name_part("top-10 \"x\"") == "top-2d10-20-22x-22");
  CHECK(name_part(".hidden/..") == "-2ehidden-2f..");
  std::set<std::string> parts;
  std::vector<std::string> texts = {"",  "-",     "--", ".",    "..", "/",       "a/b",
                                    "a", "a-2fb", "A",  "\xff", "é",  "manifest"};
  texts.emplace_back(1, '\0');
  texts.emplace_back(300, 'a');
  texts.emplace_back(301, 'a');
  texts.emplace_back(300, '/');
  for (const std::string& text : texts) {
    CAPTURE(text);
    const std::string part = name_part(text);
    CHECK(check_object_name(part).ok());
    CHECK(part.find('/') == std::string::npos);
    CHECK(parts.insert(part).second);
  }
}

TEST_CASE("ANameSaysWhatItIs") {
  const JobLayout layout("a job");
  const std::vector<JobObject> objects = {
      {JobObjectKind::kFence, id(1ULL << 62, 0), layout.fence(Generation{1ULL << 62})},
      {JobObjectKind::kBase, id(1, 0), layout.base(Generation{1})},
      {JobObjectKind::kManifest, id(3, 0), layout.manifest(id(3, 0))},
      {JobObjectKind::kCommitted, id(3, 9), layout.committed(id(3, 9))},
      {JobObjectKind::kFile, id(3, 9), layout.file(id(3, 9), "manifest", 0, "committed")}};
  for (const JobObject& object : objects) {
    CAPTURE(object.name);
    CHECK(layout.read(object.name).value() == object);
  }
}

TEST_CASE("AnythingElseIsRefusedByName") {
  const JobLayout layout("q1");
  for (const std::string name :
       {"jobs/q2/7/12/manifest", "jobs/q1/7", "jobs/q1/7/12", "jobs/q1/7/012/manifest",
        "jobs/q1/7/12/other", "jobs/q1/generations/7", "jobs/q1/generations/7/other",
        "jobs/q1/generations/7/base/x", "jobs/q1/generations/x/base", "jobs/q1/7/1x/manifest",
        "jobs/q1/7/18446744073709551616/manifest", "jobs/q1/18446744073709551615/1/manifest",
        "jobs/q1//12/manifest", "jobs/q1/-1/2/manifest", "other"}) {
    CAPTURE(name);
    const Result<JobObject> read = layout.read(name);
    REQUIRE(!read.ok());
    CHECK(read.error().kind == ErrorKind::kCorrupt);
    CHECK(read.error().message.find(name) != std::string::npos);
  }
}

}  // namespace
}  // namespace weir
