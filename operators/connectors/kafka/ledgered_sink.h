// Writes rows to a Kafka topic, each exactly once for consumers with
// isolation.level=read_committed.
//
// Between checkpoints rows become finished messages of a segment, and nothing is sent. When the
// checkpoint that holds the segment is complete, deliver() sends it in Kafka transactions, each
// with a marker of how far the slot is (marker.h). A delivery that is repeated, by whoever and
// whenever, fences what went before, reads the marker, and sends only what is missing. An epoch
// larger than a chunk becomes visible chunk by chunk, in order.
//
// Records with a key go to the partition that Kafka's own client would choose for it; those without
// one fill the partitions in turn. The choice is made once, in write(): partitions that are added
// later change nothing about what was written before. Kafka stamps records with the time of their
// delivery.
#pragma once

#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/kafka/options.h"
#include "operators/connectors/kafka/segment.h"
#include "operators/connectors/log.h"
#include "operators/connectors/sink.h"

#include <functional>
#include <memory>

namespace weir {

namespace kafka {

// Places in a delivery where the process may die, for tests that make it die there.
enum class DeliveryPoint { kFenced, kAsked, kBegun, kSent, kMarked, kCommitted };

struct Ledgering {
  ChunkBounds chunk;
  // How long a call waits for brokers that do not answer, and backs off, before it says so.
  int64_t patience_ms = 120'000;
  std::function<void(DeliveryPoint)> at;  // May be empty.
};

}  // namespace kafka

// Connects, and so may block for the connect timeout. Errors as of make_kafka_sink(), and kUser for
// brokers that do not allow the transactions. Slot 0 warns of settings that may lose what brokers
// acknowledged.
Result<std::unique_ptr<Sink>> make_ledgered_kafka_sink(const KafkaSinkOptions& options,
                                                       const FormatOptions& format,
                                                       const Schema& schema, const SinkLane& lane,
                                                       const LogFunction& log = {},
                                                       kafka::Ledgering ledgering = {});

}  // namespace weir
