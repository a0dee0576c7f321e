// Tasks over tables in memory, ordered about by the test.
#include "runtime/worker/job_part.h"

#include "tests/runtime/worker/part.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("FindsSplitsAndReadsThoseThatItIsGiven") {
  Part part;
  part.tables.sources["in"].splits = {{"0", many_rows(10)}, {"1", many_rows(10)}};
  part.give(part.life());
  std::vector<JobSplit> splits = part.await<report::Prepared>().splits;
  REQUIRE(splits.size() == 2);
  splits.pop_back();
  part.give(order::Start{splits});
  const auto taken = part.await<report::SnapshotTaken>();
  CHECK(taken.final);
  CHECK(taken.snapshot.splits.size() == 1);
}

// Another worker may not know a split yet that this one has heard of.
TEST_CASE("ReadsNoSplitThatNotAllWorkersKnow") {
  Part part;
  part.tables.sources["in"] = {
      .splits = {{"0", many_rows(10)}, {"1", many_rows(10)}}, .endless = true, .rediscovers = true};
  part.give(part.life());
  std::vector<JobSplit> splits = part.await<report::Prepared>().splits;
  JobSplit later = splits.back();
  later.at_start = false;
  splits.pop_back();
  part.give(order::Start{splits});
  part.give(order::KnowSplits{{later}});
  part.give(order::ReadSplits{1});
  part.give(order::KnowSplits{});  // Its answer says that the order before it was obeyed.
  CHECK(part.await<report::SplitsKnown>().known == 2);
  CHECK(part.await<report::SplitsKnown>().known == 2);
  CHECK_FALSE(part.tables.was_opened_as_new("in", "1"));
  part.give(order::ReadSplits{2});
  part.give(order::KnowSplits{});
  part.await<report::SplitsKnown>();
  CHECK(part.tables.was_opened_as_new("in", "1"));
}

TEST_CASE("WhatACheckpointHoldsIsDeliveredWhenOrdered") {
  Part part;
  part.tables.sources["in"] = {.splits = {{"0", many_rows(10)}}, .endless = true};
  part.start();
  part.tables.wait_for_rows("out", 10);
  part.give(order::Inject{Epoch(1)});
  const auto taken = part.await<report::SnapshotTaken>();
  REQUIRE(taken.outputs.size() == 1);
  CHECK(taken.outputs[0].second.size() == 1);
  CHECK(part.tables.written("out").delivered.empty());
  part.give(order::Commit{Epoch(1), {SlotIndex(0)}});
  CHECK(part.await<report::OutputCommitted>().epoch == Epoch(1));
  CHECK(part.tables.written("out").delivered.size() == 10);
}

TEST_CASE("ATaskThatFailsIsReported") {
  Part part;
  part.tables.sources["in"] = {.splits = {{"0", many_rows(10)}}, .breaks_after = 5};
  part.start();
  CHECK(part.await<report::TaskFailed>().error.kind == ErrorKind::kUnavailable);
}

TEST_CASE("AnOrderThatCannotBeObeyedIsReported") {
  Part part;
  part.give(part.life());  // There is no table "in".
  CHECK(part.await<report::Failed>().error.kind == ErrorKind::kUser);
}

TEST_CASE("AJobThatDoesNotFitInMemoryIsRefusedWithTheSum") {
  Part part(passing_graph(), {.all = 10 << 20});
  part.tables.sources["in"].splits = {{"0", many_rows(10)}};
  part.give(part.life());
  const Error refused = part.await<report::Failed>().error;
  CHECK(refused.kind == ErrorKind::kUser);
  CHECK(refused.message.find("does not fit in memory = 10 MiB") != std::string::npos);
  CHECK(refused.message.find("the process") != std::string::npos);
}

TEST_CASE("WhatAJobSaysForItselfBoundsItsPartOfAWorker") {
  Part part(passing_graph(), {.all = uint64_t{1} << 30});
  part.tables.sources["in"].splits = {{"0", many_rows(10)}};
  order::Prepare life = part.life();
  life.graph.options.memory = 12 << 20;
  part.give(life);
  const Error refused = part.await<report::Failed>().error;
  CHECK(refused.message.find("does not fit in memory = 12 MiB") != std::string::npos);
}

TEST_CASE("AJobThatFitsInMemoryRuns") {
  Part part(passing_graph(), {.all = uint64_t{1} << 30});
  part.tables.sources["in"].splits = {{"0", many_rows(10)}};
  part.start();
  CHECK(part.await<report::SnapshotTaken>().final);
}

TEST_CASE("APartTellsWhatItMayHaveOfTheMemory") {
  constexpr uint64_t kAll = uint64_t{1} << 30;
  Part part(passing_graph(), {.all = kAll});
  part.tables.sources["in"].splits = {{"0", many_rows(10)}};
  part.give(part.life());
  const std::optional<MemoryShare> memory = part.await<report::Prepared>().memory;
  REQUIRE(memory.has_value());
  CHECK(memory->bytes == kAll);
  CHECK(memory->worker_bytes == kAll);
  CHECK(memory->least_bytes < kAll);
  CHECK(memory->parts.at(0).what == "the process");
  uint64_t sum = 0;
  for (const MemoryPart& each : memory->parts) sum += each.bytes;
  CHECK(sum == kAll);
}

TEST_CASE("APartThatNothingBoundsTellsNoMemory") {
  Part part;
  part.tables.sources["in"].splits = {{"0", many_rows(10)}};
  part.give(part.life());
  CHECK_FALSE(part.await<report::Prepared>().memory.has_value());
}

TEST_CASE("NothingRunsAfterAStop") {
  Part part;
  part.tables.sources["in"] = {.splits = {{"0", many_rows(10)}}, .endless = true};
  part.start();
  part.tables.wait_for_rows("out", 10);
  part.part->stop();
  CHECK(part.part->reports().at(0).stages[0].counters.rows_in == 10);
}

}  // namespace
}  // namespace weir
