// One Kafka transaction of a slot, from the fencing of its predecessors to its commit, on a
// producer instance of its own.
//
// A new instance takes a new producer epoch, so that a delayed request of an earlier transaction
// cannot end a later one (KAFKA-17754), and nothing is ever done on an instance that failed. Order
// of calls: fence(), marker(), begin(), send(), send_marker(), commit(). All of them block, each no
// longer than its share of the transaction's time-out, and than the patience given. Whatever fails,
// the outcome is found by a new Transaction, which fences this one and then reads the marker.
//
// Errors: kUnavailable for what may pass; kUser for what somebody must set or grant first, and the
// message says what.
//
// Owned and used by one thread. The destructor aborts what is open, so that readers are not held
// up until the time-out.
#pragma once

#include "operators/connectors/kafka/client.h"
#include "operators/connectors/kafka/marker.h"
#include "operators/connectors/kafka/segment.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::kafka {

inline constexpr int64_t kTransactionTimeoutMs = 60'000;

class Transaction {
 public:
  // `client`: a producer without transactional settings, which are added here. `id` names the slot:
  // the transactional id, and the group of the marker. Does not connect.
  static Result<std::unique_ptr<Transaction>> make(ClientOptions client, const std::string& id,
                                                   int64_t patience_ms);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Ends every transaction of the id that is open, and shuts out every other instance.
  Status fence();
  // As of now: nothing that was begun before fence() can change it any more. `reader`: of the same
  // slot.
  Result<std::optional<StoredMarker>> marker(MarkerReader& reader);
  Status begin();
  // Returns when all replicas that must have them do. The messages' bytes must stay until the
  // Transaction goes.
  Status send(const std::vector<Message>& messages);
  Status send_marker(const StoredMarker& next);
  Status commit();

  // How many partitions the topic has now.
  Result<int32_t> partitions() { return client_->partitions(); }
  void pause(int64_t ms) { client_->pause(ms); }
  // How long calls have waited in vain.
  int64_t waited_ms() const { return waited_ms_; }
  // For messages: id, topic and brokers.
  std::string where() const;

 private:
  Transaction(std::unique_ptr<Client> client, std::string id, int64_t patience_ms);

  int at_most(int ms) const;

  Status outcome(std::string_view doing, ErrorPtr error, int timeout_ms);
  Error failure(std::string_view doing, rd_kafka_resp_err_t code, std::string_view reason);

  const std::string id_;
  const int64_t patience_ms_;
  rd_kafka_resp_err_t refused_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // Of the first message that was.
  bool is_open_ = false;
  int64_t waited_ms_ = 0;
  std::unique_ptr<Client> client_;  // Last: its callback uses what stands above.
};

}  // namespace weir::kafka
