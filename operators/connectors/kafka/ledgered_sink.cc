#include "operators/connectors/kafka/ledgered_sink.h"

#include "engine/base/fail_point.h"
#include "operators/connectors/kafka/broker_settings.h"
#include "operators/connectors/kafka/client.h"
#include "operators/connectors/kafka/record_key.h"
#include "operators/connectors/kafka/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace weir {

namespace {

using kafka::Client;
using kafka::ClientOptions;
using kafka::DeliveryPoint;
using kafka::Marker;
using kafka::RecordKey;
using kafka::SegmentReader;
using kafka::StoredMarker;
using kafka::Transaction;

// An epoch's output waits in memory.
constexpr uint64_t kSegmentBytesMax = 1 << 30;
// As much goes to one partition before it is the next one's turn, where rows have no key.
constexpr size_t kRunBytes = 16 << 10;
// A chunk, with what librdkafka makes of it, is several times as large in memory.
constexpr uint64_t kChunkBytesMin = 1 << 20;
constexpr uint64_t kChunkPart = 4;            // Of the buffer
constexpr uint64_t kMessageBytesAbout = 160;  // Chunks of smaller ones are bounded in messages.
constexpr uint64_t kMessageBytesMin = 1000;   // Librdkafka takes no less.
// What a batch of one record adds to it, at the most.
constexpr uint64_t kRecordOverhead = 256;
constexpr int64_t kBackoffMinMs = 50;
constexpr int64_t kBackoffMaxMs = 5'000;

struct Limits {
  uint64_t message_bytes = 0;  // Of the client: also what a batch takes.
  uint64_t record_bytes = 0;   // Key and value.
  int32_t partitions = 0;
};

// Of a sink's slots: what their ids begin with.
std::string ids_of(const SinkLane& lane) {
  return fmt::format("weir/{}/{}", lane.lineage, lane.sink);
}

class LedgeredSink : public Sink {
 public:
  LedgeredSink(ClientOptions client, const SinkLane& lane, RecordKey key,
               std::unique_ptr<Encoder> encoder, Limits limits, kafka::Ledgering ledgering)
      : client_(std::move(client)),
        slot_(lane.slot),
        ids_(ids_of(lane)),
        id_(id_of(lane.slot)),
        key_(std::move(key)),
        encoder_(std::move(encoder)),
        record_bytes_max_(limits.record_bytes),
        ledgering_(std::move(ledgering)),
        partitions_(limits.partitions),
        segment_(ledgering_.chunk) {}

  Status prepare(const SlotPast& past) override;
  Result<size_t> write(const RecordBatch& batch, size_t from) override;
  Result<Flush> flush() override { return Flush::kDone; }  // Nothing is sent before it is sealed.
  Result<Segment> seal(CheckpointId id) override;
  Status deliver(CheckpointId id, const Segment& segment) override;
  Status refresh() override;
  bool waits_in_memory() const override { return true; }
  uint64_t waiting_bytes() const override { return segment_.bytes(); }

 private:
  enum class Step { kMore, kDone };

  std::string id_of(uint32_t slot) const { return fmt::format("{}/{}", ids_, slot); }
  std::string where(const std::string& id) const;
  Error too_large(size_t row, size_t bytes) const;
  int32_t partition_for(bool has_key, size_t bytes);
  void at(DeliveryPoint point) const;
  Status until_done(const std::string& id, const std::function<Result<Step>(Transaction&)>& step);
  Result<std::optional<StoredMarker>> look(uint32_t slot, CheckpointId base, bool may_miss);
  Result<CheckpointId> look_at_closed(const SlotPast& past);
  Result<Step> deliver_next(Transaction& transaction, CheckpointId id, const SegmentReader& reader);
  Status commit_marker(Transaction& transaction, const StoredMarker& next);

  // Constant after construction.
  const ClientOptions client_;
  const uint32_t slot_;
  const std::string ids_;  // Of the sink: each begins with it.
  const std::string id_;   // Of the slot's transactions, and of the group that holds its marker.
  const RecordKey key_;
  const std::unique_ptr<Encoder> encoder_;
  const uint64_t record_bytes_max_;
  const kafka::Ledgering ledgering_;

  // Used by prepare(), deliver() and refresh(), which are never called beside each other.
  std::unique_ptr<kafka::MarkerReader> reader_;  // Of the slot that was asked last.

  std::atomic<int32_t> partitions_;  // Found out by deliveries, used by write().

  // Owned by the task thread.
  kafka::SegmentWriter segment_;
  int32_t turn_ = 0;       // The partition that records without a key go to,
  size_t run_bytes_ = 0;   // and how much of them it has had.
  std::string key_bytes_;  // Reused from row to row.
  std::string value_bytes_;
};

std::string LedgeredSink::where(const std::string& id) const {
  return fmt::format("topic={} id={} brokers={}", client_.topic, id, client_.brokers);
}

void LedgeredSink::at(DeliveryPoint point) const {
  if (ledgering_.at) ledgering_.at(point);
}

Error LedgeredSink::too_large(size_t row, size_t bytes) const {
  return bad_data(
      fmt::format("record is too large for kafka topic '{}': row={} bytes={} limit={}; raise "
                  "\"kafka.message.max.bytes\" and the topic's max.message.bytes",
                  client_.topic, row, bytes, record_bytes_max_));
}

int32_t LedgeredSink::partition_for(bool has_key, size_t bytes) {
  const int32_t partitions = partitions_.load(std::memory_order_relaxed);
  if (has_key) {
    // The topic is not looked at.
    return rd_kafka_msg_partitioner_murmur2(nullptr, key_bytes_.data(), key_bytes_.size(),
                                            partitions, nullptr, nullptr);
  }
  run_bytes_ += bytes;
  if (run_bytes_ > kRunBytes) {
    run_bytes_ = bytes;
    ++turn_;
  }
  return turn_ %= partitions;
}

Result<size_t> LedgeredSink::write(const RecordBatch& batch, size_t from) {
  const Selection selection = batch.selection();
  CHECK(from <= selection.size());
  for (size_t i = from; i < selection.size(); ++i) {
    const size_t row = selection[i];
    if (encoder_->skips(batch, row)) continue;
    const bool deletes = encoder_->deletes(batch, row);
    const bool has_key = key_.write(batch, row, key_bytes_);
    value_bytes_.clear();
    if (!deletes) encoder_->encode(batch, row, value_bytes_);
    const size_t bytes = value_bytes_.size() + (has_key ? key_bytes_.size() : 0);
    if (bytes > record_bytes_max_) {
      if (i > from) return i - from;  // The next call meets the row again, first.
      return too_large(row, bytes);
    }
    if (segment_.bytes() + bytes > kSegmentBytesMax) {
      return user_error(fmt::format(
          "the output of one epoch for kafka topic '{}' exceeds {} bytes, which is what one task "
          "keeps until its checkpoint: shorten checkpoint_interval, raise parallelism, or write "
          "delivery = 'at_least_once'",
          client_.topic, kSegmentBytesMax));
    }
    kafka::Message message;
    message.partition = partition_for(has_key, bytes);
    if (has_key) message.key = key_bytes_;
    if (!deletes) message.value = value_bytes_;
    segment_.add(message);
  }
  return selection.size() - from;
}

Result<Segment> LedgeredSink::seal(CheckpointId) {
  Segment segment;
  segment.rows = segment_.messages();
  segment.contents = segment_.finish();
  return segment;
}

// Calls `step` with one fenced transaction after another until it says that all is done. What may
// pass is tried again, on a new instance, while patience lasts.
Status LedgeredSink::until_done(const std::string& id,
                                const std::function<Result<Step>(Transaction&)>& step) {
  int64_t left_ms = ledgering_.patience_ms;
  int64_t backoff_ms = kBackoffMinMs;
  for (int attempts = 1;; ++attempts) {
    std::unique_ptr<Transaction> transaction = TRY(Transaction::make(client_, id, left_ms));
    if (reader_ == nullptr || reader_->group() != id) {
      reader_ = TRY(kafka::MarkerReader::make(client_, id));
    }
    const Status fenced = transaction->fence();
    const Result<Step> outcome = fenced.ok() ? step(*transaction) : fenced.error();
    if (outcome.ok() && *outcome == Step::kDone) return {};
    if (outcome.ok()) {
      attempts = 0;
      backoff_ms = kBackoffMinMs;
      continue;
    }
    reader_.reset();
    if (outcome.error().kind != ErrorKind::kUnavailable) return outcome.error();
    left_ms -= transaction->waited_ms() + backoff_ms;
    if (left_ms <= 0) {
      return unavailable(
          fmt::format("{}; attempts={} tried_for={} ms; what was sent is not "
                      "committed, or is found committed by the next attempt",
                      outcome.error().message, attempts, ledgering_.patience_ms));
    }
    transaction->pause(backoff_ms);
    backoff_ms = std::min(2 * backoff_ms, kBackoffMaxMs);
  }
}

Status LedgeredSink::commit_marker(Transaction& transaction, const StoredMarker& next) {
  TRY(transaction.send_marker(next));
  FAIL_POINT("kafka.marker_sent");
  at(DeliveryPoint::kMarked);
  TRY(transaction.commit());
  FAIL_POINT("kafka.committed");
  at(DeliveryPoint::kCommitted);
  return {};
}

Status LedgeredSink::prepare(const SlotPast& past) {
  const bool answers_for_others = slot_ == 0;
  const CheckpointId closed = answers_for_others ? TRY(look_at_closed(past)) : CheckpointId();
  return until_done(id_, [&](Transaction& transaction) -> Result<Step> {
    const std::optional<StoredMarker> stored = TRY(transaction.marker(*reader_));
    TRY(kafka::check_marker(stored, past.base, past.is_new, where(id_)));
    const Marker marker = kafka::opened(stored, closed, answers_for_others ? past.slots : 1);
    if (stored.has_value() && stored->marker == marker) return Step::kDone;
    TRY(transaction.begin());
    const int64_t offset = stored.has_value() ? stored->offset + 1 : 0;
    TRY(commit_marker(transaction, {.marker = marker, .offset = offset}));
    return Step::kDone;
  });
}

Result<std::optional<StoredMarker>> LedgeredSink::look(uint32_t slot, CheckpointId base,
                                                       bool may_miss) {
  const std::string id = id_of(slot);
  std::optional<StoredMarker> stored;
  const auto ask = [&](Transaction& transaction) -> Result<Step> {
    stored = TRY(transaction.marker(*reader_));
    return Step::kDone;
  };
  TRY(until_done(id, ask));
  TRY(kafka::check_marker(stored, base, may_miss, where(id)));
  return stored;
}

// The newest checkpoint whose output a slot has that this life does not open.
Result<CheckpointId> LedgeredSink::look_at_closed(const SlotPast& past) {
  const std::optional<StoredMarker> own = TRY(look(slot_, past.base, past.is_new));
  CheckpointId newest;
  for (const auto& [slot, may_miss] : kafka::closed_slots(own, past)) {
    const std::optional<StoredMarker> other = TRY(look(slot, past.base, may_miss));
    if (other.has_value()) newest = std::max(newest, other->marker.id);
  }
  return newest;
}

Status LedgeredSink::refresh() {
  return until_done(id_, [&](Transaction& transaction) -> Result<Step> {
    std::optional<StoredMarker> stored = TRY(transaction.marker(*reader_));
    if (!stored.has_value()) return kafka::marker_is_missing(where(id_));
    ++stored->offset;
    TRY(transaction.begin());
    TRY(commit_marker(transaction, *stored));
    return Step::kDone;
  });
}

Status LedgeredSink::deliver(CheckpointId id, const Segment& segment) {
  if (segment.contents.empty()) return {};
  const SegmentReader reader = TRY(SegmentReader::open(segment.contents));
  return until_done(
      id_, [&](Transaction& transaction) { return deliver_next(transaction, id, reader); });
}

// Fenced first, then the marker, then what it says is missing: in this order only.
Result<LedgeredSink::Step> LedgeredSink::deliver_next(Transaction& transaction, CheckpointId id,
                                                      const SegmentReader& reader) {
  at(DeliveryPoint::kFenced);
  FAIL_POINT("kafka.fenced");
  const std::optional<StoredMarker> stored = TRY(transaction.marker(*reader_));
  const uint32_t done = TRY(kafka::chunks_committed(stored, id, reader.chunks(), where(id_)));
  at(DeliveryPoint::kAsked);
  FAIL_POINT("kafka.marker_read");
  if (done == reader.chunks()) return Step::kDone;
  const std::vector<kafka::Message> messages = TRY(reader.messages(done));
  partitions_.store(TRY(transaction.partitions()), std::memory_order_relaxed);
  TRY(transaction.begin());
  at(DeliveryPoint::kBegun);
  FAIL_POINT("kafka.begun");
  TRY(transaction.send(messages));
  at(DeliveryPoint::kSent);
  FAIL_POINT("kafka.sent");
  TRY(commit_marker(transaction, {.marker = {.id = id,
                                             .chunk = done + 1,
                                             .chunks = reader.chunks(),
                                             .slots = stored->marker.slots},
                                  .offset = stored->offset + 1}));
  return done + 1 == reader.chunks() ? Step::kDone : Step::kMore;
}

ClientOptions client_options(const KafkaSinkOptions& options, const LogFunction& log) {
  ClientOptions client = kafka::client_options_of(RD_KAFKA_PRODUCER, options, log);
  client.settings = {
      {"linger.ms", "5"},
      // A chunk is what bounds them.
      {"queue.buffering.max.messages", "10000000"},
      {"queue.buffering.max.kbytes", "2097151"},
  };
  return client;
}

// Asks the topic and its brokers what the sink must know, and warns of what it must not rest on.
Result<Limits> find_limits(const ClientOptions& options, const std::string& id, bool warns) {
  std::unique_ptr<Transaction> checked = TRY(Transaction::make(options, id, 0));  // Its settings.
  checked.reset();
  const std::unique_ptr<Client> client = TRY(Client::make(options));
  Limits limits;
  limits.partitions = TRY(client->partitions());
  const kafka::BrokerSettings settings = TRY(kafka::read_settings(*client));
  TRY(kafka::check_settings(settings));
  limits.message_bytes = std::stoull(client->property("message.max.bytes"));
  limits.record_bytes = limits.message_bytes;
  if (const auto most = kafka::message_bytes_max(settings)) {
    limits.message_bytes = std::clamp(*most, kMessageBytesMin, limits.message_bytes);
    limits.record_bytes = std::min(limits.record_bytes, *most - std::min(*most, kRecordOverhead));
  }
  if (!warns) return limits;
  const std::vector<std::string> weak = kafka::weaknesses(settings);
  if (weak.empty()) return limits;
  client->log(LogLevel::kWarn, "kafka.weak_settings",
              fmt::format("exactly-once output is only as safe as what brokers acknowledge: {}: "
                          "topic={} brokers={}",
                          fmt::join(weak, "; "), options.topic, options.brokers));
  return limits;
}

}  // namespace

Result<std::unique_ptr<Sink>> make_ledgered_kafka_sink(const KafkaSinkOptions& options,
                                                       const FormatOptions& format,
                                                       const Schema& schema, const SinkLane& lane,
                                                       const LogFunction& log,
                                                       kafka::Ledgering ledgering) {
  RecordKey key = TRY(RecordKey::make(options.key, schema));
  std::unique_ptr<Encoder> encoder = TRY(make_encoder(format, schema));
  // A chunk that is larger than the buffer has room for is delivered in several transactions.
  ledgering.chunk.bytes =
      std::min(ledgering.chunk.bytes, std::max(kChunkBytesMin, options.buffer_bytes / kChunkPart));
  ledgering.chunk.messages =
      std::min(ledgering.chunk.messages, ledgering.chunk.bytes / kMessageBytesAbout);
  ClientOptions client = client_options(options, log);
  const Limits limits = TRY(find_limits(client, ids_of(lane), lane.slot == 0));
  // A batch is a message to the broker, so what limits one limits the other.
  client.properties["message.max.bytes"] = fmt::to_string(limits.message_bytes);
  return std::unique_ptr<Sink>(std::make_unique<LedgeredSink>(
      std::move(client), lane, std::move(key), std::move(encoder), limits, std::move(ledgering)));
}

}  // namespace weir
