#include "operators/connectors/kafka/transaction.h"

#include "operators/connectors/kafka/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::kafka {

namespace {

// Waiting for a broker that is gone for a moment is done inside a call, so calls are not short.
constexpr int kFenceMs = 20'000;
// A broker that still finishes the transaction before says so, and librdkafka would ask again after
// half a second, while it takes some milliseconds. A call that resumes another asks at once, unless
// an answer is due.
constexpr int kFenceAgainMinMs = 20;
constexpr int kFenceAgainMaxMs = 500;
constexpr int kAskMs = 5'000;
// Together under the transaction's time-out.
constexpr int kSendMs = 30'000;
constexpr int kSendMarkerMs = 10'000;
constexpr int kCommitMs = 15'000;
constexpr int kAbortMs = 2'000;
static_assert(kSendMs + kSendMarkerMs + kCommitMs < kTransactionTimeoutMs);

}  // namespace

Result<std::unique_ptr<Transaction>> Transaction::make(ClientOptions client, const std::string& id,
                                                       int64_t patience_ms) {
  client.settings.emplace_back("transactional.id", id);
  client.settings.emplace_back("transaction.timeout.ms", fmt::to_string(kTransactionTimeoutMs));
  client.connect_timeout_ms = std::min(client.connect_timeout_ms, patience_ms);
  std::unique_ptr<Client> made = TRY(Client::make(std::move(client)));
  return std::unique_ptr<Transaction>(new Transaction(std::move(made), id, patience_ms));
}

Transaction::Transaction(std::unique_ptr<Client> client, std::string id, int64_t patience_ms)
    : id_(std::move(id)), patience_ms_(patience_ms), client_(std::move(client)) {
  client_->on_delivery = [this](const rd_kafka_message_t& message) {
    if (refused_ == RD_KAFKA_RESP_ERR_NO_ERROR) refused_ = message.err;
  };
}

Transaction::~Transaction() {
  if (is_open_) ErrorPtr(rd_kafka_abort_transaction(client_->handle(), kAbortMs));
  // Reports that nobody waits for must not be called for.
  client_->on_delivery = nullptr;
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

int Transaction::at_most(int ms) const {
  return static_cast<int>(std::min<int64_t>(ms, patience_ms_));
}

std::string Transaction::where() const {
  return fmt::format("topic={} id={} brokers={}", client_->topic_name(), id_, client_->brokers());
}

Status Transaction::fence() {
  int left_ms = at_most(kFenceMs);
  for (int wait_ms = kFenceAgainMinMs;; wait_ms = std::min(2 * wait_ms, kFenceAgainMaxMs)) {
    wait_ms = std::min(wait_ms, left_ms);
    left_ms -= wait_ms;
    ErrorPtr error(rd_kafka_init_transactions(client_->handle(), wait_ms));
    const bool may_resume = error != nullptr && rd_kafka_error_is_retriable(error.get()) != 0;
    if (may_resume && left_ms > 0) continue;
    return outcome("take over the slot", std::move(error), at_most(kFenceMs));
  }
}

Result<std::optional<StoredMarker>> Transaction::marker(MarkerReader& reader) {
  const MarkerAnswer answer = reader.ask(at_most(kAskMs));
  if (answer.code == RD_KAFKA_RESP_ERR__TIMED_OUT) waited_ms_ += at_most(kAskMs);
  if (answer.code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure("read the marker", answer.code, answer.reason);
  }
  if (!answer.offset.has_value()) return std::optional<StoredMarker>();
  const Marker marker = TRY(parse_marker(answer.text));
  return std::optional(StoredMarker{marker, *answer.offset});
}

Status Transaction::begin() {
  TRY(outcome("begin", ErrorPtr(rd_kafka_begin_transaction(client_->handle())), 0));
  is_open_ = true;
  return {};
}

// Through the topic handle: producev() on a cold instance waits up to a second.
Status Transaction::send(const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    const std::string_view key = message.key.value_or(std::string_view());
    const int refused = rd_kafka_produce(
        client_->topic(), message.partition, 0, const_cast<char*>(message.value.data()),
        message.value.size(), message.key.has_value() ? key.data() : nullptr, key.size(), nullptr);
    if (refused != 0) {
      const rd_kafka_resp_err_t code = rd_kafka_last_error();
      return failure("send", code, rd_kafka_err2str(code));
    }
  }
  const rd_kafka_resp_err_t flushed = rd_kafka_flush(client_->handle(), at_most(kSendMs));
  if (refused_ != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure("send", refused_, rd_kafka_err2str(refused_));
  }
  if (flushed == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  waited_ms_ += at_most(kSendMs);
  return failure("send", flushed, rd_kafka_err2str(flushed));
}

Status Transaction::send_marker(const StoredMarker& next) {
  const PartitionsPtr offsets = marker_offsets(client_->topic_name(), next);
  const GroupMetadataPtr group(rd_kafka_consumer_group_metadata_new(id_.c_str()));
  return outcome("send the marker",
                 ErrorPtr(rd_kafka_send_offsets_to_transaction(
                     client_->handle(), offsets.get(), group.get(), at_most(kSendMarkerMs))),
                 at_most(kSendMarkerMs));
}

Status Transaction::commit() {
  is_open_ = false;  // A second request to end it must never be sent.
  return outcome("commit",
                 ErrorPtr(rd_kafka_commit_transaction(client_->handle(), at_most(kCommitMs))),
                 at_most(kCommitMs));
}

Status Transaction::outcome(std::string_view doing, ErrorPtr error, int timeout_ms) {
  if (error == nullptr) return {};
  rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) waited_ms_ += timeout_ms;
  return failure(doing, code, rd_kafka_error_string(error.get()));
}

Error Transaction::failure(std::string_view doing, rd_kafka_resp_err_t code,
                           std::string_view reason) {
  char fatal[512] = {};
  if (const auto cause = rd_kafka_fatal_error(client_->handle(), fatal, sizeof fatal);
      cause != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = cause;
    reason = fatal;
  }
  const std::string what_to_do = advice(code, id_, client_->topic_name());
  std::string message =
      fmt::format("cannot deliver to kafka: step=\"{}\" {} reason=\"{}\"", doing, where(), reason);
  if (what_to_do.empty()) return unavailable(std::move(message));
  return user_error(fmt::format("{}; {}", message, what_to_do));
}

}  // namespace weir::kafka
