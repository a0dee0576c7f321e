// Writing to a real topic: what arrives, where, and what happens when it cannot.
#include "operators/connectors/kafka/sink.h"

#include "operators/connectors/kafka/client.h"
#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir::kafka {

namespace {

const Schema& alert_schema() {
  static const Schema schema{
      {{.name = "card", .type = TypeKind::kText}, {.name = "n", .type = TypeKind::kInt}}};
  return schema;
}

RecordBatch alerts(int count, const std::string& card_prefix = "card-", int from = 0) {
  ColumnWriter card(TypeKind::kText, static_cast<size_t>(count));
  ColumnWriter n(TypeKind::kInt, static_cast<size_t>(count));
  for (int i = from; i < from + count; ++i) {
    card.append_text(card_prefix + std::to_string(i));
    n.append(int32_t{i});
  }
  RecordBatch batch;
  batch.schema = std::make_shared<Schema>(alert_schema());
  batch.columns = {std::move(card).finish(), std::move(n).finish()};
  batch.rows = static_cast<uint32_t>(count);
  return batch;
}

KafkaSinkOptions options_for(const std::string& topic, std::vector<std::string> key = {}) {
  KafkaSinkOptions options;
  options.brokers = broker_address();
  options.topic = topic;
  options.key = std::move(key);
  return options;
}

// A sink with its bell.
class Writing {
 public:
  explicit Writing(const KafkaSinkOptions& options)
      : sink_(make_kafka_sink(options, {.format = "json"}, alert_schema()).value()) {
    sink_->on_wakeup(bell_.ringer());
  }
  Sink& sink() { return *sink_; }

  // How often the sink had no room.
  int write_all(const RecordBatch& batch) {
    int refusals = 0;
    for (size_t from = 0; from < batch.size();) {
      const auto taken = sink_->write(batch, from);
      REQUIRE(taken.ok());
      from += *taken;
      if (from == batch.size()) break;
      ++refusals;
      bell_.wait();
    }
    return refusals;
  }
  void flush() {
    while (true) {
      const auto flushed = sink_->flush();
      INFO((flushed.ok() ? "" : flushed.error().message));
      REQUIRE(flushed.ok());
      if (*flushed == Flush::kDone) return;
      bell_.wait();
    }
  }
  Error flush_to_error() {
    while (true) {
      const auto flushed = sink_->flush();
      if (!flushed.ok()) return flushed.error();
      REQUIRE(*flushed == Flush::kMore);
      bell_.wait();
    }
  }

 private:
  Bell bell_;  // Before the sink, which rings it.
  std::unique_ptr<Sink> sink_;
};

}  // namespace

TEST_CASE("RowsArriveAsRecordsWithTheirKeys") {
  TestTopic topic(1);
  Writing writing(options_for(topic.name(), {"card"}));
  writing.write_all(alerts(2));
  writing.flush();
  const Segment segment = writing.sink().seal({Generation(1), Epoch(1)}).value();
  CHECK(segment.contents.empty());
  CHECK(segment.rows == 2);
  CHECK(writing.sink().deliver({Generation(1), Epoch(1)}, segment).ok());
  CHECK(topic.contents(0) ==
        std::vector<std::pair<std::string, std::string>>{{"card-0", R"({"card":"card-0","n":0})"},
                                                         {"card-1", R"({"card":"card-1","n":1})"}});
}

TEST_CASE("ARowHardlyWaitsForOthersUnlessItIsToldTo") {
  const auto linger = [](KafkaSinkOptions options) {
    return Client::make(kafka_sink_client(options, {})).value()->property("linger.ms");
  };
  KafkaSinkOptions options;
  options.brokers = "127.0.0.1:1";
  options.topic = "alerts";
  CHECK(linger(options) == "0.5");
  options.properties["linger.ms"] = "5";
  CHECK(linger(options) == "5");
}

TEST_CASE("OnlySelectedRowsAreWritten") {
  TestTopic topic(1);
  Writing writing(options_for(topic.name()));
  const RecordBatch batch = with_selection(alerts(10), {3, 7});
  CHECK(writing.sink().write(batch, 1).value() == 1);
  writing.flush();
  CHECK(topic.contents(0) ==
        std::vector<std::pair<std::string, std::string>>{{"-", R"({"card":"card-7","n":7})"}});
}

// The hashes are those of the Java client: murmur2 of the key, its sign bit cleared, modulo the
// partitions.
TEST_CASE("AKeyKeepsThePartitionThatKafkasOwnClientGivesIt") {
  TestTopic topic(4);
  {
    Writing writing(options_for(topic.name(), {"card"}));
    writing.write_all(alerts(40));
    writing.write_all(alerts(40));
    writing.flush();
  }
  std::map<std::string, std::set<int32_t>> partitions;
  size_t records = 0;
  for (int32_t partition = 0; partition < 4; ++partition) {
    for (const auto& [key, value] : topic.contents(partition)) {
      partitions[key].insert(partition);
      ++records;
    }
  }
  CHECK(records == 80);
  CHECK(partitions.size() == 40);
  for (const auto& [key, found] : partitions) CHECK(found.size() == 1);
  CHECK(partitions["card-0"] == std::set<int32_t>{1});
  CHECK(partitions["card-1"] == std::set<int32_t>{3});
  CHECK(partitions["card-17"] == std::set<int32_t>{2});
}

TEST_CASE("AFullQueueTakesFewerRowsAndLosesNone") {
  TestTopic topic(1);
  KafkaSinkOptions options = options_for(topic.name());
  options.buffer_bytes = 1 << 19;
  // The queue is full before anything leaves it, however slow the writer: it takes less than what
  // is sent at once.
  options.properties["linger.ms"] = "1000";
  Writing writing(options);
  const std::string wide(2000, 'x');
  const int refusals = writing.write_all(alerts(600, wide));
  CHECK(refusals > 0);
  writing.flush();
  const auto records = topic.contents(0);
  REQUIRE(records.size() == 600);
  for (size_t i = 0; i < records.size(); ++i) {
    CHECK_THAT(records[i].second, Catch::EndsWith("\"n\":" + std::to_string(i) + "}"));
  }
}

TEST_CASE("ARecordOverTheClientsLimitIsBadDataAndTheRowsBeforeItAreTaken") {
  TestTopic topic(1);
  Writing writing(options_for(topic.name()));
  RecordBatch batch = alerts(3);
  ColumnWriter card(TypeKind::kText, 3);
  card.append_text("a");
  card.append_text(std::string(2'000'000, 'x'));
  card.append_text("c");
  batch.columns[0] = std::move(card).finish();
  CHECK(writing.sink().write(batch, 0).value() == 1);
  const auto refused = writing.sink().write(batch, 1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kBadData);
  CHECK_THAT(refused.error().message, Catch::Contains("row=1") &&
                                          Catch::Contains("limit=1000000") &&
                                          Catch::Contains("kafka.message.max.bytes"));
}

TEST_CASE("ARecordOverTheTopicsLimitFailsTheFlushAndNamesThePartition") {
  TestTopic topic(1, {{"max.message.bytes", "1000"}});
  Writing writing(options_for(topic.name()));
  writing.write_all(alerts(1, std::string(5000, 'x')));
  const Error error = writing.flush_to_error();
  CHECK(error.kind == ErrorKind::kUnavailable);
  CHECK_THAT(error.message, Catch::Contains("topic=" + topic.name() + " partition=0") &&
                                Catch::Contains("raise the topic's max.message.bytes"));
}

TEST_CASE("AMissingTopicIsRefusedAtTheStart") {
  const auto sink = make_kafka_sink(options_for(random_name()), {.format = "json"}, alert_schema());
  REQUIRE_FALSE(sink.ok());
  CHECK(sink.error().kind == ErrorKind::kUser);
  CHECK_THAT(sink.error().message, Catch::Contains("does not exist"));
}

TEST_CASE("AnUnknownKeyColumnIsRefusedBeforeConnecting") {
  const auto sink = make_kafka_sink({.brokers = "127.0.0.1:9", .topic = "t", .key = {"kard"}},
                                    {.format = "json"}, alert_schema());
  REQUIRE_FALSE(sink.ok());
  CHECK_THAT(sink.error().message, Catch::StartsWith("key names a column"));
}

TEST_CASE("GoesAwayWithoutWaitingForWhatWasNotFlushed") {
  TestTopic topic(1);
  Writing writing(options_for(topic.name()));
  writing.write_all(alerts(1000));
}

}  // namespace weir::kafka
