#include "operators/connectors/kafka/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace weir::kafka {

namespace {

constexpr size_t kFetchRecordsMax = 4096;
// A batch ends when it has read so much, however few rows that is: its columns hold copies.
constexpr uint64_t kBatchBytesMax = 4 << 20;
constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kNoTime = -1;
constexpr int64_t kPublishEveryMicros = 5'000'000;

std::optional<std::string_view> header_of(const rd_kafka_message_t& message,
                                          std::string_view name) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const void* value = nullptr;
  size_t size = 0;
  const std::string terminated(name);
  if (rd_kafka_header_get_last(headers, terminated.c_str(), &value, &size) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  if (value == nullptr) return {};
  return std::string_view(static_cast<const char*>(value), size);
}

int64_t time_ms_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type;
  const int64_t millis = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? kNoTime : millis;
}

// A record without a payload deletes its key in a compacted topic. A table that is read is a list
// of rows, and has none for it.
BadRecord tombstone(const rd_kafka_message_t& message) {
  return {.raw = "",
          .position = message.offset,
          .stage = "decode",
          .reason = "a tombstone: the record has no payload (null), so it holds no row",
          .label = "tombstone"};
}

bool is_needed(const RowShape& shape, MetadataKind kind) {
  const size_t first = shape.payload_fields();
  for (size_t i = 0; i < shape.metadata.size(); ++i) {
    if (shape.metadata[i].kind == kind && shape.needed[first + i].needed) return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<SplitReader>> PartitionReader::open(std::shared_ptr<Consumer> consumer,
                                                           const Split& split, Position from,
                                                           const Bounds& bounds,
                                                           const FormatOptions& format,
                                                           const RowShape& shape) {
  std::unique_ptr<PartitionReader> reader(
      new PartitionReader(std::move(consumer), split, from, bounds, shape));
  reader->decoder_ = TRY(make_decoder(format, reader->shape_));
  if (!reader->at_stop()) {
    const int64_t first = reader->awaits_last_ ? from.last->offset : from.next;
    reader->queue_ = TRY(reader->consumer_->start(split.number, first));
  }
  return std::unique_ptr<SplitReader>(std::move(reader));
}

PartitionReader::PartitionReader(std::shared_ptr<Consumer> consumer, const Split& split,
                                 Position from, const Bounds& bounds, const RowShape& shape)
    : consumer_(std::move(consumer)),
      split_(split),
      opened_bounds_(bounds),
      shape_(shape),
      needs_time_(is_needed(shape, MetadataKind::kTime)),
      needs_key_(is_needed(shape, MetadataKind::kKey)),
      needs_headers_(is_needed(shape, MetadataKind::kHeader)),
      position_(from),
      awaits_last_(from.last.has_value() && from.last->offset >= bounds.low &&
                   from.last->offset < bounds.stable_end) {}

PartitionReader::~PartitionReader() {
  pending_.clear();
  if (queue_ != nullptr) consumer_->stop(split_.number);
}

Result<ReadOutcome> PartitionReader::read(size_t rows_max, int64_t now, DecodedRows& rows) {
  CHECK(rows_max > 0);
  TRY(consumer_->client().poll());
  if (!has_pending() && queue_ != nullptr) fetch(std::min(rows_max, kFetchRecordsMax));
  if (has_pending()) TRY(decode(rows_max, rows));
  if (!has_pending() && queue_ != nullptr) follow_markers();
  if (at_stop()) end(now);
  if (rows.records > 0) {
    if (now - published_at_ >= kPublishEveryMicros) publish(now);
    return ReadOutcome{};
  }
  if (queue_ == nullptr) return ReadOutcome{.state = ReadState::kEnd, .wake_at = {}};
  if (has_pending()) return ReadOutcome{};
  return idle(now);
}

void PartitionReader::fetch(size_t records_max) {
  fetched_.resize(records_max);
  const ssize_t count = rd_kafka_consume_batch_queue(queue_, 0, fetched_.data(), records_max);
  pending_.clear();
  pending_next_ = 0;
  uint64_t bytes = 0;
  for (ssize_t i = 0; i < count; ++i) {
    pending_.emplace_back(fetched_[static_cast<size_t>(i)]);
    bytes += pending_.back()->len + pending_.back()->key_len;
  }
  if (count > 0) consumer_->taken(split_.number, bytes);
}

Status PartitionReader::decode(size_t rows_max, DecodedRows& rows) {
  const size_t records_max = std::min(rows_max, pending_.size() - pending_next_);
  RowsWriter writer(shape_, split_, split_.id, records_max);
  while (has_pending() && rows.records < records_max && rows.bytes < kBatchBytesMax && !at_stop()) {
    const MessagePtr message = std::move(pending_[pending_next_++]);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      TRY(take_notice(*message));
    } else {
      TRY(take(*message, writer, rows));
    }
  }
  if (rows.records == 0) return {};
  consumer_->client().answered();
  last_notice_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  rows.batch = std::move(writer).finish();
  return {};
}

Status PartitionReader::take(const rd_kafka_message_t& message, RowsWriter& writer,
                             DecodedRows& rows) {
  if (awaits_last_) {
    awaits_last_ = false;
    if (message.offset == position_.last->offset) return check_last(message);
  }
  if (message.offset < position_.next) {
    return corrupt(fmt::format(
        "kafka client gave a record twice: topic={} partition={} offset={} expected={} or more",
        split_.source, split_.number, message.offset, position_.next));
  }
  if (position_.stop && message.offset >= *position_.stop) {
    position_.next = *position_.stop;
    return {};
  }
  if (message.payload == nullptr) {
    rows.bad.push_back(tombstone(message));
  } else {
    decoder_->decode(raw_record(message), writer, rows.bad);
  }
  position_.next = message.offset + 1;
  position_.last = ReadRecord{message.offset, time_ms_of(message)};
  rows.bytes += message.len;
  ++rows.records;
  return {};
}

Status PartitionReader::check_last(const rd_kafka_message_t& message) {
  const int64_t time_ms = time_ms_of(message);
  if (time_ms == position_.last->time_ms) return {};
  return corrupt(fmt::format(
      "kafka has another record where the last one was read: topic={} partition={} offset={} "
      "time_ms={} before={}; the topic was deleted and created again: begin afresh with another "
      "state folder, or without the savepoint",
      split_.source, split_.number, message.offset, time_ms, position_.last->time_ms));
}

RawRecord PartitionReader::raw_record(const rd_kafka_message_t& message) {
  RawRecord record;
  // Behind a payload stands the next record, or the end of librdkafka's buffer; decoders read past
  // the end. Copying the few hundred bytes of a record costs less than finding out, and the decoder
  // then reads them from the cache.
  if (padded_.size() < message.len + Decoder::kPadding) {
    padded_.resize(std::max(2 * padded_.size(), message.len + Decoder::kPadding));
  }
  if (message.len > 0) std::memcpy(padded_.data(), message.payload, message.len);
  record.payload = {padded_.data(), message.len};
  record.position = message.offset;
  if (needs_time_) {
    const int64_t millis = time_ms_of(message);
    if (millis != kNoTime) record.time = millis * kMicrosPerMilli;
  }
  if (needs_key_ && message.key != nullptr) {
    record.key = std::string_view(static_cast<const char*>(message.key), message.key_len);
  }
  if (needs_headers_) {
    current_ = &message;
    record.header = [this](std::string_view name) { return header_of(*current_, name); };
  }
  return record;
}

Status PartitionReader::take_notice(const rd_kafka_message_t& notice) {
  switch (static_cast<int>(notice.err)) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      position_.next = std::max(position_.next, notice.offset);
      consumer_->client().answered();
      if (position_.stop && position_.next < *position_.stop) {
        consumer_->client().log(
            LogLevel::kWarn, "kafka.ends_early",
            fmt::format("partition ends before the stop offset, waiting: topic={} partition={} "
                        "end={} stop={}",
                        split_.source, split_.number, position_.next, *position_.stop));
      }
      return {};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      if (!awaits_last_) return lost_position(notice);
      return unavailable(fmt::format(
          "kafka no longer has the record that was read last: topic={} partition={} offset={}; "
          "retention has just removed it",
          split_.source, split_.number, position_.last->offset));
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      // Whether it is gone for good the next discovery says.
      return unavailable(fmt::format(
          "kafka partition is gone: topic={} partition={} offset={} reason=\"{}\"", split_.source,
          split_.number, position_.next, rd_kafka_message_errstr(&notice)));
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return user_error(
          fmt::format("kafka refuses to let topic '{}' be read: partition={} reason=\"{}\"",
                      split_.source, split_.number, rd_kafka_message_errstr(&notice)));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return user_error(fmt::format(
          "kafka record is too large to fetch: topic={} partition={} offset={} reason=\"{}\"; "
          "raise "
          "\"kafka.receive.message.max.bytes\"",
          split_.source, split_.number, position_.next, rd_kafka_message_errstr(&notice)));
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return corrupt(fmt::format(
          "kafka record is damaged: topic={} partition={} offset={} reason=\"{}\"", split_.source,
          split_.number, position_.next, rd_kafka_message_errstr(&notice)));
    default: break;
  }
  // librdkafka tries on; told once until records come again.
  if (notice.err != last_notice_) {
    consumer_->client().log(
        LogLevel::kWarn, "kafka.fetch_failed",
        fmt::format("trying on: topic={} partition={} offset={} reason=\"{}\"", split_.source,
                    split_.number, position_.next, rd_kafka_message_errstr(&notice)));
  }
  last_notice_ = notice.err;
  return {};
}

Error PartitionReader::lost_position(const rd_kafka_message_t& notice) const {
  const Bounds bounds = consumer_->last_seen_bounds(split_.number).value_or(opened_bounds_);
  return corrupt(
      fmt::format("kafka no longer has the position to read from: topic={} partition={} offset={} "
                  "low={} high={} "
                  "reason=\"{}\"; records were deleted by retention before they were read, or the "
                  "log was truncated",
                  split_.source, split_.number, position_.next, bounds.low, bounds.stable_end,
                  rd_kafka_message_errstr(&notice)));
}

ReadOutcome PartitionReader::idle(int64_t now) {
  ReadOutcome outcome{.state = ReadState::kWaiting, .wake_at = {}};
  if (!consumer_->publishes() || position_.next == published_) return outcome;
  if (now - published_at_ >= kPublishEveryMicros) {
    publish(now);
  } else {
    outcome.wake_at = published_at_ + kPublishEveryMicros;
  }
  return outcome;
}

void PartitionReader::end(int64_t now) {
  if (queue_ == nullptr) return;
  pending_.clear();
  pending_next_ = 0;
  consumer_->stop(split_.number);
  queue_ = nullptr;
  publish(now);
}

void PartitionReader::follow_markers() {
  const std::optional<int64_t> consumed_to = consumer_->consumed_to(split_.number);
  if (consumed_to) position_.next = std::max(position_.next, *consumed_to);
}

void PartitionReader::publish(int64_t now) {
  if (position_.next != published_) consumer_->publish(split_.number, position_.next);
  published_ = position_.next;
  published_at_ = now;
}

std::optional<uint64_t> PartitionReader::backlog() const {
  if (position_.stop) {
    return static_cast<uint64_t>(std::max<int64_t>(0, *position_.stop - position_.next));
  }
  const std::optional<Bounds> bounds = consumer_->last_seen_bounds(split_.number);
  if (!bounds) return std::nullopt;
  return static_cast<uint64_t>(std::max<int64_t>(0, bounds->stable_end - position_.next));
}

}  // namespace weir::kafka
