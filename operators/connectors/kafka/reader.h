// Reads the records of one partition: from its queue through the decoder into columns.
//
// Ends by position, not by record: a bounded reader is done when the offset after the last record,
// transaction marker or end-of-partition notice reaches the stop offset, so that markers, aborted
// transactions and compacted records at the end do not keep it waiting.
//
// Whoever goes on from a position fetches the record once more that was read last, and compares:
// another one stands there where the topic was deleted and made again. Where retention or
// compaction has removed it there is nothing to compare.
#pragma once

#include "operators/connectors/formats/decoder.h"
#include "operators/connectors/kafka/consumer.h"
#include "operators/connectors/kafka/position.h"
#include "operators/connectors/source.h"

#include <memory>
#include <vector>

namespace weir::kafka {

class PartitionReader : public SplitReader {
 public:
  // Starts to fetch unless the stop offset is reached already. `consumer` is shared with the source
  // and other readers.
  static Result<std::unique_ptr<SplitReader>> open(std::shared_ptr<Consumer> consumer,
                                                   const Split& split, Position from,
                                                   const Bounds& bounds,
                                                   const FormatOptions& format,
                                                   const RowShape& shape);
  ~PartitionReader() override;

  Result<ReadOutcome> read(size_t rows_max, int64_t now, DecodedRows& rows) override;
  SplitPosition position() const override { return encode(position_); }
  std::optional<uint64_t> backlog() const override;

 private:
  PartitionReader(std::shared_ptr<Consumer> consumer, const Split& split, Position from,
                  const Bounds& bounds, const RowShape& shape);

  void fetch(size_t records_max);
  Status decode(size_t rows_max, DecodedRows& rows);
  Status take(const rd_kafka_message_t& message, RowsWriter& writer, DecodedRows& rows);
  Status check_last(const rd_kafka_message_t& message);
  Status take_notice(const rd_kafka_message_t& notice);
  Error lost_position(const rd_kafka_message_t& notice) const;
  RawRecord raw_record(const rd_kafka_message_t& message);
  ReadOutcome idle(int64_t now);
  void end(int64_t now);
  void follow_markers();
  void publish(int64_t now);

  bool at_stop() const { return position_.stop && position_.next >= *position_.stop; }
  bool has_pending() const { return pending_next_ < pending_.size(); }

  // Constant after construction.
  const std::shared_ptr<Consumer> consumer_;
  const Split split_;
  const Bounds opened_bounds_;
  const RowShape shape_;
  bool needs_time_ = false;
  bool needs_key_ = false;
  bool needs_headers_ = false;
  std::unique_ptr<Decoder> decoder_;

  Position position_;
  bool awaits_last_ = false;           // position_.last is fetched once more.
  rd_kafka_queue_t* queue_ = nullptr;  // Null once the end was reached.
  // Taken from the queue and not decoded yet: pending_[pending_next_...].
  std::vector<MessagePtr> pending_;
  size_t pending_next_ = 0;
  std::vector<rd_kafka_message_t*> fetched_;     // Room for one call.
  std::vector<char> padded_;                     // The payload being decoded, with room behind it.
  const rd_kafka_message_t* current_ = nullptr;  // Whose headers are asked for.
  rd_kafka_resp_err_t last_notice_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  int64_t published_ = -1;    // The offset, and
  int64_t published_at_ = 0;  // when.
};

}  // namespace weir::kafka
