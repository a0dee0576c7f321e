// The two ends of tests/bench/latency, and what a job is compared with:
//
//   latency_bench drive BROKERS IN OUT RATE SECONDS WARM_UP
//   latency_bench echo BROKERS IN OUT
//
// `drive` sends record i of topic IN at its predetermined time, whatever happened before, so that a
// stall of the job counts against every record that it holds up. One record in kHotEvery is hot:
// what it leads to in topic OUT carries its number, and is late by what has passed since its time.
// Prints the percentiles as JSON, in milliseconds, of the hot records after the warm-up, and how
// late the sending itself was. `echo` passes hot records on from IN to OUT and does nothing else,
// with Weir's own client settings: what a job adds to that is Weir's.
#include "operators/connectors/kafka/consumer.h"
#include "operators/connectors/kafka/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

using kafka::Client;
using kafka::Consumer;
using kafka::MessagePtr;

constexpr uint64_t kHotEvery = 10;
constexpr std::string_view kHot = R"({"hot":1,)";
constexpr std::string_view kSeq = R"("seq":)";
constexpr int64_t kTickMicros = 200;
constexpr int64_t kProbeMicros = 50'000;
constexpr int64_t kStartMicros = 60'000'000;  // What a job may take until it answers,
constexpr int64_t kDrainMicros = 15'000'000;  // and what its last output may.

[[noreturn]] void give_up(std::string_view what) {
  fmt::print(stderr, "latency_bench: {}\n", what);
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.error().message);
  return std::move(result).value();
}

int64_t steady_micros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::unique_ptr<Client> producer(const std::string& brokers, const std::string& topic,
                                 std::vector<std::pair<std::string, std::string>> settings) {
  KafkaSinkOptions options;
  options.brokers = brokers;
  options.topic = topic;
  kafka::ClientOptions client = kafka_sink_client(options, {});
  client.settings.insert(client.settings.end(), settings.begin(), settings.end());
  std::unique_ptr<Client> made = must(Client::make(std::move(client)));
  must(made->partitions());
  return made;
}

void produce(Client& client, std::string_view payload, int32_t partition) {
  rd_kafka_produce(client.topic(), partition, RD_KAFKA_MSG_F_COPY,
                   const_cast<char*>(payload.data()), payload.size(), nullptr, 0, nullptr);
}

// The partitions of a topic, from their ends.
struct Reading {
  std::unique_ptr<Consumer> consumer;
  std::vector<rd_kafka_queue_t*> queues;
};

Reading read_from_ends(const std::string& brokers, const std::string& topic,
                       KafkaProperties properties) {
  KafkaSourceOptions options;
  options.brokers = brokers;
  options.topic = topic;
  options.properties = std::move(properties);
  Reading reading;
  int32_t partitions = 1;
  {
    const std::unique_ptr<Consumer> scout = must(Consumer::make(options, 1, {}));
    partitions = must(scout->client().partitions());
  }
  reading.consumer = must(Consumer::make(options, partitions, {}));
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const kafka::Bounds bounds = must(reading.consumer->bounds(partition));
    reading.queues.push_back(must(reading.consumer->start(partition, bounds.stable_end)));
  }
  return reading;
}

std::string_view payload_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

int echo(const std::string& brokers, const std::string& in, const std::string& out) {
  const std::unique_ptr<Client> sink = producer(brokers, out, {});
  const Reading source = read_from_ends(brokers, in, {});
  if (source.queues.size() != 1) give_up("an echo is of one partition");
  for (;;) {
    const MessagePtr message(rd_kafka_consume_queue(source.queues[0], 100));
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::string_view payload = payload_of(*message);
      if (payload.starts_with(kHot)) produce(*sink, payload, RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_poll(sink->handle(), 0);
  }
}

struct Load {
  std::string brokers;
  std::string in;
  std::string out;
  double rate = 0;
  double seconds = 0;
  double warm_up = 0;
};

class Driver {
 public:
  explicit Driver(Load load)
      : load_(std::move(load)),
        records_(static_cast<uint64_t>(load_.rate * load_.seconds)),
        first_counted_(static_cast<uint64_t>(load_.rate * load_.warm_up)),
        seen_(records_),
        // A record leaves when it is due; with 0 the thread would spin where the broker is slow.
        sink_(producer(load_.brokers, load_.in, {{"linger.ms", "0.2"}})),
        partitions_(must(sink_->partitions())) {}

  int run() {
    const Reading output = read_from_ends(load_.brokers, load_.out, {{"fetch.wait.max.ms", "10"}});
    std::vector<std::thread> listeners;
    for (rd_kafka_queue_t* queue : output.queues) {
      listeners.emplace_back([this, queue] { listen(queue); });
    }
    wait_for_answer();
    start_us_ = steady_micros() + 100'000;
    send_all();
    wait_for_all();
    over_ = true;
    for (std::thread& listener : listeners) listener.join();
    print();
    return 0;
  }

 private:
  int64_t due(uint64_t i) const {
    return start_us_ + static_cast<int64_t>(static_cast<double>(i) * 1e6 / load_.rate);
  }

  // All of a card, in order, to one partition.
  void send(int64_t seq, uint64_t number) {
    const uint64_t partitions = static_cast<uint64_t>(partitions_);
    produce(*sink_, record(seq, number), static_cast<int32_t>(number / kHotEvery % partitions));
  }

  // Two in a row of one card, the second hot.
  std::string record(int64_t seq, uint64_t number) {
    const uint64_t place = number % kHotEvery;
    const bool hot = place == kHotEvery - 1;
    const bool small = place == kHotEvery - 2;
    const uint64_t card = hot || small ? 1'000'000 + number / kHotEvery % 1000 : number % 10'000;
    const int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    return fmt::format(
        R"({{"hot":{},"seq":{},"card":{},"amount":{},"kind":"purchase","at":"{}.{:06}Z"}})",
        hot ? 1 : 0, seq, card,
        hot     ? "900.00"
        : small ? "0.50"
                : "20.00",
        second(now), now % 1'000'000);
  }
  const std::string& second(int64_t micros) {
    const time_t whole = micros / 1'000'000;
    if (whole == second_) return second_text_;
    second_ = whole;
    char text[32];
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return second_text_ = text;
  }

  // Hot records without a number, until one has come through.
  void wait_for_answer() {
    const int64_t deadline = steady_micros() + kStartMicros;
    std::unique_lock lock(mutex_);
    for (uint64_t probe = 0; !answered_; ++probe) {
      if (steady_micros() > deadline) give_up("nothing comes through");
      send(-1, probe * kHotEvery + kHotEvery - 2);
      send(-1, probe * kHotEvery + kHotEvery - 1);
      rd_kafka_poll(sink_->handle(), 0);
      changed_.wait_for(lock, std::chrono::microseconds(kProbeMicros));
    }
  }

  void wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(kDrainMicros),
                      [this] { return heard_ == records_ / kHotEvery; });
  }

  void send_all() {
    std::mutex clock;
    std::condition_variable tick;  // Of the clock alone.
    std::unique_lock lock(clock);
    for (uint64_t i = 0; i < records_;) {
      const int64_t now = steady_micros();
      for (; i < records_ && due(i) <= now; ++i) {
        if (i >= first_counted_ && i % kHotEvery == kHotEvery - 1) {
          sent_late_.push_back(steady_micros() - due(i));
        }
        send(static_cast<int64_t>(i), i);
      }
      rd_kafka_poll(sink_->handle(), 0);
      tick.wait_for(lock, std::chrono::microseconds(kTickMicros));
    }
    rd_kafka_flush(sink_->handle(), 10'000);
  }

  void listen(rd_kafka_queue_t* queue) {
    while (!over_) {
      const MessagePtr message(rd_kafka_consume_queue(queue, 100));
      if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      hear(payload_of(*message), steady_micros());
    }
  }

  void hear(std::string_view payload, int64_t now) {
    const std::lock_guard lock(mutex_);
    const size_t at = payload.find(kSeq);
    if (at == std::string_view::npos) give_up("output without a number");
    const int64_t seq = std::atoll(payload.data() + at + kSeq.size());
    answered_ = true;
    if (seq < 0) return changed_.notify_all();
    if (seen_.at(static_cast<uint64_t>(seq))) {
      ++twice_;
      return;
    }
    seen_[static_cast<uint64_t>(seq)] = true;
    ++heard_;
    if (heard_ == records_ / kHotEvery) changed_.notify_all();
    if (static_cast<uint64_t>(seq) < first_counted_) return;
    late_.push_back(now - due(static_cast<uint64_t>(seq)));
  }

  static double percentile(std::vector<int64_t>& sorted, double p) {
    if (sorted.empty()) return 0;
    const double at = p * static_cast<double>(sorted.size() - 1);
    return static_cast<double>(sorted[static_cast<size_t>(at + 0.5)]) / 1000;
  }

  void print() {
    std::sort(late_.begin(), late_.end());
    std::sort(sent_late_.begin(), sent_late_.end());
    fmt::print(R"({{"p50":{:.2f},"p95":{:.2f},"p99":{:.2f},"max":{:.2f},"sent_late_p99":{:.2f},)"
               R"("counted":{},"lost":{},"twice":{}}})"
               "\n",
               percentile(late_, 0.5), percentile(late_, 0.95), percentile(late_, 0.99),
               percentile(late_, 1), percentile(sent_late_, 0.99), late_.size(),
               records_ / kHotEvery - heard_, twice_);
  }

  // Constant after construction.
  const Load load_;
  const uint64_t records_;
  const uint64_t first_counted_;

  // Owned by the sending thread.
  int64_t start_us_ = 0;  // Set before a record with a number is sent.
  std::vector<int64_t> sent_late_;
  time_t second_ = -1;
  std::string second_text_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool answered_ = false;
  uint64_t heard_ = 0;
  std::vector<bool> seen_;
  std::vector<int64_t> late_;
  uint64_t twice_ = 0;

  std::atomic<bool> over_{false};
  const std::unique_ptr<Client> sink_;
  const int32_t partitions_;
};

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "echo") return weir::echo(words[1], words[2], words[3]);
  if (words.size() == 7 && words[0] == "drive") {
    return weir::Driver({.brokers = words[1],
                         .in = words[2],
                         .out = words[3],
                         .rate = std::atof(words[4].c_str()),
                         .seconds = std::atof(words[5].c_str()),
                         .warm_up = std::atof(words[6].c_str())})
        .run();
  }
  weir::give_up("see the top of tests/bench/latency.cc for how it is called");
}
