// Owners of librdkafka's objects: each is freed when its owner goes, on every path.
//
// Only files of this folder include it: it brings in librdkafka's header. No Kafka handle may be
// destroyed by one of librdkafka's own threads, and queues, topics and messages must go before the
// handle they came from: members that hold them stand after the handle.
#pragma once

#include "engine/base/status.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

namespace weir::kafka {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using ConfPtr = std::unique_ptr<rd_kafka_conf_t, Freed<rd_kafka_conf_destroy>>;
using HandlePtr = std::unique_ptr<rd_kafka_t, Freed<rd_kafka_destroy>>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, Freed<rd_kafka_topic_destroy>>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, Freed<rd_kafka_queue_destroy>>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, Freed<rd_kafka_message_destroy>>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, Freed<rd_kafka_event_destroy>>;
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, Freed<rd_kafka_metadata_destroy>>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, Freed<rd_kafka_error_destroy>>;
using AdminOptionsPtr =
    std::unique_ptr<rd_kafka_AdminOptions_t, Freed<rd_kafka_AdminOptions_destroy>>;
using GroupMetadataPtr = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                         Freed<rd_kafka_consumer_group_metadata_destroy>>;
using PartitionsPtr =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Freed<rd_kafka_topic_partition_list_destroy>>;

// A list of one partition.
PartitionsPtr one_partition(const std::string& topic, int32_t partition, int64_t offset);

// A handle made of `conf`, which is used up. kUser error with librdkafka's reason, such as a
// missing certificate.
Result<HandlePtr> make_handle(rd_kafka_type_t type, ConfPtr conf);

}  // namespace weir::kafka
