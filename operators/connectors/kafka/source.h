// Reads the topic of a Kafka cluster: a split is a partition.
//
// Only committed records are read, each exactly once and in the order of its partition, from
// explicit offsets: no consumer group assigns anything. `group` only publishes progress for others
// to look at.
#pragma once

#include "operators/connectors/formats/decoder.h"
#include "operators/connectors/kafka/options.h"
#include "operators/connectors/log.h"
#include "operators/connectors/source.h"

#include <memory>

namespace weir {

// Does not connect yet: discover() does. kUser error for a format that does not fit the shape. Give
// the wake-up to it before the first reader is opened, so that no row arrives unheard.
Result<std::unique_ptr<Source>> make_kafka_source(KafkaSourceOptions options, FormatOptions format,
                                                  RowShape shape, LogFunction log = {});

}  // namespace weir
