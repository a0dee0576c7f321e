#include "operators/connectors/kafka/client.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::kafka {

namespace {

constexpr int64_t kAttemptMs = 2'000;
constexpr int64_t kBackoffMinMs = 100;
constexpr int64_t kBackoffMaxMs = 2'000;
// A topic that was just created is not known to every broker at once.
constexpr int kMissingTopicAttempts = 3;
constexpr int kSyslogWarning = 4;

bool is_no_answer(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE;
}

bool may_pass(rd_kafka_resp_err_t code) {
  switch (static_cast<int>(code)) {
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__BAD_MSG:  // A partition was not in the answer.
      return true;
    default: return is_no_answer(code);
  }
}

bool is_missing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

Client& self(void* opaque) { return *static_cast<Client*>(opaque); }

}  // namespace

Result<std::unique_ptr<Client>> Client::make(ClientOptions options) {
  const rd_kafka_type_t type = options.type;
  std::unique_ptr<Client> client(new Client(std::move(options)));
  ConfPtr conf(rd_kafka_conf_new());
  TRY(client->configure(conf.get()));
  client->handle_ = TRY(make_handle(type, std::move(conf)));
  rd_kafka_t* handle = client->handle_.get();
  rd_kafka_set_log_queue(handle, nullptr);  // Logs come through poll(), as all else.
  client->topic_.reset(rd_kafka_topic_new(handle, client->options_.topic.c_str(), nullptr));
  if (client->topic_ == nullptr) {
    return user_error(fmt::format("cannot use kafka topic '{}': {}", client->options_.topic,
                                  rd_kafka_err2str(rd_kafka_last_error())));
  }
  client->main_queue_.reset(rd_kafka_queue_get_main(handle));
  client->pause_queue_.reset(rd_kafka_queue_new(handle));
  client->wakeup_.watch(client->main_queue_.get());
  return client;
}

Client::~Client() {
  if (main_queue_ != nullptr) Wakeup::unwatch(main_queue_.get());
}

Status Client::configure(rd_kafka_conf_t* conf) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"bootstrap.servers", options_.brokers},
      {"client.id", "weir"},
      {"log.queue", "true"},
      {"log_level", "4"},
      {"log.connection.close", "false"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.max.ms",
       "2000"},  // What passes between a broker's return and our noticing it.
  };
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  settings.insert(settings.end(), options_.properties.begin(), options_.properties.end());
  char reason[512] = {};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) !=
        RD_KAFKA_CONF_OK) {
      return user_error(fmt::format("kafka property {} is refused: {}", name, reason));
    }
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int code, const char* why, void* opaque) {
    self(opaque).on_error(static_cast<rd_kafka_resp_err_t>(code), why);
  });
  rd_kafka_conf_set_log_cb(
      conf, [](const rd_kafka_t* handle, int level, const char* facility, const char* text) {
        self(rd_kafka_opaque(handle)).on_log(level, facility, text);
      });
  if (options_.type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(conf,
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                  if (self(opaque).on_delivery) self(opaque).on_delivery(*message);
                                });
  }
  return {};
}

Status Client::poll() {
  rd_kafka_poll(handle_.get(), 0);
  if (fatal_.empty()) return {};
  return unavailable(fmt::format("kafka client cannot go on: brokers={} topic={} reason=\"{}\"",
                                 options_.brokers, options_.topic, fatal_));
}

Result<int32_t> Client::partitions() {
  int32_t count = 0;
  int missing = 0;
  TRY(retry("cannot read", [&](int timeout_ms) {
    const rd_kafka_metadata_t* raw = nullptr;
    rd_kafka_resp_err_t outcome =
        rd_kafka_metadata(handle_.get(), 0, topic_.get(), &raw, timeout_ms);
    const MetadataPtr metadata(raw);
    if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) return outcome;
    if (metadata->topic_cnt != 1) return RD_KAFKA_RESP_ERR__BAD_MSG;
    outcome = metadata->topics[0].err;
    count = metadata->topics[0].partition_cnt;
    if (is_missing(outcome) && ++missing < kMissingTopicAttempts) {
      return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR && count == 0) {
      return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    return outcome;
  }));
  return count;
}

Status Client::retry(std::string_view doing,
                     const std::function<rd_kafka_resp_err_t(int)>& attempt) {
  int64_t left = options_.connect_timeout_ms;
  int64_t backoff = kBackoffMinMs;
  rd_kafka_resp_err_t outcome = RD_KAFKA_RESP_ERR__TIMED_OUT;
  int attempts = 0;
  while (left > 0) {
    const int64_t timeout = std::min(kAttemptMs, left);
    outcome = attempt(static_cast<int>(timeout));
    ++attempts;
    TRY(poll());
    if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR) {
      answered();
      return {};
    }
    if (!may_pass(outcome)) return refusal(outcome);
    if (is_no_answer(outcome)) left -= timeout;
    if (attempts == 2) {
      log(LogLevel::kWarn, "kafka.connecting",
          fmt::format("no answer yet, trying on: brokers={} topic={} last=\"{}\"", options_.brokers,
                      options_.topic,
                      last_trouble_.empty() ? rd_kafka_err2str(outcome) : last_trouble_));
    }
    backoff = std::min({backoff, left, kBackoffMaxMs});
    if (backoff <= 0) break;
    pause(backoff);
    left -= backoff;
    backoff *= 2;
  }
  std::string message = fmt::format(
      "{} kafka topic '{}': brokers={} attempts={} tried_for={} ms last=\"{}\"; check that the "
      "brokers run and that "
      "the addresses they advertise can be reached from here",
      doing, options_.topic, options_.brokers, attempts, options_.connect_timeout_ms,
      last_trouble_.empty() ? rd_kafka_err2str(outcome) : last_trouble_);
  const bool is_refused = last_trouble_code_ == RD_KAFKA_RESP_ERR__AUTHENTICATION;
  return is_refused ? user_error(std::move(message)) : unavailable(std::move(message));
}

Error Client::refusal(rd_kafka_resp_err_t reason) const {
  if (is_missing(reason)) {
    return user_error(
        fmt::format("kafka topic '{0}' does not exist: brokers={1}; create it, for instance with "
                    "kafka-topics.sh --bootstrap-server {1} --create --topic {0} --partitions 4",
                    options_.topic, options_.brokers));
  }
  return user_error(fmt::format("kafka refuses topic '{}': brokers={} reason=\"{}\"",
                                options_.topic, options_.brokers, rd_kafka_err2str(reason)));
}

std::string Client::property(const char* name) const {
  char value[512] = {};
  size_t size = sizeof value;
  if (rd_kafka_conf_get(rd_kafka_conf(handle_.get()), name, value, &size) != RD_KAFKA_CONF_OK) {
    return "unknown";
  }
  return value;
}

void Client::answered() {
  if (!in_trouble_ && ever_answered_) return;
  if (in_trouble_) {
    log(LogLevel::kInfo, "kafka.reachable",
        fmt::format("answers again: brokers={} topic={}", options_.brokers, options_.topic));
  }
  in_trouble_ = false;
  ever_answered_ = true;
  last_trouble_.clear();
  last_trouble_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Client::log(LogLevel level, std::string_view event, std::string_view text) const {
  if (options_.log) options_.log(level, event, text);
}

void Client::on_error(rd_kafka_resp_err_t code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512] = {};
    rd_kafka_fatal_error(handle_.get(), text, sizeof text);
    fatal_ = text;
    return;
  }
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || last_trouble_.empty()) {
    last_trouble_ = reason;
    last_trouble_code_ = code;
  }
  // Before the first answer a refused address may be one of several: retry() tells when none of
  // them works.
  if (in_trouble_ || !ever_answered_) return;
  in_trouble_ = true;
  log(LogLevel::kWarn, "kafka.unreachable",
      fmt::format("lost a broker, trying on: brokers={} topic={} reason=\"{}\"", options_.brokers,
                  options_.topic, reason));
}

void Client::on_log(int level, const char* facility, const char* text) const {
  // Lost connections come as errors too, once each and better told.
  const bool is_connection =
      std::string_view(facility) == "FAIL" || std::string_view(facility) == "ERROR";
  log(level <= kSyslogWarning && !is_connection ? LogLevel::kWarn : LogLevel::kDebug,
      "kafka.client", fmt::format("{}: {}", facility, text));
}

void Client::pause(int64_t ms) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(pause_queue_.get(), static_cast<int>(ms));
  CHECK(event == nullptr);
}

}  // namespace weir::kafka
