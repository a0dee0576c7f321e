#include "runtime/local/local_api.h"

#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class Served {
 public:
  Served() {
    tables.sources["in"] = {.splits = {{"0", many_rows(20)}}, .endless = true};
    PlannedJob planned = counting_graph().job(1);
    planned.graph.options.job_name = "counting";
    job = started(std::move(planned), tables);
    api.emplace(*job, "1.2.3", 1);
  }
  ~Served() { job->stop(); }

  Tables tables;
  std::unique_ptr<Job> job;
  std::optional<LocalApi> api;
};

TEST_CASE("ShowsItsOneJobByName") {
  Served served;
  REQUIRE(served.api->jobs()->size() == 1);
  CHECK(served.api->job("counting")->name == "counting");
  CHECK(served.api->job("other").error().kind == RefusalKind::kUnknown);
  CHECK(served.api->plan("counting")->text.find("counts") != std::string::npos);
  CHECK(served.api->logs("counting")->back().state == JobState::kRunning);
  CHECK(served.api->cluster().version == "1.2.3");
}

TEST_CASE("RefusesWhatNeedsACluster") {
  Served served;
  CHECK(served.api->submit({}).error().kind == RefusalKind::kConflict);
  CHECK(served.api->rescale("counting", 2).error().kind == RefusalKind::kConflict);
  CHECK(served.api->savepoint({.job = "counting"}).error().kind == RefusalKind::kUser);
}

TEST_CASE("StopsItsJob") {
  Served served;
  CHECK(served.api->stop({.job = "counting"}).ok());
  CHECK(ended(*served.job).ok());
  CHECK(served.api->job("counting")->state == JobState::kStopped);
}

}  // namespace
}  // namespace weir
