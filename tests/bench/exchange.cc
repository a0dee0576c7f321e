// What it costs to carry batches between two processes: exchange_bench [GB]
//
// A child process receives what its parent sends over the loopback interface. Both tell their CPU
// seconds; bytes are those of the encoded batches. On a shared machine judge by CPU seconds a GB,
// not by GB/s.
#include "runtime/exchange/exchange.h"

#include "engine/data/batch_codec.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weir {
namespace {

struct Case {
  std::string name;
  size_t channels = 1;
  bool one_stalls = false;  // Nobody reads the first channel.
  std::function<RecordBatch()> batch;
  ExchangeOptions options;
};

// Sleeps until a Channel has changed.
class Bell {
 public:
  void ring() {
    rings_.fetch_add(1);
    rings_.notify_one();
  }
  uint32_t heard() const { return rings_.load(); }
  void wait(uint32_t heard) const { rings_.wait(heard); }

 private:
  std::atomic<uint32_t> rings_{0};
};

RecordBatch batch_of(std::vector<std::pair<Type, ColumnPtr>> columns) {
  Schema schema;
  RecordBatch batch;
  batch.rows = static_cast<uint32_t>(columns[0].second->size());
  for (auto& [type, column] : columns) {
    schema.fields.push_back({.name = fmt::format("c{}", schema.fields.size()), .type = type});
    batch.columns.push_back(std::move(column));
  }
  batch.schema = std::make_shared<const Schema>(std::move(schema));
  return batch;
}

template <typename T>
std::pair<Type, ColumnPtr> numbers(const Type& type, uint32_t rows) {
  ColumnWriter column(type, rows);
  for (uint32_t row = 0; row < rows; ++row) column.append(static_cast<T>(row) * 2654435761);
  return {type, std::move(column).finish()};
}

std::pair<Type, ColumnPtr> texts(uint32_t rows) {
  ColumnWriter column(TypeKind::kText, rows);
  for (uint32_t row = 0; row < rows; ++row) {
    column.append_text(fmt::format("customer {:08} of the city", row));
  }
  return {TypeKind::kText, std::move(column).finish()};
}

RecordBatch fixed_batch(uint32_t rows) {
  return batch_of({numbers<int64_t>(TypeKind::kBigint, rows),
                   numbers<int64_t>(TypeKind::kTimestamptz, rows),
                   numbers<Int128>(Type::numeric(38, 2), rows)});
}

RecordBatch mixed_batch(uint32_t rows) {
  return batch_of({numbers<int64_t>(TypeKind::kBigint, rows),
                   numbers<int64_t>(TypeKind::kTimestamptz, rows),
                   numbers<Int128>(Type::numeric(38, 2), rows), texts(rows)});
}

// Every second row of twice as many: what a filter leaves.
RecordBatch selected_batch(uint32_t rows) {
  RowIndices selected;
  for (uint32_t row = 0; row < rows; ++row) selected.push_back(2 * row);
  return with_selection(mixed_batch(2 * rows), std::move(selected));
}

size_t encoded_bytes(const RecordBatch& batch) {
  ByteWriter out;
  append_batch(out, batch);
  return out.size();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Set when the figures are there: then a side may go before the other.
std::atomic<bool> is_over{false};

[[noreturn]] void give_up(const Error& error) {
  if (is_over) std::_Exit(0);
  std::fprintf(stderr, "exchange_bench: %s\n", error.message.c_str());
  std::_Exit(1);
}

// One of the two processes.
class Side {
 public:
  Side(const Case& what, bool sends, int read_from, int write_to)
      : what_(what), sends_(sends), read_from_(read_from), write_to_(write_to) {
    auto exchange = Exchange::listen("127.0.0.1:0", what.options);
    if (!exchange.ok()) give_up(exchange.error());
    exchange_ = std::move(exchange).value();
    tell(exchange_->address() + "\n");
    const std::string peer = hear();
    const SchemaPtr schema = what.batch().schema;
    ExchangeLife life{.job = "bench", .generation = Generation(1), .failed = give_up};
    for (uint32_t i = 0; i < what.channels; ++i) {
      const ChannelKey key{.edge = 0, .from = 0, .to = i};
      channels_.push_back(std::make_shared<Channel>(8));
      if (sends) {
        channels_[i]->on_room([this] { bell_.ring(); });
        life.outbound.push_back(
            {.key = key, .channel = channels_[i], .schema = schema, .peer = peer});
      } else {
        channels_[i]->on_data([this] { bell_.ring(); });
        life.inbound.push_back(
            {.key = key, .channel = channels_[i], .schema = schema, .peer = peer});
      }
    }
    job_ = exchange_->open(std::move(life));
  }

  void tell(const std::string& line) const {
    if (write(write_to_, line.data(), line.size()) < 0) std::_Exit(1);
  }
  std::string hear() const {
    std::string line;
    char byte = 0;
    while (read(read_from_, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return line;
  }

  void send(size_t batches_a_channel) {
    const RecordBatch batch = what_.batch();
    std::vector<size_t> left(what_.channels, batches_a_channel);
    work([&](size_t i) {
      Element element = batch;
      while (left[i] > 0 && channels_[i]->push(element)) {
        --left[i];
        element = batch;
      }
      return left[i] == 0;
    });
  }
  void receive(size_t batches_a_channel) {
    std::vector<size_t> left(what_.channels, batches_a_channel);
    work([&](size_t i) {
      while (channels_[i]->pop().has_value()) --left[i];
      return left[i] == 0;
    });
  }

 private:
  // Until every channel that is read is done.
  template <typename F>
  void work(F&& work_on) {
    std::vector<size_t> open;
    for (size_t i = 0; i < what_.channels; ++i) open.push_back(i);
    const size_t stalled = what_.one_stalls ? 1 : 0;
    while (open.size() > stalled) {
      const uint32_t heard = bell_.heard();
      std::erase_if(open, [&](size_t i) {
        if (i == 0 && stalled == 1) return sends_ && work_on(i) && false;
        return work_on(i);
      });
      if (open.size() > stalled) bell_.wait(heard);
    }
  }

  const Case& what_;
  const bool sends_;
  const int read_from_;
  const int write_to_;
  Bell bell_;
  std::unique_ptr<Exchange> exchange_;
  std::vector<std::shared_ptr<Channel>> channels_;
  std::unique_ptr<JobExchange> job_;
};

void run(const Case& what, double gigabytes) {
  int down[2];
  int up[2];
  if (pipe(down) != 0 || pipe(up) != 0) std::_Exit(1);
  const size_t batch_bytes = encoded_bytes(what.batch());
  const size_t batches = static_cast<size_t>(gigabytes * 1e9 / static_cast<double>(batch_bytes) /
                                             static_cast<double>(what.channels)) +
                         1;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    Side side(what, false, down[0], up[1]);
    const double before = cpu_seconds();
    side.receive(batches);
    is_over = true;
    side.tell(fmt::format("{}\n", cpu_seconds() - before));
    side.hear();
    std::_Exit(0);
  }
  Side side(what, true, up[0], down[1]);
  const double cpu_before = cpu_seconds();
  const double before = wall_seconds();
  side.send(batches);
  const double receiver = std::stod(side.hear());
  const double wall = wall_seconds() - before;
  const double sender = cpu_seconds() - cpu_before;
  const size_t counted = what.channels - (what.one_stalls ? 1 : 0);
  const double sent = static_cast<double>(batches * counted * batch_bytes) / 1e9;
  fmt::print("{:34} {:7.0f} {:6.2f} {:10.3f} {:10.3f}\n", what.name,
             static_cast<double>(batch_bytes) / 1024, sent / wall, sender / sent, receiver / sent);
  std::fflush(stdout);
  is_over = true;
  side.tell("done\n");
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  using weir::Case;
  const double gigabytes = argc > 1 ? std::atof(argv[1]) : 4;
  const std::string only = argc > 2 ? argv[2] : "";
  weir::ExchangeOptions lz4;
  lz4.compression = weir::Compression::kLz4;
  const std::vector<Case> cases = {
      {.name = "fixed width", .batch = [] { return weir::fixed_batch(4096); }},
      {.name = "with text", .batch = [] { return weir::mixed_batch(1700); }},
      {.name = "with text, small batches", .batch = [] { return weir::mixed_batch(100); }},
      {.name = "with text, half selected", .batch = [] { return weir::selected_batch(1700); }},
      {.name = "with text, lz4", .batch = [] { return weir::mixed_batch(1700); }, .options = lz4},
      {.name = "fixed width, 1,000 ch., 1 stalls",
       .channels = 1000,
       .one_stalls = true,
       .batch = [] { return weir::fixed_batch(4096); }},
      {.name = "small batches, 1,000 ch., 1 stalls",
       .channels = 1000,
       .one_stalls = true,
       .batch = [] { return weir::mixed_batch(100); }},
  };
  fmt::print("{:34} {:>7} {:>6} {:>10} {:>10}\n", "", "KiB", "GB/s", "CPU s/GB", "CPU s/GB");
  fmt::print("{:34} {:>7} {:>6} {:>10} {:>10}\n", "", "batch", "", "sender", "receiver");
  for (const Case& what : cases) {
    if (what.name.find(only) == std::string::npos) continue;
    // In a process of its own, since gRPC survives no fork.
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      weir::run(what, gigabytes);
      std::fflush(stdout);
      std::_Exit(0);
    }
    waitpid(child, nullptr, 0);
  }
  return 0;
}
