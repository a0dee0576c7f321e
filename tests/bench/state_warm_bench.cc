// What the warm tier can do for state four times larger than memory on uniform keys: of each batch
// of keys three quarters are away, come back, are changed, and go again. Merging is done by a
// second thread's worth of CPU here: both times are given, and the rate that one executor would see
// if merging were another's.
//
//   bench_state_warm FOLDER [ROWS [BATCHES]]
#include "state/warm/rocks_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBatch = 4096;
constexpr size_t kMerged = 64 << 10;
constexpr size_t kValueBytes = 40;

double now_s() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string key_of(uint64_t number) {
  std::string row_key(sizeof number, '\0');
  for (size_t i = 0; i < sizeof number; ++i) {
    row_key[i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)));
  }
  return row_key;
}

void check(const Status& status) {
  if (status.ok()) return;
  fmt::print("{}\n", status.error().message);
  std::exit(1);
}

void run(const std::string& folder, uint64_t rows, size_t batches) {
  Result<std::unique_ptr<WarmStore>> opened = open_rocks_store(folder);
  check(opened.ok() ? Status() : Status(opened.error()));
  WarmStore& store = **opened;
  std::vector<WarmStore::Row> leaving;
  double merging = 0;
  const auto merge = [&] {
    const double begun = now_s();
    check(store.merge(std::exchange(leaving, {})));
    merging += now_s() - begun;
  };
  std::mt19937_64 dice(7);
  for (uint64_t i = 0; i < rows; ++i) {
    leaving.push_back({key_of(i), std::string(kValueBytes, 'v')});
    if (leaving.size() == kMerged) merge();
  }
  merge();
  fmt::print("{} rows merged in {:.2f} s: {:.2f} M rows a second, {} MB on disk\n", rows, merging,
             static_cast<double>(rows) / merging / 1e6, store.disk_bytes() >> 20);

  merging = 0;
  double reading = 0;
  size_t found = 0;
  for (size_t batch = 0; batch < batches; ++batch) {
    std::vector<std::string> keys;
    for (size_t i = 0; i < kBatch * 3 / 4; ++i) keys.push_back(key_of(dice() % rows));
    const double begun = now_s();
    auto values = store.get({keys.begin(), keys.end()});
    reading += now_s() - begun;
    check(values.ok() ? Status() : Status(values.error()));
    for (size_t i = 0; i < keys.size(); ++i) {
      found += (*values)[i].has_value() ? 1 : 0;
      leaving.push_back({std::move(keys[i]), *std::move((*values)[i])});
    }
    if (leaving.size() < kMerged) continue;
    std::sort(leaving.begin(), leaving.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    leaving.erase(std::unique(leaving.begin(), leaving.end(),
                              [](const auto& a, const auto& b) { return a.key == b.key; }),
                  leaving.end());
    merge();
  }
  const double seen = static_cast<double>(kBatch * batches);
  fmt::print("{} of {} found; {:.2f} s to read, {:.2f} s to merge, {} MB of memory\n", found,
             batches * (kBatch * 3 / 4), reading, merging, store.memory_bytes() >> 20);
  fmt::print("rows a second: {:.0f} if one thread does both, {:.0f} if another merges\n",
             seen / (reading + merging), seen / reading);
}

}  // namespace
}  // namespace weir

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print("usage: bench_state_warm FOLDER [ROWS [BATCHES]]\n");
    return 2;
  }
  const uint64_t rows = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 4'000'000;
  const size_t batches = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 500;
  weir::run(arguments[1], rows, batches);
}
