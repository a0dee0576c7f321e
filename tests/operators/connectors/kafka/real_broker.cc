#include "tests/operators/connectors/kafka/real_broker.h"

#include "operators/connectors/kafka/marker.h"
#include "operators/connectors/kafka/source.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::kafka {

namespace {

constexpr int kWaitMs = 30'000;

using Settings = std::vector<std::pair<std::string, std::string>>;

HandlePtr client(rd_kafka_type_t type, Settings settings) {
  settings.emplace_back("bootstrap.servers", broker_address());
  ConfPtr conf(rd_kafka_conf_new());
  char reason[512] = {};
  for (const auto& [name, value] : settings) {
    REQUIRE(rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof reason) ==
            RD_KAFKA_CONF_OK);
  }
  return make_handle(type, std::move(conf)).value();
}

void require_ok(rd_kafka_resp_err_t outcome) {
  INFO(rd_kafka_err2str(outcome));
  REQUIRE(outcome == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void require_ok(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  const std::string text = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  FAIL(text);
}

// Through a topic handle: the first producev() of a producer waits for up to a second.
void send(rd_kafka_t* producer, const std::string& topic, int32_t partition,
          const std::vector<std::string>& values) {
  const TopicPtr handle(rd_kafka_topic_new(producer, topic.c_str(), nullptr));
  for (const std::string& value : values) {
    REQUIRE(rd_kafka_produce(handle.get(), partition, RD_KAFKA_MSG_F_COPY,
                             const_cast<char*>(value.data()), value.size(), nullptr, 0,
                             nullptr) == 0);
  }
  require_ok(rd_kafka_flush(producer, kWaitMs));
}

// The answer to an admin request that was sent with `queue`.
EventPtr answer(rd_kafka_queue_t* queue) {
  EventPtr event(rd_kafka_queue_poll(queue, kWaitMs));
  REQUIRE(event != nullptr);
  INFO(rd_kafka_event_error_string(event.get()));
  REQUIRE(rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR);
  return event;
}

// What the consumer shows of a partition from its beginning to `end`, which may be markers only.
std::vector<std::pair<std::string, std::string>> read_all(rd_kafka_t* consumer,
                                                          const std::string& name,
                                                          int32_t partition, int64_t end) {
  std::vector<std::pair<std::string, std::string>> found;
  if (end == 0) return found;
  const TopicPtr topic(rd_kafka_topic_new(consumer, name.c_str(), nullptr));
  REQUIRE(rd_kafka_consume_start(topic.get(), partition, 0) == 0);
  for (int64_t next = 0; next < end;) {
    const MessagePtr message(rd_kafka_consume(topic.get(), partition, kWaitMs));
    REQUIRE(message != nullptr);
    next = message->offset + 1;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    require_ok(message->err);
    found.emplace_back(message->key == nullptr
                           ? "-"
                           : std::string(static_cast<char*>(message->key), message->key_len),
                       std::string(static_cast<char*>(message->payload), message->len));
  }
  rd_kafka_consume_stop(topic.get(), partition);
  return found;
}

void run_script(const std::string& script, std::vector<std::string> arguments) {
  const std::string path = std::string(WEIR_SOURCE_DIR) + "/deploy/broker/" + script;
  arguments.insert(arguments.begin(), path);
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  pid_t pid = 0;
  REQUIRE(posix_spawn(&pid, path.c_str(), nullptr, nullptr, words.data(), environ) == 0);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  INFO(script << " failed");
  REQUIRE(status == 0);
}

void wait_for_partitions(const std::string& topic, int partitions) {
  const HandlePtr asker = client(RD_KAFKA_PRODUCER, {});
  const TopicPtr handle(rd_kafka_topic_new(asker.get(), topic.c_str(), nullptr));
  for (int attempt = 0; attempt < 200; ++attempt) {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto outcome = rd_kafka_metadata(asker.get(), 0, handle.get(), &raw, kWaitMs);
    const MetadataPtr metadata(raw);
    if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR && raw->topic_cnt == 1 &&
        raw->topics[0].partition_cnt == partitions) {
      return;
    }
    rd_kafka_poll(asker.get(), 50);
  }
  FAIL("the broker does not show the partitions of " << topic);
}

}  // namespace

std::string broker_address() {
  const char* address = std::getenv("WEIR_TEST_KAFKA");
  if (address == nullptr || *address == '\0') {
    FAIL(
        "WEIR_TEST_KAFKA does not name a Kafka broker (host:port); start one with "
        "deploy/broker/start");
  }
  return address;
}

std::string random_name() {
  std::string uuid;
  std::ifstream("/proc/sys/kernel/random/uuid") >> uuid;
  return "test-" + uuid;
}

std::vector<std::string> numbered(const std::string& prefix, int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(prefix + std::to_string(i));
  return values;
}

TestTopic::TestTopic(int partitions, const Settings& settings) : name_(random_name()) {
  const HandlePtr admin = client(RD_KAFKA_PRODUCER, {});
  const QueuePtr queue(rd_kafka_queue_new(admin.get()));
  char reason[512] = {};
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name_.c_str(), partitions, 1, reason, sizeof reason);
  REQUIRE(topic != nullptr);
  for (const auto& [name, value] : settings) {
    require_ok(rd_kafka_NewTopic_set_config(topic, name.c_str(), value.c_str()));
  }
  rd_kafka_CreateTopics(admin.get(), &topic, 1, nullptr, queue.get());
  answer(queue.get());
  rd_kafka_NewTopic_destroy(topic);
  wait_for_partitions(name_, partitions);
}

void TestTopic::write(int32_t partition, const std::vector<std::string>& values) {
  const HandlePtr producer =
      client(RD_KAFKA_PRODUCER, {{"linger.ms", "2"}, {"message.max.bytes", "50000000"}});
  send(producer.get(), name_, partition, values);
}

void TestTopic::write_with_key(const std::string& key, const std::string& value,
                               const std::string& header) {
  const HandlePtr producer = client(RD_KAFKA_PRODUCER, {{"linger.ms", "0"}});
  require_ok(rd_kafka_producev(
      producer.get(), RD_KAFKA_V_TOPIC(name_.c_str()), RD_KAFKA_V_PARTITION(0),
      RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_TIMESTAMP(1'700'000'000'123),
      RD_KAFKA_V_HEADER("trace", header.data(), static_cast<ssize_t>(header.size())),
      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END));
  require_ok(rd_kafka_flush(producer.get(), kWaitMs));
}

void TestTopic::grow(int partitions) {
  const HandlePtr admin = client(RD_KAFKA_PRODUCER, {});
  const QueuePtr queue(rd_kafka_queue_new(admin.get()));
  char reason[512] = {};
  rd_kafka_NewPartitions_t* more = rd_kafka_NewPartitions_new(
      name_.c_str(), static_cast<size_t>(partitions), reason, sizeof reason);
  REQUIRE(more != nullptr);
  rd_kafka_CreatePartitions(admin.get(), &more, 1, nullptr, queue.get());
  answer(queue.get());
  rd_kafka_NewPartitions_destroy(more);
  wait_for_partitions(name_, partitions);
}

void TestTopic::delete_records_before(int32_t partition, int64_t offset) {
  const HandlePtr admin = client(RD_KAFKA_PRODUCER, {});
  const QueuePtr queue(rd_kafka_queue_new(admin.get()));
  const PartitionsPtr before = one_partition(name_, partition, offset);
  rd_kafka_DeleteRecords_t* deletion = rd_kafka_DeleteRecords_new(before.get());
  rd_kafka_DeleteRecords(admin.get(), &deletion, 1, nullptr, queue.get());
  answer(queue.get());
  rd_kafka_DeleteRecords_destroy(deletion);
}

using Records = std::vector<std::pair<std::string, std::string>>;

Records TestTopic::contents(int32_t partition) {
  const int64_t end = end_offset(partition);
  const HandlePtr consumer = client(RD_KAFKA_CONSUMER, {{"isolation.level", "read_uncommitted"},
                                                        {"enable.partition.eof", "true"}});
  return read_all(consumer.get(), name_, partition, end);
}

Records TestTopic::committed(int32_t partition) {
  const int64_t end = end_offset(partition);
  const HandlePtr consumer = client(
      RD_KAFKA_CONSUMER, {{"isolation.level", "read_committed"}, {"enable.partition.eof", "true"}});
  int64_t low = 0;
  int64_t stable = 0;
  for (int attempt = 0; attempt < 1500 && stable < end; ++attempt) {
    require_ok(rd_kafka_query_watermark_offsets(consumer.get(), name_.c_str(), partition, &low,
                                                &stable, kWaitMs));
    if (stable < end) rd_kafka_poll(consumer.get(), 50);
  }
  INFO("a transaction stays open in " << name_);
  REQUIRE(stable >= end);
  return read_all(consumer.get(), name_, partition, end);
}

int64_t TestTopic::end_offset(int32_t partition) {
  const HandlePtr consumer = client(RD_KAFKA_CONSUMER, {{"isolation.level", "read_uncommitted"}});
  int64_t low = 0;
  int64_t high = 0;
  require_ok(rd_kafka_query_watermark_offsets(consumer.get(), name_.c_str(), partition, &low, &high,
                                              kWaitMs));
  return high;
}

std::optional<int64_t> TestTopic::published(const std::string& group, int32_t partition) {
  return ask_published(group, partition, true);
}

void TestTopic::wait_for_coordinator(const std::string& group) { ask_published(group, 0, false); }

// Asks until the broker knows; with `wait`, until something was published, too.
std::optional<int64_t> TestTopic::ask_published(const std::string& group, int32_t partition,
                                                bool wait) {
  // Without a group of its own the handle crashes when the coordinator moves (librdkafka #5040).
  const HandlePtr admin = client(RD_KAFKA_CONSUMER, {{"group.id", group}});
  const QueuePtr queue(rd_kafka_queue_new(admin.get()));
  const PartitionsPtr asked = one_partition(name_, partition, RD_KAFKA_OFFSET_INVALID);
  rd_kafka_ListConsumerGroupOffsets_t* request =
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), asked.get());
  std::optional<int64_t> found;
  for (int attempt = 0; attempt < 300 && !found.has_value(); ++attempt) {
    rd_kafka_ListConsumerGroupOffsets(admin.get(), &request, 1, nullptr, queue.get());
    const EventPtr event(rd_kafka_queue_poll(queue.get(), kWaitMs));
    REQUIRE(event != nullptr);
    const auto* result = rd_kafka_event_ListConsumerGroupOffsets_result(event.get());
    size_t count = 0;
    const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    const bool knows = count == 1 && rd_kafka_group_result_error(groups[0]) == nullptr;
    const auto* offsets = knows ? rd_kafka_group_result_partitions(groups[0]) : nullptr;
    if (offsets != nullptr && offsets->cnt == 1 && offsets->elems[0].offset >= 0) {
      found = offsets->elems[0].offset;
    } else if (knows && !wait) {
      break;
    } else {
      rd_kafka_poll(admin.get(), 100);
    }
  }
  rd_kafka_ListConsumerGroupOffsets_destroy(request);
  return found;
}

KafkaSourceOptions TestTopic::source_options() const {
  KafkaSourceOptions options;
  options.brokers = broker_address();
  options.topic = name_;
  return options;
}

std::optional<std::pair<int64_t, std::string>> TestTopic::marker(const std::string& group) {
  const MarkerAnswer answer =
      MarkerReader::make({.brokers = broker_address(), .topic = name_}, group)
          .value()
          ->ask(kWaitMs);
  INFO(answer.reason);
  REQUIRE(answer.code == RD_KAFKA_RESP_ERR_NO_ERROR);
  if (!answer.offset.has_value()) return std::nullopt;
  return std::pair(*answer.offset, answer.text);
}

void TestTopic::delete_marker(const std::string& group) {
  const HandlePtr admin = client(RD_KAFKA_PRODUCER, {});
  const QueuePtr queue(rd_kafka_queue_new(admin.get()));
  rd_kafka_DeleteGroup_t* deletion = rd_kafka_DeleteGroup_new(group.c_str());
  rd_kafka_DeleteGroups(admin.get(), &deletion, 1, nullptr, queue.get());
  answer(queue.get());
  rd_kafka_DeleteGroup_destroy(deletion);
  REQUIRE_FALSE(marker(group).has_value());
}

OwnBroker::OwnBroker()
    : folder_(std::filesystem::temp_directory_path() / random_name()), before_(broker_address()) {
  start();
  std::string address;
  std::ifstream(folder_ + "/bootstrap") >> address;
  setenv("WEIR_TEST_KAFKA", address.c_str(), 1);
}

OwnBroker::~OwnBroker() {
  kill();
  setenv("WEIR_TEST_KAFKA", before_.c_str(), 1);
  std::filesystem::remove_all(folder_);
}

void OwnBroker::start() {
  run_script("start", {folder_, "--heap", "384m", "--until", std::to_string(getpid())});
}

void OwnBroker::kill() { run_script("stop", {folder_, "--kill"}); }

TestTransaction::TestTransaction(TestTopic& topic, int32_t partition,
                                 const std::vector<std::string>& values)
    : topic_(topic),
      partition_(partition),
      producer_(
          client(RD_KAFKA_PRODUCER, {{"transactional.id", random_name()}, {"linger.ms", "2"}})) {
  require_ok(rd_kafka_init_transactions(producer_.get(), kWaitMs));
  require_ok(rd_kafka_begin_transaction(producer_.get()));
  send(producer_.get(), topic.name(), partition, values);
}

void TestTransaction::commit() {
  const int64_t end = topic_.end_offset(partition_);
  require_ok(rd_kafka_commit_transaction(producer_.get(), kWaitMs));
  wait_for_marker(end);
}

void TestTransaction::abort() {
  const int64_t end = topic_.end_offset(partition_);
  require_ok(rd_kafka_abort_transaction(producer_.get(), kWaitMs));
  wait_for_marker(end);
}

void TestTransaction::wait_for_marker(int64_t end) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (topic_.end_offset(partition_) > end) return;
  }
  FAIL("the broker wrote no marker into " << topic_.name());
}

std::function<void()> Bell::ringer() {
  return [this] {
    const std::lock_guard lock(mutex_);
    is_rung_ = true;
    rung_.notify_one();
  };
}

void Bell::wait() {
  std::unique_lock lock(mutex_);
  REQUIRE(rung_.wait_for(lock, std::chrono::milliseconds(kWaitMs), [this] { return is_rung_; }));
  is_rung_ = false;
}

RowShape raw_shape(std::vector<MetadataColumn> metadata) {
  auto schema = std::make_shared<Schema>();
  schema->fields.push_back({.name = "value", .type = TypeKind::kText});
  for (const MetadataColumn& column : metadata) {
    const std::string name = "m" + std::to_string(schema->fields.size());
    switch (column.kind) {
      case MetadataKind::kPartition:
        schema->fields.push_back({.name = name, .type = TypeKind::kInt});
        break;
      case MetadataKind::kOffset:
        schema->fields.push_back({.name = name, .type = TypeKind::kBigint});
        break;
      case MetadataKind::kTime:
        schema->fields.push_back({.name = name, .type = TypeKind::kTimestamptz});
        break;
      case MetadataKind::kSource:
        schema->fields.push_back({.name = name, .type = TypeKind::kText});
        break;
      case MetadataKind::kKey:
      case MetadataKind::kHeader:
        schema->fields.push_back({.name = name, .type = TypeKind::kBytea});
        break;
    }
  }
  RowShape shape;
  shape.needed = all_needed(*schema);
  shape.schema = schema;
  shape.metadata = std::move(metadata);
  return shape;
}

TestReading::TestReading(const KafkaSourceOptions& options, RowShape shape)
    : topic_(options.topic) {
  source_ =
      make_kafka_source(options, {.format = "raw", .max_record_bytes = 64 << 20}, std::move(shape),
                        [this](LogLevel, std::string_view event, std::string_view text) {
                          log_.append(event).append(" ").append(text).append("\n");
                        })
          .value();
  source_->on_wakeup(bell_.ringer());
}

std::unique_ptr<SplitReader> TestReading::open(int32_t partition, const SplitPosition* from,
                                               bool is_new) {
  const Split split{std::to_string(partition), topic_, partition};
  auto reader = source_->open(split, from, is_new);
  INFO((reader.ok() ? "" : reader.error().message));
  REQUIRE(reader.ok());
  return std::move(reader).value();
}

std::vector<std::string> TestReading::read_to_end(SplitReader& reader, size_t rows_max) {
  std::vector<std::string> values;
  while (true) {
    DecodedRows rows;
    const auto outcome = reader.read(rows_max, 0, rows);
    INFO((outcome.ok() ? "" : outcome.error().message));
    REQUIRE(outcome.ok());
    for (size_t row = 0; row < rows.batch.rows; ++row) {
      values.emplace_back(rows.batch.columns[0]->text(row));
    }
    if (outcome->state == ReadState::kEnd) return values;
    if (outcome->state == ReadState::kWaiting) bell_.wait();
  }
}

std::vector<std::string> TestReading::read_some(SplitReader& reader, size_t count) {
  std::vector<std::string> values;
  while (values.size() < count) {
    DecodedRows rows;
    const auto outcome = reader.read(count - values.size(), 0, rows);
    INFO((outcome.ok() ? "" : outcome.error().message));
    REQUIRE(outcome.ok());
    REQUIRE(outcome->state != ReadState::kEnd);
    for (size_t row = 0; row < rows.batch.rows; ++row) {
      values.emplace_back(rows.batch.columns[0]->text(row));
    }
    if (outcome->state == ReadState::kWaiting) bell_.wait();
  }
  return values;
}

Error TestReading::read_to_error(SplitReader& reader) {
  while (true) {
    DecodedRows rows;
    const auto outcome = reader.read(1000, 0, rows);
    if (!outcome.ok()) return outcome.error();
    REQUIRE(outcome->state != ReadState::kEnd);
    if (outcome->state == ReadState::kWaiting) bell_.wait();
  }
}

}  // namespace weir::kafka
