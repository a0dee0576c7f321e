// One librdkafka handle for one topic, and what sources and sinks have in common: set-up,
// callbacks, waiting for brokers.
//
// Owned and called by one thread. librdkafka's own threads reach it only through the Wakeup; its
// callbacks (errors, logs, delivery reports) run inside poll(), on the owner's thread. Blocking
// calls say so, and end after the connect timeout at the latest. Nothing here reads a clock: time
// is counted in the waits that were asked for, so a bound is never exceeded, and may be undercut
// where brokers refuse quickly.
#pragma once

#include "operators/connectors/kafka/handles.h"
#include "operators/connectors/kafka/properties.h"
#include "operators/connectors/kafka/wakeup.h"
#include "operators/connectors/log.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::kafka {

struct ClientOptions {
  rd_kafka_type_t type = RD_KAFKA_CONSUMER;
  std::string brokers;
  std::string topic;
  int64_t connect_timeout_ms = 0;
  std::vector<std::pair<std::string, std::string>>
      settings;  // The connector's own; before the job's properties.
  KafkaProperties properties;
  LogFunction log;  // May be empty.
};

// What a source's and a sink's options have in common.
template <typename Options>
ClientOptions client_options_of(rd_kafka_type_t type, const Options& options,
                                const LogFunction& log) {
  return {.type = type,
          .brokers = options.brokers,
          .topic = options.topic,
          .connect_timeout_ms = options.connect_timeout_ms,
          .properties = options.properties,
          .log = log};
}

class Client {
 public:
  // Does not connect. kUser error for a property whose value librdkafka refuses.
  static Result<std::unique_ptr<Client>> make(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* handle() const { return handle_.get(); }
  rd_kafka_topic_t* topic() const { return topic_.get(); }
  const std::string& topic_name() const { return options_.topic; }
  const std::string& brokers() const { return options_.brokers; }
  Wakeup& wakeup() { return wakeup_; }
  // The wake-up is not called from here on for what happens to the handle as a whole.
  void silence() { Wakeup::unwatch(main_queue_.get()); }

  // Serves callbacks. kUnavailable error once librdkafka has met an error that it cannot go on
  // from.
  Status poll();

  // How many partitions the topic has. Blocks. kUser error for a topic that does not exist or may
  // not be read.
  Result<int32_t> partitions();

  // Calls `attempt(timeout_ms)` until it succeeds, with back-off, as long as what it returns may
  // pass by itself. Blocks. `doing` begins the message of the error: "cannot read end offsets of".
  Status retry(std::string_view doing, const std::function<rd_kafka_resp_err_t(int)>& attempt);

  // Does nothing for so long. Blocks.
  void pause(int64_t ms);

  // The value in force of a property, as text.
  std::string property(const char* name) const;

  // A broker has answered: the way to say that trouble is over.
  void answered();

  void log(LogLevel level, std::string_view event, std::string_view text) const;

  // Set before the first record is written; called inside poll(), once for each record.
  std::function<void(const rd_kafka_message_t&)> on_delivery;

 private:
  explicit Client(ClientOptions options) : options_(std::move(options)) {}

  Status configure(rd_kafka_conf_t* conf);
  Error refusal(rd_kafka_resp_err_t reason) const;
  void on_error(rd_kafka_resp_err_t code, const char* reason);
  void on_log(int level, const char* facility, const char* text) const;
  // Constant after make().
  const ClientOptions options_;

  bool in_trouble_ = false;
  bool ever_answered_ = false;
  std::string last_trouble_;
  rd_kafka_resp_err_t last_trouble_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string fatal_;

  Wakeup wakeup_;  // Before the handle: its threads call it.
  HandlePtr handle_;
  TopicPtr topic_;
  QueuePtr main_queue_;
  QueuePtr pause_queue_;  // Always empty: polling it is a wait.
};

}  // namespace weir::kafka
