// What the consumer knows about a partition of a real broker.
#include "operators/connectors/kafka/consumer.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

std::unique_ptr<Consumer> consumer_of(const TestTopic& topic) {
  return Consumer::make(topic.source_options(), 1, {}).value();
}

}  // namespace

TEST_CASE("TheStableEndStandsBeforeAnOpenTransaction") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 5));
  const auto consumer = consumer_of(topic);
  CHECK(consumer->bounds(0).value().low == 0);
  CHECK(consumer->bounds(0).value().stable_end == 5);

  TestTransaction open(topic, 0, numbered("b", 3));
  topic.write(0, {"after"});
  CHECK(topic.end_offset(0) == 9);
  CHECK(consumer->bounds(0).value().stable_end == 5);

  open.commit();
  CHECK(topic.end_offset(0) == 10);
  CHECK(consumer->bounds(0).value().stable_end == 10);
}

TEST_CASE("TheLowEndFollowsDeletedRecords") {
  TestTopic topic(1);
  topic.write(0, numbered("a", 5));
  topic.delete_records_before(0, 3);
  const auto consumer = consumer_of(topic);
  CHECK(consumer->bounds(0).value().low == 3);
  CHECK(consumer->bounds(0).value().stable_end == 5);
}

TEST_CASE("TimesAreOffsets") {
  TestTopic topic(1);
  topic.write_with_key("k", "early", "h");  // Stamped 1700000000.123 s.
  topic.write(0, {"now"});
  const auto consumer = consumer_of(topic);
  CHECK(consumer->offset_at(0, 0).value() == 0);
  CHECK(consumer->offset_at(0, 1'700'000'000'123'000).value() == 0);
  CHECK(consumer->offset_at(0, 1'700'000'000'123'001).value() == 1);
  CHECK(consumer->offset_at(0, 4'000'000'000'000'000).value() == 2);
}

}  // namespace weir::kafka
