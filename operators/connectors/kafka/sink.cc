#include "operators/connectors/kafka/sink.h"

#include "operators/connectors/kafka/client.h"
#include "operators/connectors/kafka/record_key.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

namespace {

using kafka::Client;
using kafka::ClientOptions;
using kafka::RecordKey;

constexpr std::string_view kRecordsMax = "1000000";

class KafkaSink : public Sink {
 public:
  KafkaSink(std::unique_ptr<Client> client, RecordKey key, std::unique_ptr<Encoder> encoder)
      : key_(std::move(key)), encoder_(std::move(encoder)), client_(std::move(client)) {
    client_->on_delivery = [this](const rd_kafka_message_t& message) { note_delivery(message); };
  }
  ~KafkaSink() override;

  Result<size_t> write(const RecordBatch& batch, size_t from) override;
  Result<Flush> flush() override;
  Result<Segment> seal(CheckpointId id) override;
  Status deliver(CheckpointId id, const Segment& segment) override;
  void on_wakeup(std::function<void()> wake) override { client_->wakeup().set(std::move(wake)); }

 private:
  Status poll();
  rd_kafka_resp_err_t produce(const RecordBatch& batch, size_t row);
  Error unwritable(rd_kafka_resp_err_t reason, size_t row) const;
  void note_delivery(const rd_kafka_message_t& message);

  const RecordKey key_;
  const std::unique_ptr<Encoder> encoder_;

  std::string failed_delivery_;  // The first one; empty: none.
  uint64_t rows_ = 0;            // Since the last seal().
  std::string key_bytes_;        // Reused from row to row.
  std::string value_bytes_;
  std::unique_ptr<Client> client_;  // Last: its callback uses what stands above.
};

KafkaSink::~KafkaSink() {
  // What is not acknowledged was either flushed or belongs to a job that failed: nobody waits for
  // it.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

Status KafkaSink::poll() {
  TRY(client_->poll());
  if (failed_delivery_.empty()) return {};
  return unavailable(failed_delivery_);
}

Result<size_t> KafkaSink::write(const RecordBatch& batch, size_t from) {
  TRY(poll());
  const Selection selection = batch.selection();
  CHECK(from <= selection.size());
  for (size_t i = from; i < selection.size(); ++i) {
    if (encoder_->skips(batch, selection[i])) continue;
    rd_kafka_resp_err_t outcome = produce(batch, selection[i]);
    if (outcome == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // Reports that came meanwhile may have made room; if not, the next one wakes us.
      TRY(poll());
      outcome = produce(batch, selection[i]);
      if (outcome == RD_KAFKA_RESP_ERR__QUEUE_FULL) return i - from;
    }
    if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (i > from) return i - from;  // The next call meets the row again, first.
      return unwritable(outcome, selection[i]);
    }
    ++rows_;
  }
  return selection.size() - from;
}

rd_kafka_resp_err_t KafkaSink::produce(const RecordBatch& batch, size_t row) {
  const bool has_key = key_.write(batch, row, key_bytes_);
  value_bytes_.clear();
  const bool deletes = encoder_->deletes(batch, row);
  if (!deletes) encoder_->encode(batch, row, value_bytes_);
  const int refused = rd_kafka_produce(client_->topic(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                       deletes ? nullptr : value_bytes_.data(), value_bytes_.size(),
                                       has_key ? key_bytes_.data() : nullptr,
                                       has_key ? key_bytes_.size() : 0, nullptr);
  return refused == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

Error KafkaSink::unwritable(rd_kafka_resp_err_t reason, size_t row) const {
  if (reason != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    return unavailable(fmt::format("cannot write to kafka topic '{}': brokers={} reason=\"{}\"",
                                   client_->topic_name(), client_->brokers(),
                                   rd_kafka_err2str(reason)));
  }
  return bad_data(
      fmt::format("record is too large for kafka topic '{}': row={} bytes={} limit={}; raise "
                  "\"kafka.message.max.bytes\" and the "
                  "topic's max.message.bytes",
                  client_->topic_name(), row, value_bytes_.size() + key_bytes_.size(),
                  client_->property("message.max.bytes")));
}

void KafkaSink::note_delivery(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    client_->answered();
    return;
  }
  if (!failed_delivery_.empty()) return;
  failed_delivery_ = fmt::format(
      "kafka did not take a record: topic={} partition={} brokers={} bytes={} reason=\"{}\"{}",
      client_->topic_name(), message.partition, client_->brokers(), message.len + message.key_len,
      rd_kafka_err2str(message.err),
      message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? "; raise the topic's max.message.bytes"
                                                          : "");
}

Result<Flush> KafkaSink::flush() {
  TRY(poll());
  return rd_kafka_outq_len(client_->handle()) == 0 ? Flush::kDone : Flush::kMore;
}

Result<Segment> KafkaSink::seal(CheckpointId) {
  CHECK(rd_kafka_outq_len(client_->handle()) == 0);
  return Segment{{}, std::exchange(rows_, 0)};
}

// The rows were visible before they were sealed.
Status KafkaSink::deliver(CheckpointId, const Segment& segment) {
  CHECK(segment.contents.empty());
  return {};
}

}  // namespace

ClientOptions kafka_sink_client(const KafkaSinkOptions& options, const LogFunction& log) {
  ClientOptions client = kafka::client_options_of(RD_KAFKA_PRODUCER, options, log);
  client.settings = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      // Hardly longer than it takes to wake a thread. With 0 librdkafka's thread does not sleep
      // while as many requests are under way as may be.
      {"linger.ms", "0.5"},
      {"partitioner",
       "murmur2_random"},  // As Kafka's own client: a key keeps its partition whoever writes it.
      {"queue.buffering.max.messages", std::string(kRecordsMax)},
      {"queue.buffering.max.kbytes", fmt::to_string(options.buffer_bytes >> 10)},
  };
  return client;
}

Result<std::unique_ptr<Sink>> make_kafka_sink(const KafkaSinkOptions& options,
                                              const FormatOptions& format, const Schema& schema,
                                              const LogFunction& log) {
  RecordKey key = TRY(RecordKey::make(options.key, schema));
  std::unique_ptr<Encoder> encoder = TRY(make_encoder(format, schema));
  std::unique_ptr<Client> client = TRY(Client::make(kafka_sink_client(options, log)));
  TRY(client->partitions());
  return std::unique_ptr<Sink>(
      std::make_unique<KafkaSink>(std::move(client), std::move(key), std::move(encoder)));
}

}  // namespace weir
