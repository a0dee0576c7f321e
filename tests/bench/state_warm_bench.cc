// State four times larger than its budget, on keys without any pattern: each row of input finds the
// row of its key and changes it, as an aggregate does. Batch by batch three quarters of the rows
// are out of memory, come back, and others leave for them.
//
//   bench_state_warm FOLDER [KEYS [BATCHES]]
//
// Prints rows a second of wall time, CPU seconds per million rows by the task's thread and by those
// of the store, the bytes that the budget counts, and the growth of the process's own memory
// (without mapped files) over that of an empty one.
#include "state/task_state.h"
#include "state/tiered_residency.h"
#include "state/warm/rocks_store.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <time.h>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBatch = 4096;
constexpr uint64_t kPart = 4;  // Of the state is in memory.

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

uint64_t own_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10) << 10;
  }
  return 0;
}

void check(const Status& status) {
  if (status.ok()) return;
  fmt::print("{}\n", status.error().message);
  std::exit(1);
}

class Aggregate {
 public:
  explicit Aggregate(TaskState& state)
      : state_(state),
        table_(state.keyed({.name = "sums",
                            .key = {TypeKind::kBigint},
                            .value = {TypeKind::kBigint, TypeKind::kBigint}})) {}

  template <typename NextKey>
  void take_batch(NextKey&& next_key) {
    ColumnWriter writer(TypeKind::kBigint, kBatch);
    for (size_t i = 0; i < kBatch; ++i) writer.append(static_cast<int64_t>(next_key()));
    const ColumnPtr column = std::move(writer).finish();
    KeyBatch keys{{column.get()}, hashes_};
    hash_rows(keys.columns, Selection(kBatch), hashes_);
    while (table_.prefetch(keys, Selection(kBatch)) == Readiness::kPending) {
      check(state_.residency_status());
    }
    KeyedTable& table = table_.table();
    table.find_or_insert(keys, Selection(kBatch), rows_);
    const size_t offset = table.layout().value_offset(0);
    for (const RowId row : rows_) {
      std::byte* at = table.change(row);
      store(at + offset, load<int64_t>(at + offset) + 1);
    }
    check(state_.make_room());
  }

  size_t used_bytes() const { return table_.used_bytes(); }

 private:
  TaskState& state_;
  UnslicedTable& table_;
  uint64_t hashes_[kBatch];
  RowId rows_[kBatch];
};

uint64_t bytes_of_state(uint64_t keys) {
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  Aggregate aggregate(state);
  uint64_t key = 0;
  while (key < keys / 16) aggregate.take_batch([&] { return key++; });
  return aggregate.used_bytes() * 16;
}

void run(const std::string& folder, uint64_t keys, size_t batches) {
  const uint64_t memory_before = own_memory();
  StateBudget budget(bytes_of_state(keys) / kPart);
  TaskState state(128, {0, 127},
                  std::make_unique<TieredResidency>(TierSetup{folder, &open_rocks_store, &budget}));
  Aggregate aggregate(state);
  const auto timed = [&](const char* what, size_t rows, auto&& work) {
    const double wall = seconds_of(CLOCK_MONOTONIC);
    const double thread = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    const double process = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    work();
    const double millions = static_cast<double>(rows) / 1e6;
    const double own = seconds_of(CLOCK_THREAD_CPUTIME_ID) - thread;
    fmt::print("{}: {:.0f} rows a second, CPU s/M rows: {:.2f} the task, {:.2f} the store\n", what,
               static_cast<double>(rows) / (seconds_of(CLOCK_MONOTONIC) - wall), own / millions,
               (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - process - own) / millions);
  };
  timed("new keys", keys, [&] {
    uint64_t key = 0;
    while (key < keys) aggregate.take_batch([&] { return key++; });
  });
  std::mt19937_64 dice(7);
  timed("keys that are there", kBatch * batches, [&] {
    for (size_t i = 0; i < batches; ++i) aggregate.take_batch([&] { return dice() % keys; });
  });
  fmt::print("budget {} MB, used {} MB, held {} MB, own memory grew by {} MB\n",
             budget.bytes() >> 20, budget.used() >> 20, state.bytes() >> 20,
             (own_memory() - memory_before) >> 20);
}

}  // namespace
}  // namespace weir

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print("usage: bench_state_warm FOLDER [KEYS [BATCHES]]\n");
    return 2;
  }
  const uint64_t keys = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 8'000'000;
  const size_t batches = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 500;
  weir::run(arguments[1], keys, batches);
}
