#include "operators/connectors/kafka/source.h"

#include "operators/connectors/kafka/reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

using kafka::Bounds;
using kafka::Consumer;
using kafka::Position;

constexpr int64_t kRediscoverMicros = 30'000'000;

class KafkaSource : public Source {
 public:
  KafkaSource(KafkaSourceOptions options, FormatOptions format, RowShape shape, LogFunction log)
      : options_(std::move(options)),
        format_(std::move(format)),
        shape_(std::move(shape)),
        log_(std::move(log)) {}

  // Readers may outlive us and keep the consumer; the wake-up may not be called any more.
  ~KafkaSource() override {
    if (consumer_ != nullptr) consumer_->silence();
  }

  Result<std::vector<Split>> discover() override;
  Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition* from,
                                            bool is_new) override;
  bool is_bounded() const override { return options_.stop_latest; }
  std::optional<int64_t> rediscover_every() const override {
    if (is_bounded()) return std::nullopt;
    return kRediscoverMicros;
  }
  void on_wakeup(std::function<void()> wake) override;

 private:
  Status connect();
  Result<int64_t> start_offset(const Split& split, const Bounds& bounds, bool is_new);

  // Constant after construction.
  const KafkaSourceOptions options_;
  const FormatOptions format_;
  const RowShape shape_;
  const LogFunction log_;

  std::function<void()> wake_;
  int32_t partitions_ = 0;  // As last discovered.
  std::shared_ptr<Consumer>
      consumer_;  // Shared with the readers, which may go before or after the source.
};

Status KafkaSource::connect() {
  if (consumer_ != nullptr) return {};
  // How large the queues may be depends on how many there are, and is fixed when the client is
  // made: a first client only asks for the partitions.
  const std::unique_ptr<Consumer> scout = TRY(Consumer::make(options_, 1, log_));
  partitions_ = TRY(scout->client().partitions());
  consumer_ = TRY(Consumer::make(options_, partitions_, log_));
  if (wake_) consumer_->client().wakeup().set(wake_);
  return {};
}

void KafkaSource::on_wakeup(std::function<void()> wake) {
  wake_ = std::move(wake);
  if (consumer_ != nullptr) consumer_->client().wakeup().set(wake_);
}

Result<std::vector<Split>> KafkaSource::discover() {
  TRY(connect());
  const int32_t found = TRY(consumer_->client().partitions());
  if (found < partitions_) {
    return corrupt(fmt::format(
        "partitions of kafka topic '{}' have vanished: brokers={} before={} now={}; the topic "
        "was deleted and created again",
        options_.topic, options_.brokers, partitions_, found));
  }
  partitions_ = found;
  std::vector<Split> splits;
  for (int32_t partition = 0; partition < found; ++partition) {
    splits.push_back({fmt::to_string(partition), options_.topic, partition});
  }
  return splits;
}

Result<std::unique_ptr<SplitReader>> KafkaSource::open(const Split& split,
                                                       const SplitPosition* from, bool is_new) {
  TRY(connect());
  const Bounds bounds = TRY(consumer_->bounds(split.number));
  Position position;
  bool is_lost = false;
  if (from != nullptr) {
    position = TRY(kafka::decode_position(*from));
    const bool is_finished = position.stop && position.next >= *position.stop;
    is_lost = position.next < bounds.low && !is_finished;
  } else {
    position.next = TRY(start_offset(split, bounds, is_new));
  }
  // A job that had no stop so far may have one now.
  if (options_.stop_latest && !position.stop) {
    is_lost = is_lost || (from != nullptr && position.next > bounds.stable_end);
    position.stop = std::max(bounds.stable_end, position.next);
  }
  if (is_lost) {
    return corrupt(fmt::format(
        "kafka no longer has the position to read from: topic={} partition={} offset={} low={} "
        "high={}; records were deleted by retention before they were read, or the log was "
        "truncated",
        options_.topic, split.number, position.next, bounds.low, bounds.stable_end));
  }
  return kafka::PartitionReader::open(consumer_, split, position, bounds, format_, shape_);
}

Result<int64_t> KafkaSource::start_offset(const Split& split, const Bounds& bounds, bool is_new) {
  if (is_new) return bounds.low;
  switch (options_.start) {
    case KafkaStart::kEarliest: return bounds.low;
    case KafkaStart::kLatest: return bounds.stable_end;
    case KafkaStart::kTime: return consumer_->offset_at(split.number, options_.start_time);
  }
  unreachable();
}

}  // namespace

Result<std::unique_ptr<Source>> make_kafka_source(KafkaSourceOptions options, FormatOptions format,
                                                  RowShape shape, LogFunction log) {
  TRY(make_decoder(format, shape));
  return std::unique_ptr<Source>(std::make_unique<KafkaSource>(
      std::move(options), std::move(format), std::move(shape), std::move(log)));
}

}  // namespace weir
