// What a coordinator keeps of a job: all of it is there again when another one reads it.
#include "runtime/coordinator/job_record.h"

#include "engine/sql/sql.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

JobRecord full_record() {
  JobRecord record{.id = "0123abcd", .parallelism = 3, .from = "/saved/1", .fork = true};
  record.graph.options.job_name = "count";
  record.savepoint = CheckpointId{Generation(2), Epoch(70)};
  record.submitted_at = 1'700'000'000'000'000;
  record.stops = true;
  record.stop_to = "/saved/2";
  record.ended = JobState::kStopped;
  record.ended_at = 1'700'000'000'000'001;
  record.reason = "somebody said so";
  record.lineage = "feed";
  record.newest = CheckpointId{Generation(5), Epoch(71)};
  return record;
}

TEST_CASE("ARecordIsReadAsItWasWritten") {
  const JobRecord record = full_record();
  const JobRecord read = decode_record(encode_record(record), sql_expression).value();
  REQUIRE(encode_record(read) == encode_record(record));
  REQUIRE(read.savepoint == record.savepoint);
  REQUIRE(read.stop_to == record.stop_to);
  REQUIRE(read.ended == record.ended);
  REQUIRE(read.lineage == record.lineage);
  REQUIRE(read.newest == record.newest);
}

TEST_CASE("ARecordMayHaveNeitherSavepointNorCheckpoint") {
  JobRecord record = full_record();
  record.savepoint.reset();
  record.newest.reset();
  record.ended.reset();
  const JobRecord read = decode_record(encode_record(record), sql_expression).value();
  REQUIRE_FALSE(read.savepoint.has_value());
  REQUIRE_FALSE(read.newest.has_value());
  REQUIRE_FALSE(read.ended.has_value());
}

TEST_CASE("WhatIsNoRecordIsRefused") {
  REQUIRE(decode_record("{", sql_expression).error().kind == ErrorKind::kCorrupt);
  REQUIRE(decode_record("[]", sql_expression).error().kind == ErrorKind::kCorrupt);
  REQUIRE(decode_record(R"({"version":2})", sql_expression).error().kind == ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
