// Which window comes next, and what is left behind; window_aggregate_test.cc has the sums.
#include "operators/window_merge.h"

#include "state/task_state.h"
#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const SchemaPtr kInput = schema_of({"k bigint", "at timestamptz!"});

// Windows of 10 that begin every 5, and a count for each k.
class CountingWindows {
 public:
  CountingWindows()
      : state_(128, {0, 127}, std::make_unique<MemoryResidency>()),
        calls_({{.name = "n", .type = TypeKind::kBigint}}, AggregatePhase::kWhole, *kInput),
        groups_(state_.sliced(
            {.name = "groups", .key = {TypeKind::kBigint}, .value = calls_.state_types()})) {
    calls_.bind(groups_.layout(), 1);
    merge_.emplace(slices_, groups_, calls_);
  }

  void add(int64_t slice_end, int64_t first_window, const char* key) {
    const RecordBatch batch = batch_of(kInput, {{key, "@0"}});
    uint64_t hash = 0;
    hash_rows({batch.columns[0].get()}, batch.selection(), &hash);
    KeyedTable& slice = groups_.slice({slice_end, first_window});
    RowId row = kNoRow;
    slice.find_or_insert({{batch.columns[0].get()}, &hash}, batch.selection(), &row);
    const uint32_t first = 0;
    std::byte* target = slice.change(row);
    REQUIRE(calls_.add(batch, {&first, &target, 1}, slice).ok());
  }
  // Fires the next window; how many keys it has.
  size_t fire(int64_t expected_end) {
    const std::optional<WindowParts::Window> next = merge_->next();
    REQUIRE(next.has_value());
    REQUIRE(next->due == expected_end);
    REQUIRE(*merge_->step() == WindowParts::Step::kPart);
    const size_t keys = merge_->table().size();
    REQUIRE(*merge_->step() == WindowParts::Step::kEnd);
    return keys;
  }
  const WindowMerge& merge() const { return *merge_; }
  const SlicedTable& groups() const { return groups_; }

 private:
  const Slices slices_ = Slices::hop(10, 5, 0);
  TaskState state_;
  AggregateCalls calls_;
  SlicedTable& groups_;
  std::optional<WindowMerge> merge_;
};

}  // namespace

TEST_CASE("EachWindowHoldsTheSlicesInsideIt") {
  CountingWindows windows;
  windows.add(5, 5, "1");
  windows.add(10, 10, "2");
  CHECK(windows.fire(5) == 1);
  CHECK(windows.fire(10) == 2);
  CHECK(windows.groups().slices() == 1);
  CHECK(windows.fire(15) == 1);
  CHECK(windows.groups().empty());
  CHECK_FALSE(windows.merge().next().has_value());
}

TEST_CASE("LateRowsWaitForTheirFirstWindow") {
  CountingWindows windows;
  windows.add(5, 5, "1");
  windows.add(5, 10, "2");
  CHECK(windows.fire(5) == 1);
  CHECK(windows.fire(10) == 2);
  CHECK(windows.groups().empty());
}

TEST_CASE("WindowsWithoutSlicesAreSkipped") {
  CountingWindows windows;
  windows.add(5, 5, "1");
  windows.add(1005, 1005, "2");
  CHECK(windows.fire(5) == 1);
  CHECK(windows.fire(10) == 1);
  CHECK(windows.fire(1005) == 1);
}

}  // namespace weir
