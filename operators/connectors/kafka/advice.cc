#include "operators/connectors/kafka/advice.h"

#include <fmt/format.h>

namespace weir::kafka {

std::string advice(rd_kafka_resp_err_t code, const std::string& id, const std::string& topic) {
  // All names of all jobs begin alike, so that one prefixed rule is enough.
  const std::string prefix = id.substr(0, id.find('/') + 1);
  switch (static_cast<int>(code)) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return fmt::format(
          "grant the user WRITE and DESCRIBE on the transactional id: kafka-acls.sh --add "
          "--operation Write --operation Describe --transactional-id {} --resource-pattern-type "
          "prefixed",
          prefix);
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return fmt::format(
          "grant the user READ and DESCRIBE on the group, in which the sink keeps how far it is: "
          "kafka-acls.sh --add --operation Read --operation Describe --group {} "
          "--resource-pattern-type prefixed",
          prefix);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return fmt::format(
          "grant the user WRITE, READ and DESCRIBE on the topic (READ, since the marker names a "
          "partition of it): kafka-acls.sh --add --operation Write --operation Read --operation "
          "Describe --topic {}",
          topic);
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "grant the user IDEMPOTENT_WRITE on the cluster: kafka-acls.sh --add --operation "
             "IdempotentWrite --cluster";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "set the brokers' transaction.max.timeout.ms to 60000 or more";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return "raise the topic's max.message.bytes";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return fmt::format("topic {} takes no such records: a compacted topic needs the option key",
                         topic);
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
      return "exactly-once output needs brokers of Kafka 2.5 or later: write delivery = "
             "'at_least_once', or use newer brokers";
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return "the segment was written for a partition that the topic no longer has: give the topic "
             "its partitions back";
    default: return {};
  }
}

}  // namespace weir::kafka
