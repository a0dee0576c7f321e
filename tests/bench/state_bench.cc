// What a barrier costs a task: how long freeze() takes with a million rows that were written, and
// what making the file of them costs the thread that stores it, in CPU time of the thread, best and
// median of several rounds; and how long all rows of the table take to be restored.
//
//   bench_state [ROWS [ROUNDS]]
#include "tests/state/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <random>

namespace weir {
namespace {

constexpr size_t kBatch = 4096;

// Of this thread's own time: what others do with the machine is not in it.
double now_ms() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Case {
  std::string name;
  TableSpec spec;
  bool text_keys = false;
  size_t written_of_100 = 100;
};

// Writes the rows of these keys, as an aggregation does.
void write_rows(KeyedTable& table, const Case& the_case, const std::vector<int64_t>& keys) {
  std::vector<RowId> ids(kBatch);
  std::vector<std::byte*> rows(kBatch);
  for (size_t from = 0; from < keys.size(); from += kBatch) {
    const size_t count = std::min(kBatch, keys.size() - from);
    std::vector<Key> batch;
    for (size_t i = 0; i < count; ++i) {
      const std::string digits = std::to_string(keys[from + i]);
      batch.push_back(
          {the_case.text_keys ? text("card number 0000" + digits) : number(keys[from + i])});
    }
    table.find_or_insert(Keys(the_case.spec.key, batch).batch(), Selection(count), ids.data());
    table.change(ids.data(), count, rows.data());
    for (size_t i = 0; i < count; ++i) {
      const size_t at = table.layout().value_offset(0);
      store(rows[i] + at, load<int64_t>(rows[i] + at) + 1);
      table.layout().clear_null(rows[i], 1);
    }
  }
}

// Of all rows, from a whole file into a new task.
double restore_ms(const Case& the_case, TaskState& state) {
  std::string file = state.freeze(Freeze::kWhole)->encode();
  TaskState copy = state_of();
  copy.keyed(the_case.spec);
  const double begun = now_ms();
  StateImage image;
  CHECK(image.add(std::move(file)).ok());
  CHECK(copy.restore(image).ok());
  return now_ms() - begun;
}

void measure(const Case& the_case, size_t rows, size_t rounds) {
  TaskState state = state_of();
  KeyedTable& table = state.keyed(the_case.spec).table();
  std::vector<int64_t> keys(rows * 100 / the_case.written_of_100);
  std::iota(keys.begin(), keys.end(), 0);
  std::mt19937_64 dice(7);
  std::shuffle(keys.begin(), keys.end(), dice);
  write_rows(table, the_case, keys);
  FrozenMemory spare = std::move(state.freeze(Freeze::kWhole).value().memory);
  const double restored = restore_ms(the_case, state);
  std::vector<double> freeze;
  std::vector<double> encode;
  size_t bytes = 0;
  for (size_t round = 0; round < rounds; ++round) {
    std::shuffle(keys.begin(), keys.end(), dice);
    write_rows(table, the_case, {keys.begin(), keys.begin() + static_cast<ptrdiff_t>(rows)});
    spare.clear();
    const double begun = now_ms();
    FrozenState frozen = state.freeze(Freeze::kChanges, std::move(spare)).value();
    const double frozen_at = now_ms();
    bytes = frozen.encode().size();
    freeze.push_back(frozen_at - begun);
    encode.push_back(now_ms() - frozen_at);
    spare = std::move(frozen.memory);
  }
  std::sort(freeze.begin(), freeze.end());
  std::sort(encode.begin(), encode.end());
  fmt::print("{:44} {:6.1f} {:6.1f}    {:6.1f} {:6.1f}    {:6.1f}  {:7.1f}\n", the_case.name,
             freeze[0], freeze[rounds / 2], encode[0], encode[rounds / 2],
             static_cast<double>(bytes) / 1e6, restored);
}

}  // namespace
}  // namespace weir

int main(int count, char** arguments) {
  const size_t rows = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1'000'000;
  const size_t rounds = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 9;
  const weir::TableSpec numbers = {.name = "counts",
                                   .key = {weir::TypeKind::kBigint},
                                   .value = {weir::TypeKind::kBigint, weir::TypeKind::kBigint}};
  weir::TableSpec texts = numbers;
  texts.key = {weir::TypeKind::kText};
  fmt::print("{} rows written, ms: best and median\n{:44} {:>13}    {:>13}    {:>6}  {:>7}\n", rows,
             "", "barrier", "file", "MB", "restore");
  weir::measure({"all of them, bigint key", numbers}, rows, rounds);
  weir::measure({"half of them, bigint key", numbers, false, 50}, rows, rounds);
  weir::measure({"one in ten, bigint key", numbers, false, 10}, rows, rounds);
  weir::measure({"all of them, text key that is not in its slot", texts, true}, rows, rounds);
}
