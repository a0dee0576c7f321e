// Chains of files. Random operations on a task with a table of each kind, its state handed over now
// and then as a whole or as changes: what a chain restores, into one task or several, is what the
// task has.
#include "state/state_image.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

namespace weir {
namespace {

const TableSpec kSliced = {
    .name = "sliced", .key = {TypeKind::kText}, .value = {TypeKind::kBigint, TypeKind::kText}};
const TableSpec kLog = {.name = "log",
                        .key = {},
                        .value = {TypeKind::kBigint, TypeKind::kText},
                        .access = Access::kByRow};
const TableSpec kTimed = {.name = "timed",
                          .key = {TypeKind::kText},
                          .value = {TypeKind::kBigint, TypeKind::kText},
                          .with_timer = true};
const ListsSpec kLists = {.name = "lists",
                          .key = {TypeKind::kText},
                          .head = {TypeKind::kBigint},
                          .entry = {TypeKind::kBigint, TypeKind::kText},
                          .with_timer = true};
const WaitingSpec kWaiting = {
    .name = "waiting",
    .schema = std::make_shared<const Schema>(Schema{
        {{.name = "at", .type = TypeKind::kTimestamp}, {.name = "v", .type = TypeKind::kText}}}),
    .kept = {0, 1},
    .time_column = 0,
    .with_place = true};

// Some too long for their slots.
std::string name_of(uint64_t i) {
  return (i % 2 == 0 ? "n" : "a name longer than its slot ") + std::to_string(i);
}

class Task {
 public:
  explicit Task(KeyGroupRange range = {0, kGroups - 1}) : state_(state_of(range)) {
    state_.sliced(kSliced);
    state_.sliced(kLog);
    state_.keyed(kTimed);
    state_.lists(kLists);
    state_.waiting(kWaiting);
  }

  TaskState& state() { return state_; }

  void step(std::mt19937_64& dice) {
    switch (dice() % 5) {
      case 0: return change_slices(dice);
      case 1: return change_log(dice);
      case 2: return change_timed(dice);
      case 3: return change_lists(dice);
      default: return change_waiting(dice);
    }
  }

  // Everything but what waits, as sorted text.
  std::vector<std::string> contents() {
    std::vector<std::string> all;
    for (const TableSpec* spec : {&kSliced, &kLog}) add_slices(*spec, all);
    UnslicedTable& timed = state_.keyed(kTimed);
    each_row(timed.table(), [&](RowId row) {
      all.push_back("timed " + text_of(timed.table(), row) + " due " +
                    std::to_string(timed.timers().due(row)));
    });
    KeyedLists& lists = state_.lists(kLists);
    each_row(lists.heads(), [&](RowId head) {
      std::string line = "list " + text_of(lists.heads(), head) + " due " +
                         std::to_string(lists.timers().due(head));
      for (RowId e = lists.first(head); e != kNoRow; e = lists.next(e)) {
        line += " [" + std::to_string(lists.order(e)) + " " + text_of(lists.entries(), e) + "]";
      }
      all.push_back(std::move(line));
    });
    all.push_back("waiting " + std::to_string(state_.waiting(kWaiting).size()));
    std::sort(all.begin(), all.end());
    return all;
  }

  // They no longer wait.
  std::vector<std::string> take_waiting(int64_t until) {
    std::vector<std::string> rows;
    const RecordBatch batch = state_.waiting(kWaiting).take_before(until, 1'000'000);
    for (uint32_t i = 0; i < batch.rows; ++i) {
      rows.push_back(std::to_string(batch.columns[0]->values<int64_t>()[i]) + " " +
                     std::string(batch.columns[1]->text(i)) + " " +
                     std::to_string(batch.split->values<int32_t>()[i]) + " " +
                     std::to_string(batch.position->values<int64_t>()[i]));
    }
    return rows;
  }

 private:
  template <typename F>
  static void each_row(const KeyedTable& table, F&& f) {
    for (RowId row = 0; row < table.ids_end(); ++row) {
      if (table.is_live(row)) f(row);
    }
  }

  static std::string text_of(const KeyedTable& table, RowId row) {
    std::string text;
    for (size_t column = 0; column < table.layout().columns(); ++column) {
      if (table.layout().is_null(table.row(row), column)) {
        text += "null,";
      } else if (table.layout().type(column).is_text_like()) {
        text += string_at(table, row, column) + ",";
      } else {
        text += std::to_string(number_at(table, row, column)) + ",";
      }
    }
    return text;
  }

  void add_slices(const TableSpec& spec, std::vector<std::string>& all) {
    SlicedTable& table = state_.sliced(spec);
    std::vector<SliceId> ids;
    table.each_id([&](SliceId id) {
      ids.push_back(id);
      return true;
    });
    for (const SliceId id : ids) {
      each_row(table.slice(id), [&](RowId row) {
        all.push_back(spec.name + " " + std::to_string(id.end) + "/" + std::to_string(id.first) +
                      " " + text_of(table.slice(id), row));
      });
    }
  }

  static SliceId slice_of(std::mt19937_64& dice) {
    const int64_t end = static_cast<int64_t>(dice() % 4) * 10;
    return dice() % 3 == 0 ? SliceId(end, end + 10) : SliceId(end);
  }

  static void write_values(KeyedTable& table, RowId row, size_t first, std::mt19937_64& dice) {
    write(table, row, first, number(static_cast<int64_t>(dice() % 1000)));
    write(table, row, first + 1, text(name_of(dice() % 1000)));
  }

  void change_slices(std::mt19937_64& dice) {
    SlicedTable& table = state_.sliced(kSliced);
    const SliceId id = slice_of(dice);
    if (dice() % 12 == 0) return table.drop(id);
    KeyedTable& slice = table.slice(id);
    const RowId row = row_of(slice, text(name_of(dice() % 20)));
    dice() % 4 == 0 ? slice.erase(row) : write_values(slice, row, 1, dice);
  }

  void change_log(std::mt19937_64& dice) {
    SlicedTable& table = state_.sliced(kLog);
    const SliceId id = slice_of(dice);
    if (dice() % 12 == 0) return table.drop(id);
    KeyedTable& slice = table.slice(id);
    write_values(slice, slice.append_row(dice()), 0, dice);
  }

  void change_timed(std::mt19937_64& dice) {
    UnslicedTable& table = state_.keyed(kTimed);
    if (dice() % 40 == 0) return table.erase_all();
    if (dice() % 8 == 0) {
      table.erase_due(static_cast<int64_t>(dice() % 100), 3);
      return;
    }
    const RowId row = row_of(table.table(), text(name_of(dice() % 20)));
    if (dice() % 2 == 0) write_values(table.table(), row, 1, dice);
    if (dice() % 2 == 0) table.timers().set(row, static_cast<int64_t>(dice() % 200));
    if (dice() % 6 == 0) table.timers().clear(row);
  }

  void change_lists(std::mt19937_64& dice) {
    KeyedLists& lists = state_.lists(kLists);
    if (dice() % 40 == 0) return lists.erase_all();
    if (dice() % 8 == 0) {
      lists.erase_due(static_cast<int64_t>(dice() % 100), 2);
      return;
    }
    const RowId head = row_of(lists.heads(), text(name_of(dice() % 6)));
    RowId at = kNoRow;
    for (uint64_t skip = lists.size(head) == 0 ? 0 : 1 + dice() % lists.size(head); skip > 0;
         --skip)
      at = at == kNoRow ? lists.first(head) : lists.next(at);
    switch (dice() % 8) {
      case 0: return write(lists.heads(), head, 1, number(static_cast<int64_t>(dice() % 9)));
      case 1: return lists.timers().set(head, static_cast<int64_t>(dice() % 200));
      case 2:
        if (at != kNoRow) lists.erase(head, at);
        return;
      case 3:
        if (at != kNoRow) write_values(lists.entries(), at, 0, dice);
        return;
      case 4: return write_values(lists.entries(), lists.insert_behind(head, at), 0, dice);
      case 5:
        if (dice() % 4 == 0) lists.erase_head(head);
        return;
      default:
        write_values(lists.entries(), lists.insert(head, static_cast<int64_t>(dice() % 20)), 0,
                     dice);
    }
  }

  void change_waiting(std::mt19937_64& dice) {
    if (dice() % 6 == 0) {
      take_waiting(static_cast<int64_t>(dice() % 1'000'000));
      return;
    }
    RecordBatch batch = {.schema = kWaiting.schema, .rows = 1};
    batch.columns =
        columns_of({TypeKind::kTimestamp, TypeKind::kText},
                   {{Scalar{TypeKind::kTimestamp, static_cast<int64_t>(dice() % 1'000'000)},
                     text(name_of(dice() % 100))}});
    batch.split = columns_of({TypeKind::kInt}, {{Scalar{TypeKind::kInt, int64_t{3}}}})[0];
    batch.position = columns_of({TypeKind::kBigint}, {{number(static_cast<int64_t>(dice()))}})[0];
    const uint64_t hash = dice();
    state_.waiting(kWaiting).add(batch, batch.selection(), &hash);
  }

  TaskState state_;
};

// All files of a task, as a job that goes on from its newest checkpoint reads them.
std::vector<std::string> random_chain(std::mt19937_64& dice, Task& task) {
  std::vector<std::string> files;
  for (uint64_t file = 0; file < 8; ++file) {
    for (uint64_t steps = dice() % 60; steps > 0; --steps) task.step(dice);
    const bool whole = files.empty() || dice() % 5 == 0;
    if (whole) files.clear();
    files.push_back(whole ? whole_of(task.state()) : changes_of(task.state()));
  }
  return files;
}

TEST_CASE("AChainRestoresWhatTheTaskHas") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    Task task;
    const std::vector<std::string> files = random_chain(dice, task);
    Task copy;
    REQUIRE(restore(copy.state(), files).ok());
    REQUIRE(copy.contents() == task.contents());
    for (int steps = 0; steps < 40; ++steps) {
      std::mt19937_64 same = dice;
      copy.step(same);
      task.step(dice);
    }
    REQUIRE(copy.contents() == task.contents());
    REQUIRE(copy.take_waiting(2'000'000) == task.take_waiting(2'000'000));
  }
}

TEST_CASE("ChainsOfSeveralTasksRestoreIntoAnyNumber") {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    Task whole;
    const std::vector<std::string> files = random_chain(dice, whole);
    std::vector<std::vector<std::string>> chains;
    for (uint32_t part = 0; part < 3; ++part) {
      Task task(key_group_range(kGroups, 3, part));
      REQUIRE(restore(task.state(), files).ok());
      chains.push_back({whole_of(task.state()), changes_of(task.state())});
    }
    std::vector<std::string> contents;
    size_t waiting = 0;
    for (uint32_t part = 0; part < 2; ++part) {
      Task task(key_group_range(kGroups, 2, part));
      for (const auto& chain : chains) REQUIRE(restore(task.state(), chain).ok());
      for (std::string& line : task.contents()) {
        if (line.rfind("waiting ", 0) != 0) contents.push_back(std::move(line));
      }
      waiting += task.take_waiting(2'000'000).size();
    }
    contents.push_back("waiting " + std::to_string(waiting));
    std::sort(contents.begin(), contents.end());
    REQUIRE(contents == whole.contents());
  }
}

// The first file, and what the others say together, in two steps.
TEST_CASE("MergedChangesSayWhatTheFilesSay") {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    Task task;
    std::vector<std::string> files = {whole_of(task.state())};
    for (uint64_t file = 0; file < 6; ++file) {
      for (uint64_t steps = dice() % 60; steps > 0; --steps) task.step(dice);
      files.push_back(changes_of(task.state()));
    }
    const auto merged = [](const std::vector<std::string>& changes) {
      StateImage image(Freeze::kChanges);
      for (const std::string& file : changes) REQUIRE(image.add(file).ok());
      return image.encode();
    };
    const size_t cut = 2 + dice() % 4;
    const std::string first = merged({files.begin() + 1, files.begin() + cut});
    std::vector<std::string> rest = {first};
    rest.insert(rest.end(), files.begin() + cut, files.end());
    Task copy;
    REQUIRE(restore(copy.state(), {files[0], merged(rest)}).ok());
    REQUIRE(copy.contents() == task.contents());
    REQUIRE(copy.take_waiting(2'000'000) == task.take_waiting(2'000'000));
  }
}

TEST_CASE("AWholeStateBeginsAnew") {
  Task task;
  KeyedTable& table = task.state().keyed(kTimed).table();
  const RowId row = row_of(table, text("k"));
  const std::string before = whole_of(task.state());
  table.erase(row);
  Task copy;
  REQUIRE(restore(copy.state(), {before, whole_of(task.state())}).ok());
  REQUIRE(copy.contents() == task.contents());
}

TEST_CASE("AWholeStateIsNoChange") {
  Task task;
  StateImage changes(Freeze::kChanges);
  REQUIRE(changes.add(whole_of(task.state())).error().kind == ErrorKind::kCorrupt);
}

ErrorKind kind_of(const std::vector<std::string>& files) {
  Task task;
  const Status status = restore(task.state(), files);
  REQUIRE_FALSE(status.ok());
  return status.error().kind;
}

TEST_CASE("ChangesWithoutWhatTheyChangeAreRefused") {
  Task task;
  whole_of(task.state());
  REQUIRE(kind_of({changes_of(task.state())}) == ErrorKind::kCorrupt);
}

TEST_CASE("AFileOfAChainThatWasCutOffIsRefused") {
  std::mt19937_64 dice(1);
  Task task;
  for (int i = 0; i < 200; ++i) task.step(dice);
  const std::string whole = whole_of(task.state());
  for (int i = 0; i < 200; ++i) task.step(dice);
  const std::string changes = changes_of(task.state());
  for (size_t size = 0; size < changes.size(); size += 101) {
    REQUIRE(kind_of({whole, changes.substr(0, size)}) == ErrorKind::kCorrupt);
  }
}

// A list whose entries are not there, as if a file between two had been left out.
TEST_CASE("AChainWithAFileLeftOutDoesNotPassForOne") {
  Task task;
  KeyedLists& lists = task.state().lists(kLists);
  const RowId head = row_of(lists.heads(), text("k"));
  const std::string whole = whole_of(task.state());
  lists.insert(head, 1);
  changes_of(task.state());
  lists.insert(head, 2);
  REQUIRE(kind_of({whole, changes_of(task.state())}) == ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace weir
