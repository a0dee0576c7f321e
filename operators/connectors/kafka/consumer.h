// Reads partitions of one topic, each into a queue of its own.
//
// Built on librdkafka's calls for single partitions (consume_start_queue and _stop), not on
// assign(). In 2.0.2 assign() replaces the whole assignment and makes every partition of it fetch
// anew; incremental_assign() leaves the others alone but resumes each new partition, which 2.0.2
// may answer by rewinding it, and routes it into the consumer's common queue until the caller has
// turned that off, while records may be coming in. Starting a partition into its queue has neither
// trap: a start touches nothing but that partition. Nothing is ever paused, resumed or sought;
// backpressure is not reading a queue.
//
// Shared by a source and its readers, all of one thread: whoever goes last ends it.
#pragma once

#include "operators/connectors/kafka/client.h"
#include "operators/connectors/kafka/options.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace weir::kafka {

// Offsets in [low, stable_end) can be read. Under read_committed the end is the last stable offset:
// what an open transaction has written, and everything after it, comes later.
struct Bounds {
  int64_t low = 0;
  int64_t stable_end = 0;
};

class Consumer {
 public:
  // `partitions`: among how many the buffer is divided.
  static Result<std::unique_ptr<Consumer>> make(const KafkaSourceOptions& options,
                                                int32_t partitions, const LogFunction& log);
  ~Consumer();

  Client& client() { return *client_; }
  bool publishes() const { return !group_.empty(); }
  // No wake-up is called from here on.
  void silence();

  Result<Bounds> bounds(int32_t partition);  // Blocks.
  // The first offset whose record is stamped `micros` or later, the stable end if there is none.
  // Blocks.
  Result<int64_t> offset_at(int32_t partition, int64_t micros);

  // Begins to fetch. The queue is the caller's to read until stop(). REQUIRES: not started.
  Result<rd_kafka_queue_t*> start(int32_t partition, int64_t offset);
  void stop(int32_t partition);

  // The offset after the last record taken from the queue, markers of transactions included; absent
  // before the first.
  std::optional<int64_t> consumed_to(int32_t partition) const;
  // What the last fetch said, without asking again: absent before the first.
  std::optional<Bounds> last_seen_bounds(int32_t partition) const;

  // Tells how many bytes were taken from a queue, so that a fetcher that slept on a full queue
  // looks again.
  void taken(int32_t partition, uint64_t bytes);

  // Publishes progress under the group, if there is one; best effort, nobody waits for it. The
  // offsets are set as an administrator would: a consumer with a group.id whose coordinator is away
  // cannot be destroyed in 2.0.2, it spins.
  void publish(int32_t partition, int64_t next);

 private:
  struct Started {
    QueuePtr queue;
    uint64_t taken_bytes = 0;  // Since the fetcher was last woken.
  };

  explicit Consumer(const KafkaSourceOptions& options) : group_(options.group) {}

  void hear_published();

  const std::string group_;  // Empty: progress is not published.
  bool publishing_fails_ = false;
  uint64_t queue_bytes_ = 0;  // Where the fetcher of a partition stops.
  std::unique_ptr<Client> client_;
  // After the client: queues go first.
  QueuePtr progress_queue_;
  std::map<int32_t, Started> started_;
};

}  // namespace weir::kafka
