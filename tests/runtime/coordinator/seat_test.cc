// Goal: a process answers as a leader exactly while it holds a Coordinator. Method: a Coordinator
// over a store in a folder of the test's own, without workers.
#include "runtime/coordinator/seat.h"

#include "engine/sql/sql.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace weir {
namespace {

using Catch::Contains;

class Desk {
 public:
  Desk() {
    folder_ = (std::filesystem::temp_directory_path() / "weir-seat-XXXXXX").string();
    REQUIRE(mkdtemp(folder_.data()) != nullptr);
    store_ = open_directory_store(folder_).value();
  }
  ~Desk() {
    seat.take().reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Coordinator> coordinator() {
    CoordinatorSetup setup{
        .store = store_.get(),
        .store_name = folder_,
        .version = "v1",
        .read_job = [](const SubmitRequest&) -> Answer<JobGraph> { return JobGraph{}; },
        .read_expression = sql_expression,
        .link = {.welcome = [this](SessionId, const Welcome&) { heard = "welcome"; },
                 .refuse = [this](SessionId, const std::string& why) { heard = "refuse " + why; },
                 .send = [](SessionId, const ToWorker&) {},
                 .renew = [](SessionId, uint64_t) {},
                 .close = [this](SessionId) { heard = "close"; }},
        .job_changed = [](const std::string&, const JobEvent&) {},
        .note = [](const std::string&, const std::string&) {},
        .stood_down = [this](const Error& why) { stood_down = why; }};
    return Coordinator::begin(std::move(setup)).value();
  }

  int ready() { return seat.answer({.method = "GET", .target = "/readyz"}).status; }

  std::string heard;
  std::optional<Error> stood_down;
  Seat seat{"v1", [this](SessionId, const std::string& why) { heard = "turn away: " + why; }};

 private:
  std::string folder_;
  std::unique_ptr<SnapshotStore> store_;
};

TEST_CASE("AProcessThatDoesNotLeadTurnsWorkersAwayAndNamesTheLeader") {
  Desk desk;
  desk.seat.follow("b:7000");
  desk.seat.hello(SessionId(1), {.version = "v1"});
  REQUIRE_THAT(desk.heard, Contains("turn away") && Contains("b:7000"));
  REQUIRE(desk.ready() == 503);
}

TEST_CASE("AProcessThatLeadsWelcomesWorkersAndIsReady") {
  Desk desk;
  desk.seat.put(desk.coordinator());
  desk.seat.hello(SessionId(1), {.version = "v1", .slots = 1});
  REQUIRE(desk.heard == "welcome");
  REQUIRE(desk.ready() == 200);
}

TEST_CASE("WhoStandsDownClosesItsSessionsAndIsNotReady") {
  Desk desk;
  desk.seat.put(desk.coordinator());
  desk.seat.hello(SessionId(1), {.version = "v1", .slots = 1});
  desk.seat.stand_down({ErrorKind::kFenced, "over"});
  REQUIRE(desk.heard == "close");
  REQUIRE(desk.stood_down == Error{ErrorKind::kFenced, "over"});
  REQUIRE(desk.ready() == 503);
  // A worker that comes now is sent to the next, not refused for ever.
  desk.heard.clear();
  desk.seat.hello(SessionId(2), {.version = "v1", .slots = 1});
  REQUIRE(desk.heard == "close");
}

TEST_CASE("AProcessMayLeadAgain") {
  Desk desk;
  desk.seat.put(desk.coordinator());
  desk.seat.take().reset();
  REQUIRE(desk.ready() == 503);
  desk.seat.put(desk.coordinator());
  REQUIRE(desk.ready() == 200);
  REQUIRE_THAT(desk.seat.answer({.method = "GET", .target = "/api/v1/cluster"}).body,
               Contains("\"term\":2"));
}

TEST_CASE("WithoutACoordinatorWhatWorkersSayIsNobodysConcern") {
  Desk desk;
  desk.seat.heartbeat(SessionId(1), 1);
  desk.seat.broken(SessionId(1), unavailable("gone"));
  desk.seat.stand_down({ErrorKind::kFenced, "over"});
  REQUIRE(desk.heard.empty());
  REQUIRE_FALSE(desk.stood_down.has_value());
}

}  // namespace
}  // namespace weir
