// The real Kafka broker that tests use, and a small vocabulary over it. WEIR_TEST_KAFKA=host:port
// names the broker (deploy/test starts one); without it every test that needs one fails and says
// so.
#pragma once

#include "operators/connectors/kafka/handles.h"
#include "operators/connectors/kafka/options.h"
#include "operators/connectors/log.h"
#include "operators/connectors/source.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir::kafka {

// Fails the running test where there is none.
std::string broker_address();

// A topic of its own for every test, gone from nobody's way because its name is never met again.
class TestTopic {
 public:
  using Settings = std::map<std::string, std::string>;

  explicit TestTopic(int partitions, const Settings& settings = {});

  const std::string& name() const { return name_; }
  void write(int32_t partition, const std::vector<std::string>& values);
  void write_with_key(const std::string& key, const std::string& value, const std::string& header);
  void grow(int partitions);
  void delete_records_before(int32_t partition, int64_t offset);
  // Values of a partition with their keys ("-" where there is none), read by a plain consumer.
  std::vector<std::pair<std::string, std::string>> contents(int32_t partition);
  // The same for a consumer that reads committed records only; waits until no transaction is open.
  std::vector<std::pair<std::string, std::string>> committed(int32_t partition);
  int64_t end_offset(int32_t partition);
  // The marker of a slot, as offset and text; absent where there is none.
  std::optional<std::pair<int64_t, std::string>> marker(const std::string& group);
  void delete_marker(const std::string& group);
  // What the group has reached; waits until there is something.
  std::optional<int64_t> published(const std::string& group, int32_t partition);
  // Publishing is best effort: what is published before the broker has a coordinator for the group,
  // as with the first group of its life, is lost.
  void wait_for_coordinator(const std::string& group);

  KafkaSourceOptions source_options() const;

 private:
  std::optional<int64_t> ask_published(const std::string& group, int32_t partition, bool wait);
  std::string name_;
};

// A broker of its own that a test may kill; while it lives, it is the one at broker_address().
class OwnBroker {
 public:
  OwnBroker();
  ~OwnBroker();
  void kill();
  // With the same data and address.
  void start();

 private:
  std::string folder_;
  std::string before_;
};

// A transaction on one partition, open until it is committed or aborted. Both return when the
// marker stands in the partition: the broker writes it after it has answered. REQUIRES: nobody else
// writes to the partition meanwhile.
class TestTransaction {
 public:
  TestTransaction(TestTopic& topic, int32_t partition, const std::vector<std::string>& values);
  void commit();
  void abort();

 private:
  void wait_for_marker(int64_t end);

  TestTopic& topic_;
  int32_t partition_;
  HandlePtr producer_;
};

std::string random_name();
std::vector<std::string> numbered(const std::string& prefix, int count);

// Rings when a connector calls its wake-up.
class Bell {
 public:
  std::function<void()> ringer();
  void wait();  // For the next ring since the last wait; fails the test after 30 s.

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool is_rung_ = false;
};

// One text column "value" in raw form, then the metadata columns.
RowShape raw_shape(std::vector<MetadataColumn> metadata = {});

// A source with its bell, and readers that are read until they have nothing.
class TestReading {
 public:
  explicit TestReading(const KafkaSourceOptions& options, RowShape shape = raw_shape());

  Source& source() { return *source_; }
  std::unique_ptr<SplitReader> open(int32_t partition, const SplitPosition* from = nullptr,
                                    bool is_new = false);
  // The values until the end of a bounded reader.
  std::vector<std::string> read_to_end(SplitReader& reader, size_t rows_max = 1000);
  // The next `count` values of an endless reader.
  std::vector<std::string> read_some(SplitReader& reader, size_t count);
  // Reads until there is an error, and gives it.
  Error read_to_error(SplitReader& reader);
  std::string logged() const { return log_; }

 private:
  Bell bell_;
  const std::string topic_;
  std::string log_;
  std::unique_ptr<Source> source_;
};

}  // namespace weir::kafka
