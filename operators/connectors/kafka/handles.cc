#include "operators/connectors/kafka/handles.h"

#include <fmt/format.h>

namespace weir::kafka {

PartitionsPtr one_partition(const std::string& topic, int32_t partition, int64_t offset) {
  PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

Result<HandlePtr> make_handle(rd_kafka_type_t type, ConfPtr conf) {
  char reason[512] = {};
  rd_kafka_t* handle = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle == nullptr) {
    return user_error(fmt::format("cannot set up the kafka client: {}", reason));
  }
  static_cast<void>(conf.release());  // The handle owns it now.
  return HandlePtr(handle);
}

}  // namespace weir::kafka
