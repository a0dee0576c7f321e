// Goal: a marker is read as it was written, and what follows from it is right. Method: examples of
// every relation between a marker and a checkpoint; a real broker for the asking.
#include "operators/connectors/kafka/marker.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

CheckpointId id_of(uint64_t generation, uint64_t epoch) {
  return {Generation(generation), Epoch(epoch)};
}

Marker marker_of(uint64_t generation, uint64_t epoch, uint32_t chunk, uint32_t chunks) {
  return {.id = id_of(generation, epoch), .chunk = chunk, .chunks = chunks};
}

Result<uint32_t> committed(const Marker& marker, CheckpointId id, uint32_t chunks) {
  return chunks_committed(StoredMarker{marker, 1}, id, chunks, "topic=t");
}

}  // namespace

TEST_CASE("AMarkerIsReadAsItWasWritten") {
  CHECK(to_text(marker_of(3, 1041, 2, 3)) == "v1 3 1041 2 of 3");
  for (const Marker& marker : {Marker{}, marker_of(3, 1041, 2, 3),
                               marker_of(UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX)}) {
    CHECK(parse_marker(to_text(marker)).value() == marker);
  }
}

TEST_CASE("WhatIsNoMarkerIsRefused") {
  for (const char* text : {"", "v1", "v2 1 1 1 of 1", "v1 1 1 1 of", "v1 1 1 1 of 1 ",
                           "v1 -1 1 1 of 1", "v1 1 1 2 of 1", "v1 99999999999999999999 1 1 of 1"}) {
    INFO(text);
    const auto read = parse_marker(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("AMarkerSaysHowManyChunksAreCommitted") {
  CHECK(committed(Marker{}, id_of(1, 1), 3).value() == 0);
  CHECK(committed(marker_of(1, 1, 2, 2), id_of(1, 2), 3).value() == 0);
  CHECK(committed(marker_of(1, 7, 2, 2), id_of(2, 5), 3).value() == 0);
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 2), 3).value() == 1);
  CHECK(committed(marker_of(1, 2, 3, 3), id_of(1, 2), 3).value() == 3);
  // One life of a job delivers in order.
  CHECK(committed(marker_of(1, 3, 1, 2), id_of(1, 2), 3).value() == 3);
}

TEST_CASE("OutputOfALaterLifeIsNotRewound") {
  const auto refused = committed(marker_of(2, 3, 1, 1), id_of(1, 9), 1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(refused.error().message, Catch::Contains("refusing to rewind") &&
                                          Catch::Contains("generation=2 epoch=3") &&
                                          Catch::Contains("--fork"));
}

TEST_CASE("AMissingMarkerIsAnAlarm") {
  const auto refused = chunks_committed(std::nullopt, id_of(1, 1), 1, "topic=t id=x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(refused.error().message,
             Catch::Contains("no marker: topic=t id=x") && Catch::Contains("retention"));
}

TEST_CASE("ASegmentThatTheMarkerDoesNotFitIsRefused") {
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 2), 4).error().kind == ErrorKind::kCorrupt);
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 3), 1).error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("AGroupThatNeverCommittedHasNoMarker") {
  TestTopic topic(1);
  CHECK_FALSE(topic.marker(random_name()).has_value());
}

TEST_CASE("BrokersThatDoNotAnswerAreAnAnswer") {
  const auto reader = MarkerReader::make({.brokers = "127.0.0.1:1", .topic = "t"}, "g").value();
  const MarkerAnswer answer = reader->ask(200);
  CHECK(answer.code != RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK_FALSE(answer.reason.empty());
}

}  // namespace weir::kafka
