#include "operators/connectors/kafka/consumer.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::kafka {

namespace {

constexpr uint64_t kQueueBytesMin = 256 << 10;
constexpr uint64_t kFetchBytesMin = 64 << 10;
constexpr uint64_t kFetchBytesMax = 4 << 20;
constexpr uint64_t kResponseBytesMin = 1 << 20;
constexpr uint64_t kResponseBytesMax = 32 << 20;
constexpr int64_t kMicrosPerMilli = 1000;

using ProgressPtr = std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t,
                                    Freed<rd_kafka_AlterConsumerGroupOffsets_destroy>>;

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::make(const KafkaSourceOptions& options,
                                                 int32_t partitions, const LogFunction& log) {
  CHECK(partitions > 0);
  // Half of a partition's share may wait in its queue and a quarter may join it from one fetch; the
  // rest is for what stands in sockets and in the response being taken apart.
  const uint64_t share = options.buffer_bytes / static_cast<uint64_t>(partitions);
  const uint64_t queue_bytes = std::max(kQueueBytesMin, share / 2);
  const uint64_t fetch_bytes = std::clamp(share / 4, kFetchBytesMin, kFetchBytesMax);
  const uint64_t response_bytes =
      std::clamp(options.buffer_bytes / 4, kResponseBytesMin, kResponseBytesMax);

  ClientOptions client = client_options_of(RD_KAFKA_CONSUMER, options, log);
  client.settings = {
      {"isolation.level", "read_committed"},
      {"auto.offset.reset", "error"},  // Never another position than the one that was asked for.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", options.stop_latest ? "true" : "false"},
      // The bound in bytes counts; the one in records would stop fetching far below it.
      {"queued.min.messages", "10000000"},
      {"queued.max.messages.kbytes", fmt::to_string(queue_bytes >> 10)},
      {"fetch.message.max.bytes", fmt::to_string(fetch_bytes)},
      {"fetch.max.bytes", fmt::to_string(response_bytes)},
      {"fetch.error.backoff.ms", "100"},
      // One fetch at a time runs on a connection, and waits so long where there is nothing new. A
      // partition that was just opened, or whose queue was full when the fetch was sent, waits
      // behind it.
      {"fetch.wait.max.ms", "50"},
      {"check.crcs", "true"},
  };

  std::unique_ptr<Consumer> consumer(new Consumer(options));
  consumer->queue_bytes_ = queue_bytes;
  consumer->client_ = TRY(Client::make(std::move(client)));
  consumer->progress_queue_.reset(rd_kafka_queue_new(consumer->client_->handle()));
  return consumer;
}

Consumer::~Consumer() {
  while (!started_.empty()) stop(started_.begin()->first);
}

void Consumer::silence() {
  client_->silence();
  for (auto& [partition, started] : started_) Wakeup::unwatch(started.queue.get());
}

Result<Bounds> Consumer::bounds(int32_t partition) {
  Bounds bounds;
  TRY(client_->retry("cannot read the offsets of", [&](int timeout_ms) {
    return rd_kafka_query_watermark_offsets(client_->handle(), client_->topic_name().c_str(),
                                            partition, &bounds.low, &bounds.stable_end, timeout_ms);
  }));
  return bounds;
}

Result<int64_t> Consumer::offset_at(int32_t partition, int64_t micros) {
  const int64_t millis = (micros + kMicrosPerMilli - 1) / kMicrosPerMilli;
  int64_t found = RD_KAFKA_OFFSET_INVALID;
  TRY(client_->retry("cannot look up a time in", [&](int timeout_ms) {
    const PartitionsPtr asked =
        one_partition(client_->topic_name(), partition, std::max<int64_t>(millis, 0));
    rd_kafka_resp_err_t outcome =
        rd_kafka_offsets_for_times(client_->handle(), asked.get(), timeout_ms);
    if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR) outcome = asked->elems[0].err;
    found = asked->elems[0].offset;
    return outcome;
  }));
  if (found >= 0) return found;
  const Bounds all = TRY(bounds(partition));
  return all.stable_end;
}

Result<rd_kafka_queue_t*> Consumer::start(int32_t partition, int64_t offset) {
  CHECK(offset >= 0);
  CHECK(!started_.contains(partition));
  QueuePtr queue(rd_kafka_queue_new(client_->handle()));
  client_->wakeup().watch(queue.get());
  if (rd_kafka_consume_start_queue(client_->topic(), partition, offset, queue.get()) != 0) {
    return unavailable(fmt::format(
        "cannot start reading kafka topic '{}': partition={} offset={} reason=\"{}\"",
        client_->topic_name(), partition, offset, rd_kafka_err2str(rd_kafka_last_error())));
  }
  return (started_[partition] = {std::move(queue), 0}).queue.get();
}

void Consumer::stop(int32_t partition) {
  const auto started = started_.find(partition);
  CHECK(started != started_.end());
  Wakeup::unwatch(started->second.queue.get());
  // Waits for librdkafka's own thread, which never waits for the network.
  rd_kafka_consume_stop(client_->topic(), partition);
  started_.erase(started);
}

std::optional<int64_t> Consumer::consumed_to(int32_t partition) const {
  const PartitionsPtr asked =
      one_partition(client_->topic_name(), partition, RD_KAFKA_OFFSET_INVALID);
  if (rd_kafka_position(client_->handle(), asked.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const rd_kafka_topic_partition_t& answer = asked->elems[0];
  if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR || answer.offset < 0) return {};
  return answer.offset;
}

std::optional<Bounds> Consumer::last_seen_bounds(int32_t partition) const {
  Bounds bounds;
  if (rd_kafka_get_watermark_offsets(client_->handle(), client_->topic_name().c_str(), partition,
                                     &bounds.low,
                                     &bounds.stable_end) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  if (bounds.low < 0 || bounds.stable_end < 0) return {};
  return bounds;
}

void Consumer::taken(int32_t partition, uint64_t bytes) {
  Started& started = started_.at(partition);
  started.taken_bytes += bytes;
  if (started.taken_bytes < queue_bytes_ / 2) return;
  started.taken_bytes = 0;
  // In 2.0.2 a fetcher whose queues are all full sleeps for up to a second, however soon they are
  // read empty. A request to the partition's leader wakes it; nobody waits for the answer.
  const PartitionsPtr asked = one_partition(client_->topic_name(), partition, RD_KAFKA_OFFSET_END);
  rd_kafka_offsets_for_times(client_->handle(), asked.get(), 0);
}

void Consumer::publish(int32_t partition, int64_t next) {
  if (group_.empty()) return;
  hear_published();
  const PartitionsPtr reached = one_partition(client_->topic_name(), partition, next);
  ProgressPtr progress(rd_kafka_AlterConsumerGroupOffsets_new(group_.c_str(), reached.get()));
  rd_kafka_AlterConsumerGroupOffsets_t* request = progress.get();
  rd_kafka_AlterConsumerGroupOffsets(client_->handle(), &request, 1, nullptr,
                                     progress_queue_.get());
}

void Consumer::hear_published() {
  while (const EventPtr answer{rd_kafka_queue_poll(progress_queue_.get(), 0)}) {
    const bool failed = rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (failed && !publishing_fails_) {
      client_->log(
          LogLevel::kWarn, "kafka.progress_unpublished",
          fmt::format("reading goes on: topic={} group={} reason=\"{}\"", client_->topic_name(),
                      group_, rd_kafka_event_error_string(answer.get())));
    }
    publishing_fails_ = failed;
  }
}

}  // namespace weir::kafka
