// Goal: every row is seen once by readers of committed records, whenever and however often the
// writer dies. Method: a real broker; deliveries that are repeated, killed at every named point
// (by a child process that kills itself there), overtaken by others and cut off from the broker;
// after each, all that the topic holds.
#include "operators/connectors/kafka/ledgered_sink.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <set>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::kafka {

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

const Schema& row_schema() {
  static const Schema schema{
      {{.name = "card", .type = TypeKind::kText}, {.name = "n", .type = TypeKind::kInt}}};
  return schema;
}

// Rows n = from, from + 1, ... of `cards` cards in turn.
RecordBatch rows(int from, int count, int cards = 1) {
  ColumnWriter card(TypeKind::kText, static_cast<size_t>(count));
  ColumnWriter n(TypeKind::kInt, static_cast<size_t>(count));
  for (int i = from; i < from + count; ++i) {
    card.append_text("card-" + std::to_string(i % cards));
    n.append(int32_t{i});
  }
  RecordBatch batch;
  batch.schema = std::make_shared<Schema>(row_schema());
  batch.columns = {std::move(card).finish(), std::move(n).finish()};
  batch.rows = static_cast<uint32_t>(count);
  return batch;
}

std::string value_of(int n, int cards = 1) {
  return fmt::format(R"({{"card":"card-{}","n":{}}})", n % cards, n);
}

Records records(int from, int count) {
  Records expected;
  for (int i = from; i < from + count; ++i) expected.emplace_back("card-0", value_of(i));
  return expected;
}

CheckpointId id_of(uint64_t epoch, uint64_t generation = 1) {
  return {Generation(generation), Epoch(epoch)};
}

// A slot of one topic: what a test makes sinks of.
struct Slot {
  std::string topic;
  std::string lineage = random_name();
  std::vector<std::string> key = {"card"};
  Ledgering ledgering = {};
  uint32_t number = 0;

  KafkaSinkOptions options() const {
    KafkaSinkOptions options;
    options.brokers = broker_address();
    options.topic = topic;
    options.key = key;
    return options;
  }
  Result<std::unique_ptr<Sink>> try_sink(const LogFunction& log = {}) const {
    return make_ledgered_kafka_sink(options(), {.format = "json"}, row_schema(),
                                    {.lineage = lineage, .sink = "insert alerts", .slot = number},
                                    log, ledgering);
  }
  std::unique_ptr<Sink> sink() const { return try_sink().value(); }
  std::unique_ptr<Sink> new_sink() const {
    auto made = sink();
    REQUIRE(made->prepare({.is_new = true}).ok());
    return made;
  }
  Slot with(Ledgering other) const {
    Slot slot = *this;
    slot.ledgering = std::move(other);
    return slot;
  }
  Slot beside(uint32_t other) const {
    Slot slot = *this;
    slot.number = other;
    return slot;
  }
  std::string id() const { return fmt::format("weir/{}/insert alerts/{}", lineage, number); }
};

Segment write_and_seal(Sink& sink, const RecordBatch& batch, CheckpointId id) {
  CHECK(sink.write(batch, 0).value() == batch.size());
  CHECK(sink.flush().value() == Flush::kDone);
  return sink.seal(id).value();
}

void require_ok(const Status& status) {
  INFO((status.ok() ? "" : status.error().message));
  REQUIRE(status.ok());
}

Error refusal(const Status& status) {
  REQUIRE_FALSE(status.ok());
  return status.error();
}

constexpr ChunkBounds kChunksOf10 = {.bytes = 1 << 20, .messages = 10};
constexpr int kRowsOfThreeChunks = 25;

// What a process is told that is to die in the middle of a delivery.
constexpr const char* kPoint = "WEIR_TEST_POINT";
constexpr const char* kCount = "WEIR_TEST_COUNT";
constexpr const char* kTopic = "WEIR_TEST_TOPIC";
constexpr const char* kLineage = "WEIR_TEST_LINEAGE";

// Delivers the rows of three chunks in a process of its own, which kills itself when it comes to
// `point` for the `count`-th time.
void die_delivering(const Slot& slot, DeliveryPoint point, int count) {
  setenv(kTopic, slot.topic.c_str(), 1);
  setenv(kLineage, slot.lineage.c_str(), 1);
  setenv(kPoint, std::to_string(static_cast<int>(point)).c_str(), 1);
  setenv(kCount, std::to_string(count).c_str(), 1);
  std::string name = "/proc/self/exe";
  std::string test = "ADeliveryPassesItsPointsInOrder";
  char* const words[] = {name.data(), test.data(), nullptr};
  pid_t pid = 0;
  REQUIRE(posix_spawn(&pid, name.c_str(), nullptr, nullptr, words, environ) == 0);
  unsetenv(kPoint);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

}  // namespace

TEST_CASE("RowsAreSeenWhenTheyAreDelivered") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  const Segment segment = write_and_seal(*sink, rows(0, 3), id_of(1));
  CHECK(segment.rows == 3);
  CHECK(topic.contents(0).empty());
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(topic.committed(0) == records(0, 3));
}

TEST_CASE("ARepeatedDeliveryDoesNothing") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  const Segment first = write_and_seal(*sink, rows(0, 3), id_of(1));
  const Segment second = write_and_seal(*sink, rows(3, 3), id_of(2));
  require_ok(sink->deliver(id_of(1), first));
  require_ok(sink->deliver(id_of(1), first));
  require_ok(slot.sink()->deliver(id_of(1), first));
  require_ok(sink->deliver(id_of(2), second));
  // A checkpoint that names several segments is replayed from its first.
  require_ok(slot.sink()->deliver(id_of(1), first));
  require_ok(slot.sink()->deliver(id_of(2), second));
  CHECK(topic.contents(0) == records(0, 6));  // Not even aborted copies.
  CHECK(topic.marker(slot.id()) == std::pair<int64_t, std::string>(2, "v1 1 2 1 of 1"));
}

TEST_CASE("ALaterLifeGoesOn") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const Segment first = write_and_seal(*slot.new_sink(), rows(0, 3), id_of(1));
  const auto restored = slot.sink();
  require_ok(restored->deliver(id_of(1), first));
  require_ok(restored->prepare({.is_new = false, .base = id_of(1)}));
  require_ok(restored->deliver(id_of(2, 2), write_and_seal(*restored, rows(3, 3), id_of(2, 2))));
  CHECK(topic.committed(0) == records(0, 6));
}

TEST_CASE("AnEpochLargerThanAChunkComesInOrder") {
  TestTopic topic(1);
  const Slot slot{.topic = topic.name(), .ledgering = {.chunk = kChunksOf10}};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, kRowsOfThreeChunks), id_of(1))));
  CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks));
  CHECK(topic.marker(slot.id()) == std::pair<int64_t, std::string>(3, "v1 1 1 3 of 3"));
}

// Run by the tests below too, in a process that is told to die on the way.
TEST_CASE("ADeliveryPassesItsPointsInOrder") {
  using enum DeliveryPoint;
  if (const char* told = std::getenv(kPoint); told != nullptr) {
    int left = std::atoi(std::getenv(kCount));
    const auto point = static_cast<DeliveryPoint>(std::atoi(told));
    const Slot slot{.topic = std::getenv(kTopic),
                    .lineage = std::getenv(kLineage),
                    .ledgering = {.chunk = kChunksOf10, .at = [&](DeliveryPoint here) {
                                    if (here == point && --left == 0) ::raise(SIGKILL);
                                  }}};
    const auto sink = slot.sink();
    const Segment segment = write_and_seal(*sink, rows(0, kRowsOfThreeChunks), id_of(1));
    require_ok(sink->deliver(id_of(1), segment));
    FAIL("came to the end");
  }
  TestTopic topic(1);
  std::vector<DeliveryPoint> met;
  const Slot slot{.topic = topic.name(),
                  .ledgering = {.at = [&](DeliveryPoint here) { met.push_back(here); }}};
  const auto sink = slot.new_sink();
  CHECK(std::exchange(met, {}) == std::vector{kMarked, kCommitted});
  const Segment segment = write_and_seal(*sink, rows(0, 3), id_of(1));
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(std::exchange(met, {}) == std::vector{kFenced, kAsked, kBegun, kSent, kMarked, kCommitted});
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(met == std::vector{kFenced, kAsked});
}

TEST_CASE("WhereverTheWriterIsKilledTheNextOneDeliversTheRest") {
  const auto point = static_cast<DeliveryPoint>(GENERATE(range(0, 6)));
  for (int count = 1; count <= 3; ++count) {
    INFO("point " << static_cast<int>(point) << ", met " << count << " times");
    TestTopic topic(1);
    const Slot slot{.topic = topic.name(), .ledgering = {.chunk = kChunksOf10}};
    const auto sink = slot.new_sink();
    const Segment segment = write_and_seal(*sink, rows(0, kRowsOfThreeChunks), id_of(1));
    die_delivering(slot, point, count);
    // A marker that was sent and not committed can be read only when its transaction has ended.
    if (point != DeliveryPoint::kMarked) {
      const int chunks = point == DeliveryPoint::kCommitted ? count : count - 1;
      CHECK(topic.marker(slot.id())->second ==
            (chunks == 0 ? "v1 0 0 0 of 0" : fmt::format("v1 1 1 {} of 3", chunks)));
    }
    require_ok(sink->deliver(id_of(1), segment));
    CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks));
    require_ok(sink->deliver(id_of(1), segment));
    CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks));
  }
}

TEST_CASE("WritersThatAreKilledOneAfterAnotherLeaveOneCopy") {
  TestTopic topic(1);
  const Slot slot{.topic = topic.name(), .ledgering = {.chunk = kChunksOf10}};
  const auto sink = slot.new_sink();
  const Segment segment = write_and_seal(*sink, rows(0, kRowsOfThreeChunks), id_of(1));
  for (const auto point :
       {DeliveryPoint::kSent, DeliveryPoint::kMarked, DeliveryPoint::kCommitted,
        DeliveryPoint::kMarked, DeliveryPoint::kCommitted, DeliveryPoint::kBegun}) {
    die_delivering(slot, point, 1);
  }
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks));
}

TEST_CASE("AnOvertakenWriterFindsItsWorkDone") {
  for (const auto point : {DeliveryPoint::kFenced, DeliveryPoint::kAsked, DeliveryPoint::kBegun,
                           DeliveryPoint::kSent, DeliveryPoint::kMarked}) {
    INFO("overtaken at " << static_cast<int>(point));
    TestTopic topic(1);
    const Slot slot{topic.name()};
    const auto newer = slot.new_sink();
    const Segment segment = write_and_seal(*newer, rows(0, 3), id_of(1));
    bool overtaken = false;
    const auto older = slot.with({.at =
                                      [&](DeliveryPoint here) {
                                        if (here != point || std::exchange(overtaken, true)) return;
                                        require_ok(newer->deliver(id_of(1), segment));
                                      }})
                           .sink();
    require_ok(older->deliver(id_of(1), segment));
    CHECK(overtaken);
    CHECK(topic.committed(0) == records(0, 3));
  }
}

TEST_CASE("AWriterOfAnEarlierLifeIsRefused") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto newer = slot.new_sink();
  const Segment segment = write_and_seal(*newer, rows(0, 3), id_of(1));
  const Segment next = write_and_seal(*newer, rows(3, 3), id_of(2, 2));
  const auto older = slot.with({.at =
                                    [&](DeliveryPoint here) {
                                      if (here != DeliveryPoint::kMarked) return;
                                      require_ok(newer->deliver(id_of(1), segment));
                                      require_ok(newer->deliver(id_of(2, 2), next));
                                    }})
                         .sink();
  const Error refused = refusal(older->deliver(id_of(1), segment));
  CHECK(refused.kind == ErrorKind::kCorrupt);
  CHECK_THAT(refused.message, Catch::Contains("refusing to rewind"));
  CHECK(topic.committed(0) == records(0, 6));
}

TEST_CASE("ALostMarkerIsAnAlarm") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 3), id_of(1))));
  topic.delete_marker(slot.id());
  const Segment next = write_and_seal(*sink, rows(3, 3), id_of(2));
  for (const Status& refused : {sink->deliver(id_of(2), next), sink->refresh(),
                                sink->prepare({.is_new = false, .base = id_of(1)})}) {
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kCorrupt);
    CHECK_THAT(refused.error().message, Catch::Contains("no marker"));
  }
  CHECK(topic.contents(0) == records(0, 3));
}

TEST_CASE("ASlotThatWasNotPreparedIsAnAlarm") {
  TestTopic topic(1);
  const auto sink = Slot{topic.name()}.sink();
  const Error refused =
      refusal(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 1), id_of(1))));
  CHECK(refused.kind == ErrorKind::kCorrupt);
}

TEST_CASE("AJobFromAnEarlierCheckpointIsNotARewindUnnoticed") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 3), id_of(1))));
  require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(3, 3), id_of(2))));
  require_ok(slot.sink()->prepare({.is_new = false, .base = id_of(2)}));
  for (const bool is_new : {false, true}) {
    const Error refused = refusal(slot.sink()->prepare({.is_new = is_new, .base = id_of(1)}));
    CHECK(refused.kind == ErrorKind::kCorrupt);
    CHECK_THAT(refused.message, Catch::Contains("refusing to rewind"));
  }
}

// Two slots, of which the other one has output of epoch 2: what slot 0 finds when a life opens no
// other.
struct TwoSlots {
  TestTopic topic{1};
  Slot slot{topic.name()};
  Slot other = slot.beside(1);

  TwoSlots() {
    require_ok(slot.sink()->prepare({.is_new = true, .slots = 2}));
    const auto sink = other.sink();
    require_ok(sink->prepare({.is_new = true, .slots = 2}));
    require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(0, 3), id_of(2))));
  }
  Status prepare_alone(CheckpointId base, std::set<uint32_t> closing) const {
    return slot.sink()->prepare({.base = base, .closing = std::move(closing)});
  }
};

TEST_CASE("OutputOfASlotThatIsNotOpenedAgainIsNotRewoundUnnoticed") {
  TwoSlots two;
  CHECK(two.topic.marker(two.slot.id())->second == "v1 0 0 0 of 0 slots 2");
  // Whether the base names the slot, or it was opened by a later life.
  for (const std::set<uint32_t>& closing : {std::set<uint32_t>{1}, {}}) {
    const Error refused = refusal(two.prepare_alone(id_of(1), closing));
    CHECK(refused.kind == ErrorKind::kCorrupt);
    CHECK_THAT(refused.message,
               Catch::Contains("refusing to rewind") && Catch::Contains(two.other.id()));
  }
}

TEST_CASE("ASlotThatWasClosedMayBeForgottenAndOpenedAgain") {
  TwoSlots two;
  require_ok(two.prepare_alone(id_of(2), {1}));
  CHECK(two.topic.marker(two.slot.id())->second == "v1 1 2 0 of 0");
  two.topic.delete_marker(two.other.id());
  CHECK_THAT(refusal(two.prepare_alone(id_of(1), {1})).message,
             Catch::Contains("refusing to rewind"));
  require_ok(two.slot.sink()->prepare({.base = id_of(3), .slots = 2}));
  require_ok(two.other.sink()->prepare({.is_new = true, .base = id_of(3), .slots = 2}));
  CHECK(two.topic.marker(two.slot.id())->second == "v1 1 2 0 of 0 slots 2");
}

TEST_CASE("AnOpenSlotThatIsForgottenIsAnAlarmWhenItIsClosed") {
  TwoSlots two;
  two.topic.delete_marker(two.other.id());
  const Error refused = refusal(two.prepare_alone(id_of(2), {1}));
  CHECK_THAT(refused.message, Catch::Contains("no marker") && Catch::Contains(two.other.id()));
}

TEST_CASE("DeliveriesOfSlot0KeepTheNumberOfSlots") {
  TwoSlots two;
  const auto sink = two.slot.sink();
  require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(3, 3), id_of(2))));
  require_ok(sink->refresh());
  CHECK(two.topic.marker(two.slot.id())->second == "v1 1 2 1 of 1 slots 2");
}

TEST_CASE("AnIdleSlotTakesNoTransactionAndRenewsItsMarker") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  require_ok(sink->prepare({.is_new = true}));  // Again: as after a crash before the manifest.
  const Segment segment = sink->seal(id_of(1)).value();
  CHECK(segment.contents.empty());
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(topic.marker(slot.id()) == std::pair<int64_t, std::string>(0, "v1 0 0 0 of 0"));
  require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(0, 3), id_of(2))));
  require_ok(sink->refresh());
  CHECK(topic.marker(slot.id()) == std::pair<int64_t, std::string>(2, "v1 1 2 1 of 1"));
  require_ok(sink->deliver(id_of(3), write_and_seal(*sink, rows(3, 3), id_of(3))));
  CHECK(topic.committed(0) == records(0, 6));
}

TEST_CASE("ABrokerThatIsKilledInTheMiddleOfADeliveryHoldsOneCopyWhenItIsBack") {
  OwnBroker broker;
  TestTopic topic(1);
  const Slot slot{.topic = topic.name(), .ledgering = {.chunk = kChunksOf10}};
  const auto sink = slot.new_sink();
  const Segment first = write_and_seal(*sink, rows(0, kRowsOfThreeChunks), id_of(1));
  bool killed = false;
  const auto patient = slot.with({.at =
                                      [&](DeliveryPoint here) {
                                        if (here != DeliveryPoint::kMarked) return;
                                        if (std::exchange(killed, true)) return;
                                        broker.kill();
                                        broker.start();
                                      }})
                           .sink();
  require_ok(patient->deliver(id_of(1), first));
  CHECK(killed);
  CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks));

  const Segment second = write_and_seal(*sink, rows(kRowsOfThreeChunks, 10), id_of(2));
  const auto impatient = slot.with({.patience_ms = 2'000,
                                    .at =
                                        [&](DeliveryPoint here) {
                                          if (here == DeliveryPoint::kBegun) broker.kill();
                                        }})
                             .sink();
  const Error refused = refusal(impatient->deliver(id_of(2), second));
  CHECK(refused.kind == ErrorKind::kUnavailable);
  CHECK_THAT(refused.message, Catch::Contains(topic.name()) && Catch::Contains("tried_for=2000"));
  broker.start();
  require_ok(sink->deliver(id_of(2), second));
  CHECK(topic.committed(0) == records(0, kRowsOfThreeChunks + 10));
}

TEST_CASE("AKeysPartitionIsThatOfKafkasOwnClientAndItsOrderIsKept") {
  TestTopic topic(4);
  const Slot slot{.topic = topic.name(), .ledgering = {.chunk = kChunksOf10}};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 200, 20), id_of(1))));
  require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(200, 200, 20), id_of(2))));
  std::map<std::string, std::vector<std::string>> by_key;
  std::map<std::string, std::set<int32_t>> partitions;
  for (int32_t partition = 0; partition < 4; ++partition) {
    for (const auto& [key, value] : topic.committed(partition)) {
      by_key[key].push_back(value);
      partitions[key].insert(partition);
    }
  }
  CHECK(by_key.size() == 20);
  for (int card = 0; card < 20; ++card) {
    std::vector<std::string> expected;
    for (int n = card; n < 400; n += 20) expected.push_back(value_of(n, 20));
    CHECK(by_key["card-" + std::to_string(card)] == expected);
  }
  CHECK(partitions["card-0"] == std::set<int32_t>{1});
  CHECK(partitions["card-1"] == std::set<int32_t>{3});
  CHECK(partitions["card-17"] == std::set<int32_t>{2});
}

TEST_CASE("PartitionsThatAreAddedChangeNothingAboutWhatWasWritten") {
  TestTopic topic(1);
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  const Segment segment = write_and_seal(*sink, rows(0, 20, 20), id_of(1));
  topic.grow(3);
  require_ok(sink->deliver(id_of(1), segment));
  CHECK(topic.committed(0).size() == 20);
  require_ok(sink->deliver(id_of(2), write_and_seal(*sink, rows(20, 20, 20), id_of(2))));
  CHECK(topic.committed(0).size() < 40);  // From now on they are used.
}

TEST_CASE("RowsWithoutAKeyFillThePartitionsInTurn") {
  TestTopic topic(3);
  const Slot slot{.topic = topic.name(), .key = {}};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 6000), id_of(1))));
  size_t all = 0;
  for (int32_t partition = 0; partition < 3; ++partition) {
    const size_t part = topic.committed(partition).size();
    CHECK(part > 1500);
    all += part;
  }
  CHECK(all == 6000);
}

TEST_CASE("ARecordOverTheTopicsLimitIsBadDataBeforeItIsInTheLedger") {
  TestTopic topic(1, {{"max.message.bytes", "1256"}});
  const Slot slot{.topic = topic.name(), .key = {}};
  const auto sink = slot.new_sink();
  RecordBatch batch = rows(0, 3);
  ColumnWriter card(TypeKind::kText, 3);
  card.append_text("card-0");
  card.append_text(std::string(1000, 'x'));
  card.append_text("card-0");
  batch.columns[0] = std::move(card).finish();
  CHECK(sink->write(batch, 0).value() == 1);
  const auto refused = sink->write(batch, 1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kBadData);
  CHECK_THAT(refused.error().message, Catch::Contains("row=1") && Catch::Contains("limit=1000"));
}

TEST_CASE("ManySmallRecordsFitATopicWithALowLimit") {
  TestTopic topic(1, {{"max.message.bytes", "2000"}});
  const Slot slot{topic.name()};
  const auto sink = slot.new_sink();
  require_ok(sink->deliver(id_of(1), write_and_seal(*sink, rows(0, 500), id_of(1))));
  CHECK(topic.committed(0) == records(0, 500));
}

TEST_CASE("ADamagedSegmentIsNotDelivered") {
  TestTopic topic(1);
  const auto sink = Slot{topic.name()}.new_sink();
  Segment segment = write_and_seal(*sink, rows(0, 3), id_of(1));
  segment.contents[20] = static_cast<char>(segment.contents[20] ^ 1);
  CHECK(refusal(sink->deliver(id_of(1), segment)).kind == ErrorKind::kCorrupt);
  CHECK(topic.contents(0).empty());
}

TEST_CASE("ALedgerWarnsOnceOfADevelopmentBroker") {
  TestTopic topic(1);
  std::string logged;
  const auto sink =
      Slot{topic.name()}.try_sink([&](LogLevel, std::string_view event, std::string_view text) {
        logged.append(event).append(": ").append(text).append("\n");
      });
  REQUIRE(sink.ok());
  CHECK_THAT(logged, Catch::StartsWith("kafka.weak_settings: ") &&
                         Catch::Contains("a cluster of one broker"));
  CHECK(std::count(logged.begin(), logged.end(), '\n') == 1);
}

TEST_CASE("ALedgerOfAMissingTopicIsRefusedAtTheStart") {
  const auto sink = Slot{random_name()}.try_sink();
  REQUIRE_FALSE(sink.ok());
  CHECK(sink.error().kind == ErrorKind::kUser);
  CHECK_THAT(sink.error().message, Catch::Contains("does not exist"));
}

TEST_CASE("APropertyThatTransactionsCannotHaveIsRefusedAtTheStart") {
  TestTopic topic(1);
  KafkaSinkOptions options = Slot{topic.name()}.options();
  options.properties["message.timeout.ms"] = "600000";
  const auto sink = make_ledgered_kafka_sink(options, {.format = "json"}, row_schema(), {});
  REQUIRE_FALSE(sink.ok());
  CHECK(sink.error().kind == ErrorKind::kUser);
  CHECK_THAT(sink.error().message, Catch::Contains("message.timeout.ms"));
}

// Prints how long a delivery takes, back to back: a look at a busy machine is no figure.
TEST_CASE("ManyEpochsAreSeenOnceEach") {
  TestTopic topic(1);
  const auto sink = Slot{topic.name()}.new_sink();
  std::vector<double> ms;
  constexpr int kEpochs = 40;
  for (int epoch = 1; epoch <= kEpochs; ++epoch) {
    const CheckpointId id = id_of(static_cast<uint64_t>(epoch));
    const Segment segment = write_and_seal(*sink, rows((epoch - 1) * 100, 100), id);
    const auto began = std::chrono::steady_clock::now();
    require_ok(sink->deliver(id, segment));
    const auto took = std::chrono::steady_clock::now() - began;
    ms.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
  std::sort(ms.begin(), ms.end());
  fmt::print("delivery of 100 rows: p50 {:.1f} ms, p99 {:.1f} ms\n", ms[kEpochs / 2],
             ms[kEpochs * 99 / 100]);
  CHECK(topic.committed(0) == records(0, kEpochs * 100));
}

}  // namespace weir::kafka
