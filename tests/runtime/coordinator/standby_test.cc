// Goal: who does not lead says so, and who does. Method: through the REST interface.
#include "runtime/coordinator/standby.h"

#include "runtime/coordinator/api.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

ApiReply ask(Standby& standby, const char* target) {
  return handle_api(standby, {.method = "GET", .target = target});
}

TEST_CASE("AStandbyAnswersNothingOfJobsAndNamesTheLeader") {
  Standby standby("v1");
  standby.follow("a:7000");
  for (const char* target : {"/api/v1/jobs", "/api/v1/jobs/j", "/api/v1/jobs/j/why",
                             "/api/v1/jobs/j/logs", "/api/v1/jobs/j/plan"}) {
    const ApiReply reply = ask(standby, target);
    REQUIRE(reply.status == 503);
    REQUIRE_THAT(reply.body, Contains("unavailable") && Contains("a:7000 leads"));
  }
}

TEST_CASE("AStandbyIsAliveAndNotReady") {
  Standby standby("v1");
  REQUIRE(ask(standby, "/healthz").status == 200);
  REQUIRE(ask(standby, "/readyz").status == 503);
}

TEST_CASE("AStandbyShowsTheClusterAsFarAsItKnowsIt") {
  Standby standby("v1");
  REQUIRE_THAT(ask(standby, "/api/v1/cluster").body, !Contains("\"leader\""));
  standby.follow("a:7000");
  REQUIRE_THAT(ask(standby, "/api/v1/cluster").body,
               Contains("a:7000") && Contains("\"is_leader\":false"));
  REQUIRE_THAT(ask(standby, "/metrics").body, Contains("weir_coordinator_leader 0"));
}

TEST_CASE("WhereNobodyLeadsAStandbySaysSo") {
  const Standby standby("v1");
  REQUIRE_THAT(standby.reason(), Contains("none leads now"));
}

}  // namespace
}  // namespace weir
