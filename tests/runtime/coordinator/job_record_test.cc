// Records of jobs over a store in memory, written by one coordinator and by two.
#include "runtime/coordinator/job_record.h"

#include "engine/sql/sql.h"
#include "runtime/local/volatile_store.h"
#include "tests/runtime/coordinator/stored_graph.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace weir {
namespace {

JobRecord record_of(const std::string& id, int64_t submitted_at = 7) {
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  JobRecord record{.id = id, .graph = as_stored(graph.job(1).graph), .submitted_at = submitted_at};
  record.graph.options.job_name = "name of " + id;
  return record;
}

JobRegistry leading(SnapshotStore& store) {
  JobRegistry registry(store, sql_expression);
  REQUIRE(registry.begin_term().ok());
  return registry;
}

ErrorKind kind_of(const Result<JobRecord>& result) {
  REQUIRE_FALSE(result.ok());
  return result.error().kind;
}

// With one text in the place of another.
std::string instead(std::string text, const std::string& was, const std::string& is) {
  const size_t at = text.find(was);
  REQUIRE(at != std::string::npos);
  return text.replace(at, was.size(), is);
}

TEST_CASE("ARecordIsReadAsItWasWritten") {
  JobRecord record = record_of("a1");
  record.parallelism = 3;
  record.from = "/savepoints/\"one\"";
  record.fork = true;
  record.savepoint = CheckpointId{Generation(2), Epoch(70)};
  record.submitted_at = 1'704'067'200'000'001;
  record.stops = true;
  record.stop_to = "/savepoints/two";
  record.lineage = "feed";
  record.newest = CheckpointId{Generation(5), Epoch(71)};
  record.ended = JobState::kFailed;
  record.ended_at = 1'704'067'200'000'002;
  record.reason = "cannot read: \n caf\xc3\xa9";
  const Result<JobRecord> read = decode_record(encode_record(record), sql_expression);
  INFO((read.ok() ? "" : read.error().message));
  REQUIRE(read.ok());
  CHECK(read->id == record.id);
  CHECK(same_graph(read->graph, record.graph));
  CHECK(read->parallelism == record.parallelism);
  CHECK(read->from == record.from);
  CHECK(read->fork == record.fork);
  CHECK(read->submitted_at == record.submitted_at);
  CHECK(read->stops == record.stops);
  CHECK(read->ended == record.ended);
  CHECK(read->ended_at == record.ended_at);
  CHECK(read->reason == record.reason);
  CHECK(read->savepoint == record.savepoint);
  CHECK(read->stop_to == record.stop_to);
  CHECK(read->lineage == record.lineage);
  CHECK(read->newest == record.newest);
}

TEST_CASE("ARecordMayHaveNeitherSavepointNorCheckpoint") {
  const JobRecord read = decode_record(encode_record(record_of("a1")), sql_expression).value();
  CHECK_FALSE(read.savepoint.has_value());
  CHECK_FALSE(read.newest.has_value());
  CHECK_FALSE(read.ended.has_value());
}

TEST_CASE("AJobMayHaveEndedInEveryWayThatEndsOne") {
  for (const JobState state : kJobStates) {
    if (!has_ended(state)) continue;
    JobRecord record = record_of("a1");
    record.ended = state;
    CHECK(decode_record(encode_record(record), sql_expression)->ended == state);
  }
  CHECK_FALSE(decode_record(encode_record(record_of("a1")), sql_expression)->ended.has_value());
}

TEST_CASE("WhatIsNoRecordIsCorrupt") {
  const std::string good = encode_record(record_of("a1"));
  for (const std::string& text : {std::string(), std::string("[]"), good.substr(0, good.size() / 2),
                                  instead(good, "\"id\":\"a1\"", "\"id\":\"\""),
                                  instead(good, "\"parallelism\":1", "\"parallelism\":0"),
                                  instead(good, "\"parallelism\":1", "\"parallelism\":-1"),
                                  instead(good, "\"parallelism\":1", "\"parallelism\":4294967297"),
                                  instead(good, "\"ended\":\"\"", "\"ended\":\"gone\""),
                                  instead(good, "\"ended\":\"\"", "\"ended\":\"running\"")}) {
    INFO(text);
    CHECK(kind_of(decode_record(text, sql_expression)) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("ARecordOfAnotherVersionIsItsUsersBusiness") {
  const std::string text =
      instead(encode_record(record_of("a1")), "\"version\":1", "\"version\":2");
  CHECK(kind_of(decode_record(text, sql_expression)) == ErrorKind::kUser);
}

TEST_CASE("ARecordThatCannotBeReadIsNamed") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  REQUIRE(store.put("registry/a1/000000000001", "nothing").ok());
  const Result<StoredJobs> jobs = registry.jobs();
  REQUIRE_FALSE(jobs.ok());
  CHECK(jobs.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(jobs.error().message, Catch::Contains("registry/a1/000000000001"));
}

TEST_CASE("EveryTermIsAboveThoseBefore") {
  VolatileStore store;
  JobRegistry first = leading(store);
  CHECK(first.term() == 1);
  CHECK(first.leads().value());
  JobRegistry second = leading(store);
  CHECK(second.term() == 2);
  CHECK(second.leads().value());
  CHECK_FALSE(first.leads().value());
}

std::vector<std::string> names(VolatileStore& store, const std::string& folder) {
  return store.list(folder).value();
}

TEST_CASE("OnlyTheHighestTermIsKept") {
  VolatileStore store;
  REQUIRE(store.put("terms/000000000003", "").ok());
  REQUIRE(store.put("terms/000000000004", "").ok());
  CHECK(leading(store).term() == 5);
  CHECK(names(store, "terms/") == std::vector<std::string>{"terms/000000000005"});
}

// Calls back just before a name that begins so is written.
class Delayed : public VolatileStore {
 public:
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override {
    const std::function<void()> first = std::exchange(before, {});
    if (first && name.starts_with(prefix)) {
      first();
    } else {
      before = first;
    }
    return VolatileStore::put_if_absent(name, bytes);
  }
  std::string prefix;
  std::function<void()> before;
};

// It was about to take term 1 while two others came, and the second removed that number again.
TEST_CASE("WhoTakesATermWhoseNumberWasFreedDoesNotLead") {
  Delayed store;
  store.prefix = "terms/";
  std::optional<JobRegistry> second;
  store.before = [&] {
    leading(store);
    second.emplace(leading(store));
  };
  JobRegistry first = leading(store);
  CHECK(first.term() == 1);
  CHECK_FALSE(first.leads().value());
  CHECK(second->term() == 2);
  CHECK(second->leads().value());
}

TEST_CASE("AStoreKeepsItsMark") {
  VolatileStore store;
  const std::string mark = leading(store).store_mark();
  CHECK(mark.size() == 32);
  CHECK(leading(store).store_mark() == mark);
  CHECK(store.get("store-mark").value() == mark);
  VolatileStore other;
  CHECK(leading(other).store_mark() != mark);
}

TEST_CASE("TheNewestRecordOfEachJobIsRead") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  REQUIRE(registry.jobs().value().jobs.empty());
  REQUIRE(registry.write(record_of("c", 1)).ok());
  REQUIRE(registry.write(record_of("b", 3)).ok());
  REQUIRE(registry.write(record_of("a", 2)).ok());
  for (uint32_t parallelism = 1; parallelism <= 12; ++parallelism) {
    JobRecord record = record_of("c", 1);
    record.parallelism = parallelism;
    REQUIRE(registry.write(record).ok());
  }
  const std::vector<JobRecord> jobs = leading(store).jobs().value().jobs;
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].id == "c");
  CHECK(jobs[0].parallelism == 12);
  CHECK(jobs[1].id == "a");
  CHECK(jobs[2].id == "b");
}

TEST_CASE("OnlyTheNewestRecordOfAJobIsKept") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  for (int i = 0; i < 5; ++i) REQUIRE(registry.write(record_of("a")).ok());
  CHECK(store.list("registry/").value() == std::vector<std::string>{"registry/a/000000000005"});
}

TEST_CASE("AJobWhoseNameBeginsAsAnothersHasRecordsOfItsOwn") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  REQUIRE(registry.write(record_of("a", 1)).ok());
  REQUIRE(registry.write(record_of("ab", 2)).ok());
  REQUIRE(registry.write(record_of("a", 1)).ok());
  CHECK(registry.jobs().value().jobs.size() == 2);
}

TEST_CASE("WhoDoesNotLeadWritesNothing") {
  VolatileStore store;
  JobRegistry first = leading(store);
  JobRegistry second = leading(store);
  const Status refused = first.write(record_of("a"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kFenced);
  CHECK(second.jobs().value().jobs.empty());
  CHECK(second.write(record_of("a")).ok());
}

// Writes another record just before one is written.
class Overtaken : public VolatileStore {
 public:
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override {
    if (overtakes && name.starts_with("registry/")) {
      overtakes = false;
      REQUIRE(VolatileStore::put_if_absent(name, encode_record(record_of("a"))).ok());
    }
    return VolatileStore::put_if_absent(name, bytes);
  }
  // Removes what a later record replaces, after it was listed.
  Result<std::optional<std::string>> get(const std::string& name) override {
    if (replaces && name.starts_with("registry/")) {
      replaces = false;
      REQUIRE(put("registry/a/000000000002", encode_record(record_of("a"))).ok());
      REQUIRE(remove("registry/a/000000000001").ok());
    }
    return VolatileStore::get(name);
  }
  bool overtakes = false;
  bool replaces = false;
};

TEST_CASE("OfTwoCoordinatorsThatWriteTheNextRecordOneIsFenced") {
  Overtaken store;
  JobRegistry registry = leading(store);
  store.overtakes = true;
  const Status refused = registry.write(record_of("a"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kFenced);
  CHECK(registry.write(record_of("a")).ok());
}

TEST_CASE("ARecordThatIsReplacedWhileItIsReadIsReadAnew") {
  Overtaken store;
  JobRegistry registry = leading(store);
  REQUIRE(registry.write(record_of("a")).ok());
  store.replaces = true;
  const Result<StoredJobs> jobs = registry.jobs();
  REQUIRE(jobs.ok());
  CHECK(jobs->jobs.size() == 1);
}

TEST_CASE("RecordsThatACrashLeftBelowTheNewestAreRemoved") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  REQUIRE(store.put("registry/a/000000000001", encode_record(record_of("a"))).ok());
  REQUIRE(store.put("registry/a/000000000002", encode_record(record_of("a"))).ok());
  REQUIRE(registry.write(record_of("a")).ok());
  CHECK(names(store, "registry/") == std::vector<std::string>{"registry/a/000000000003"});
}

JobRecord ended_record(const std::string& id) {
  JobRecord record = record_of(id);
  record.ended = JobState::kCancelled;
  return record;
}

const PastJob kPast{"a", "name of a", "feed", CheckpointId{Generation(2), Epoch(70)}};

TEST_CASE("OfAJobThatIsForgottenTheRegistryKeepsItsLineage") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  REQUIRE(registry.write(ended_record("a")).ok());
  REQUIRE(registry.write(record_of("b")).ok());
  REQUIRE(registry.forget(kPast).ok());
  const StoredJobs found = leading(store).jobs().value();
  REQUIRE(found.jobs.size() == 1);
  CHECK(found.jobs[0].id == "b");
  CHECK(found.past == std::vector<PastJob>{kPast});
  const std::vector<std::string> kept = names(store, "registry/a/");
  REQUIRE(kept.size() == 1);
  CHECK(store.get(kept[0]).value()->size() < 200);
}

TEST_CASE("AForgottenJobMayHaveNeitherLineageNorCheckpoint") {
  const PastJob job{.id = "a", .name = "caf\xc3\xa9"};
  CHECK(decode_past(encode_past(job)) == job);
  CHECK_FALSE(decode_past(encode_record(record_of("a"))).has_value());
  CHECK_FALSE(decode_past("{\"version\":2}").has_value());
}

TEST_CASE("AJobHasEndedOnceItsNewestRecordSaysSo") {
  VolatileStore store;
  JobRegistry registry = leading(store);
  CHECK_FALSE(registry.has_ended("a").value());
  REQUIRE(registry.write(record_of("a")).ok());
  CHECK_FALSE(registry.has_ended("a").value());
  REQUIRE(registry.write(ended_record("a")).ok());
  CHECK(registry.has_ended("a").value());
  REQUIRE(registry.forget(kPast).ok());
  CHECK(registry.has_ended("a").value());
}

// A coordinator that was about to write a record, for however long, while others led.
TEST_CASE("ALateRecordOfAnEarlierTermBringsNothingBack") {
  for (const bool is_forgotten : {false, true}) {
    for (const int changes : {0, 1, 2}) {
      CAPTURE(is_forgotten, changes);
      Delayed store;
      JobRegistry first = leading(store);
      REQUIRE(first.write(record_of("a")).ok());
      store.prefix = "registry/";
      store.before = [&] {
        JobRegistry second = leading(store);
        for (int i = 0; i < changes; ++i) REQUIRE(second.write(record_of("a")).ok());
        REQUIRE(second.write(ended_record("a")).ok());
        if (is_forgotten) REQUIRE(second.forget(kPast).ok());
      };
      const Status late = first.write(record_of("a"));
      REQUIRE_FALSE(late.ok());
      CHECK(late.error().kind == ErrorKind::kFenced);
      CHECK(leading(store).has_ended("a").value());
    }
  }
}

TEST_CASE("RandomNamesAreDigitsAndDiffer") {
  CHECK(random_digits(8).size() == 8);
  CHECK(random_digits(32).find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(random_digits(32) != random_digits(32));
}

}  // namespace
}  // namespace weir
