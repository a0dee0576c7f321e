// Reading one partition of a real broker: where it ends, where it goes on, and what it says when it
// cannot.
#include "operators/connectors/kafka/reader.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

KafkaSourceOptions bounded(const TestTopic& topic) {
  KafkaSourceOptions options = topic.source_options();
  options.stop_latest = true;
  return options;
}

bool stands_at(const SplitReader& reader, int64_t next, int64_t stop) {
  const Position position = decode_position(reader.position()).value();
  return position.next == next && position.stop == stop;
}

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("ReadsAPartitionInOrderAtAnyBatchSize") {
  TestTopic topic(1);
  const auto values = numbered("value-", 2500);
  topic.write(0, values);
  for (size_t rows_max : {size_t{1}, size_t{7}, size_t{4096}, size_t{100'000}}) {
    TestReading reading(bounded(topic));
    const auto reader = reading.open(0);
    CHECK(reader->backlog() == 2500);
    CHECK(reading.read_to_end(*reader, rows_max) == values);
    CHECK(reader->backlog() == 0);
    CHECK(stands_at(*reader, 2500, 2500));
  }
}

TEST_CASE("GoesOnFromAPositionWithNothingLostOrTwice") {
  TestTopic topic(1);
  const auto values = numbered("value-", 100);
  topic.write(0, values);
  SplitPosition position;
  std::vector<std::string> found;
  {
    TestReading reading(topic.source_options());
    const auto reader = reading.open(0);
    found = reading.read_some(*reader, 37);
    position = reader->position();
  }
  TestReading reading(topic.source_options());
  const auto reader = reading.open(0, &position);
  CHECK(joined(found, reading.read_some(*reader, 63)) == values);
}

// Goes on from where a reader of 37 records of the topic stood, as `change` makes it.
void open_after_37(TestTopic& topic, const std::function<void(Position&)>& change,
                   const std::function<void(TestReading&, SplitReader&)>& then) {
  topic.write(0, numbered("value-", 100));
  SplitPosition position;
  {
    TestReading reading(topic.source_options());
    const auto reader = reading.open(0);
    reading.read_some(*reader, 37);
    Position reached = decode_position(reader->position()).value();
    change(reached);
    position = encode(reached);
  }
  TestReading reading(topic.source_options());
  const auto reader = reading.open(0, &position);
  then(reading, *reader);
}

TEST_CASE("ATopicThatWasMadeAgainIsKnownByTheRecordThatWasReadLast") {
  TestTopic topic(1);
  open_after_37(
      topic,
      [](Position& reached) {
        REQUIRE(reached.last.has_value());
        reached.last->time_ms -= 1;
      },
      [](TestReading& reading, SplitReader& reader) {
        const Error error = reading.read_to_error(reader);
        CHECK((error.kind == ErrorKind::kCorrupt));
        CHECK_THAT(error.message, Catch::Contains("deleted and created again"));
      });
}

TEST_CASE("WhatWasReadLastMayBeGone") {
  TestTopic topic(1);
  open_after_37(
      topic, [&](Position& reached) { topic.delete_records_before(0, reached.next); },
      [](TestReading& reading, SplitReader& reader) {
        CHECK(reading.read_some(reader, 1) == std::vector<std::string>{"value-37"});
      });
}

TEST_CASE("ARestartKeepsTheFirstStop") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  SplitPosition position;
  {
    TestReading reading(bounded(topic));
    const auto reader = reading.open(0);
    DecodedRows none;
    position = reader->position();
  }
  topic.write(0, numbered("later", 10));
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0, &position);
  CHECK(reading.read_to_end(*reader) == numbered("a", 10));
}

TEST_CASE("AnEmptyPartitionEndsAtOnce") {
  const TestTopic topic(1);
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  DecodedRows rows;
  CHECK(reader->read(100, 0, rows)->state == ReadState::kEnd);
}

TEST_CASE("EndsBeforeAnOpenTransaction") {
  TestTopic topic(1);
  topic.write(0, {"one", "two"});
  TestTransaction open(topic, 0, {"open"});
  topic.write(0, {"behind"});
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader) == std::vector<std::string>{"one", "two"});
  open.abort();
}

TEST_CASE("EndsBehindAnAbortedTransaction") {
  TestTopic topic(1);
  topic.write(0, {"one"});
  TestTransaction aborted(topic, 0, numbered("no", 20));
  aborted.abort();
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader) == std::vector<std::string>{"one"});
  CHECK(stands_at(*reader, 22, 22));
}

TEST_CASE("EndsWhereOnlyAbortedTransactionsAre") {
  TestTopic topic(1);
  for (int i = 0; i < 3; ++i) TestTransaction(topic, 0, {"no"}).abort();
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader).empty());
  CHECK(stands_at(*reader, 6, 6));
}

TEST_CASE("ReadsCommittedTransactionsAndEndsBehindTheirMarker") {
  TestTopic topic(1);
  TestTransaction(topic, 0, {"yes"}).commit();
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader) == std::vector<std::string>{"yes"});
  CHECK(stands_at(*reader, 2, 2));
}

TEST_CASE("DeletedRecordsUpToTheEndLeaveNothingToRead") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 5));
  topic.delete_records_before(0, 5);
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader).empty());
}

TEST_CASE("APositionWhoseRecordsWereDeletedIsAnErrorThatNamesIt") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  topic.delete_records_before(0, 6);
  TestReading reading(topic.source_options());
  const SplitPosition position = encode({.next = 4, .stop = {}});
  const auto reader = reading.source().open({"0", topic.name(), 0}, &position, false);
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(reader.error().message,
             Catch::Contains("topic=" + topic.name() + " partition=0 offset=4 low=6 high=10"));
}

TEST_CASE("APositionBehindTheEndIsAnErrorThatNamesIt") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  TestReading reading(topic.source_options());
  const SplitPosition position = encode({.next = 400, .stop = {}});
  const auto reader = reading.open(0, &position);
  const Error error = reading.read_to_error(*reader);
  CHECK(error.kind == ErrorKind::kCorrupt);
  CHECK_THAT(error.message, Catch::Contains("partition=0 offset=400 low=0 high=10"));
}

TEST_CASE("AJobThatHadNoStopEndsWhereThePartitionEndsWhenItIsGivenOne") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  const SplitPosition endless = encode({.next = 4, .stop = {}});
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0, &endless);
  topic.write(0, {"later"});
  CHECK(reading.read_to_end(*reader).size() == 6);
  const SplitPosition ended = reader->position();
  CHECK(decode_position(ended).value().next == 10);
  CHECK(decode_position(ended).value().stop == 10);
  // From then on it is that one.
  CHECK(reading.read_to_end(*TestReading(bounded(topic)).open(0, &ended)).empty());
}

TEST_CASE("AStopIsNoEndForAPositionBehindIt") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  const SplitPosition position = encode({.next = 400, .stop = {}});
  TestReading reading(bounded(topic));
  const auto reader = reading.source().open({"0", topic.name(), 0}, &position, false);
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(reader.error().message, Catch::Contains("offset=400 low=0 high=10"));
}

TEST_CASE("WaitsAndIsWokenByTheNextRecord") {
  TestTopic topic(1);
  TestReading reading(topic.source_options());
  const auto reader = reading.open(0);
  DecodedRows rows;
  const auto outcome = reader->read(100, 0, rows);
  CHECK(outcome->state == ReadState::kWaiting);
  CHECK_FALSE(outcome->wake_at.has_value());
  topic.write(0, {"hello"});
  CHECK(reading.read_some(*reader, 1) == std::vector<std::string>{"hello"});
}

TEST_CASE("StartsAtTheEndOrAtATime") {
  TestTopic topic(1);
  topic.write_with_key("k", "old", "h");
  topic.write(0, {"middle"});
  KafkaSourceOptions options = topic.source_options();
  options.start = KafkaStart::kTime;
  options.start_time = 1'800'000'000'000'000 - 90'000'000'000'000;
  {
    TestReading reading(options);
    CHECK(reading.read_some(*reading.open(0), 1) == std::vector<std::string>{"middle"});
  }
  options.start = KafkaStart::kLatest;
  TestReading reading(options);
  const auto reader = reading.open(0);
  topic.write(0, {"new"});
  CHECK(reading.read_some(*reader, 1) == std::vector<std::string>{"new"});
}

TEST_CASE("ReadsRecordsLargerThanAFetch") {
  TestTopic topic(1, {{"max.message.bytes", "20000000"}});
  const std::vector<std::string> values = {"small", std::string(9'000'000, 'x'),
                                           std::string(5'000'000, 'y'), "end"};
  topic.write(0, values);
  KafkaSourceOptions options = bounded(topic);
  options.buffer_bytes = 1 << 20;
  TestReading reading(options);
  const auto reader = reading.open(0);
  CHECK((reading.read_to_end(*reader) == values));
}

TEST_CASE("FillsMetadataColumns") {
  TestTopic topic(1);
  topic.write_with_key("card-1", "v", "trace-7");
  TestReading reading(bounded(topic), raw_shape({{MetadataKind::kPartition, ""},
                                                 {MetadataKind::kOffset, ""},
                                                 {MetadataKind::kTime, ""},
                                                 {MetadataKind::kKey, ""},
                                                 {MetadataKind::kHeader, "trace"},
                                                 {MetadataKind::kHeader, "absent"}}));
  const auto reader = reading.open(0);
  DecodedRows rows;
  while (rows.batch.rows == 0) REQUIRE(reader->read(1, 0, rows).ok());
  const auto& columns = rows.batch.columns;
  CHECK(columns[0]->text(0) == "v");
  CHECK(columns[1]->values<int32_t>()[0] == 0);
  CHECK(columns[2]->values<int64_t>()[0] == 0);
  CHECK(columns[3]->values<int64_t>()[0] == 1'700'000'000'123'000);
  CHECK(columns[4]->text(0) == "card-1");
  CHECK(columns[5]->text(0) == "trace-7");
  CHECK(columns[6]->is_null(0));
}

TEST_CASE("PublishesProgressUnderTheGroup") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  KafkaSourceOptions options = bounded(topic);
  options.group = random_name();
  topic.wait_for_coordinator(options.group);
  TestReading reading(options);
  const auto reader = reading.open(0);
  reading.read_to_end(*reader);
  CHECK(topic.published(options.group, 0) == 10);
}

TEST_CASE("CompactedRecordsAreSkippedWithoutWaiting") {
  // One value of each key stays; the offsets of the others are gaps.
  TestTopic topic(1, {{"cleanup.policy", "compact"}});
  for (int i = 0; i < 3; ++i) topic.write_with_key("same", std::to_string(i), "h");
  TestReading reading(bounded(topic));
  const auto reader = reading.open(0);
  CHECK(reading.read_to_end(*reader).back() == "2");
}

TEST_CASE("AReaderMayOutliveItsSource") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 10));
  auto reading = std::make_unique<TestReading>(bounded(topic));
  auto reader = reading->open(0);
  reading.reset();
  reader.reset();
}

}  // namespace weir::kafka
