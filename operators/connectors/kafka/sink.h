// Writes rows to a Kafka topic, at least once (ledgered_sink.h does exactly once): every row is
// handed to librdkafka's idempotent producer at once and acknowledged by all replicas before
// flush() says so. A row that cannot be delivered ends the job; none is dropped.
//
// Records with a key go to the partition that Kafka's own client would choose for it; order is kept
// per partition.
#pragma once

#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/kafka/options.h"
#include "operators/connectors/log.h"
#include "operators/connectors/sink.h"

#include <memory>

namespace weir {

namespace kafka {
struct ClientOptions;
}

// The producer of a sink, before it connects. Also what measurements compare a job with.
kafka::ClientOptions kafka_sink_client(const KafkaSinkOptions& options, const LogFunction& log);

// Connects, and so may block for the connect timeout. kUser error for a topic that does not exist,
// a key that names no column, or a format that does not fit the schema; kUnavailable where no
// broker answers.
Result<std::unique_ptr<Sink>> make_kafka_sink(const KafkaSinkOptions& options,
                                              const FormatOptions& format, const Schema& schema,
                                              const LogFunction& log = {});

}  // namespace weir
