// Which groups of a slice come, part by part; window_aggregate_test.cc has what becomes of them.
#include "operators/slice_parts.h"

#include "operators/window_aggregate.h"
#include "tests/operators/pressed_task.h"
#include "tests/state/keys.h"
#include "tests/state/tiered.h"

namespace weir {
namespace {

const NumberedSplits kNames;
const std::optional<Slices> kNoSlices;
const TableSpec kCounts = {.name = "counts", .key = {TypeKind::kText}};

// How many groups the parts of the next window have.
std::vector<size_t> sizes_of_parts(SliceParts& windows) {
  std::vector<size_t> sizes;
  while (true) {
    const WindowParts::Step step = *windows.step();
    if (step == WindowParts::Step::kEnd) return sizes;
    REQUIRE(step == WindowParts::Step::kPart);
    sizes.push_back(windows.table().size());
  }
}

TEST_CASE("ASliceInMemoryIsOnePart") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  for (uint64_t i = 0; i < 10; ++i) row_of(counts.slice(10), text(std::to_string(i)));
  row_of(counts.slice(20), text("a"));
  SliceParts windows(kNoSlices, counts);
  REQUIRE(windows.next()->due == 10);
  REQUIRE(sizes_of_parts(windows) == std::vector<size_t>{10});
  REQUIRE(windows.next()->due == 20);
  REQUIRE(sizes_of_parts(windows) == std::vector<size_t>{1});
  REQUIRE_FALSE(windows.next().has_value());
}

TEST_CASE("ASliceOutOfMemoryComesInPartsOnce") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  constexpr uint64_t kRows = 10'000;
  for (uint64_t i = 0; i < kRows; ++i) row_of(counts.slice(10), text(std::to_string(i)));
  tiered.make_room();
  for (uint64_t i = 0; i < kRows; ++i) row_of(counts.slice(10), text("more " + std::to_string(i)));
  SliceParts windows(kNoSlices, counts);
  size_t rows = 0;
  const std::vector<size_t> sizes = sizes_of_parts(windows);
  for (const size_t size : sizes) rows += size;
  REQUIRE(sizes.size() > 2);
  REQUIRE(rows == 2 * kRows);
  REQUIRE(counts.empty());
}

TEST_CASE("ASliceOfOverlappingWindowsIsDueWithTheFirst") {
  Tiered tiered;
  SlicedTable& counts = tiered.state().sliced(kCounts);
  row_of(counts.slice({5, 10}), text("late for the first"));
  const std::optional<Slices> slices = Slices::hop(10, 5, 0);
  REQUIRE(SliceParts(slices, counts).next()->due == 5);
}

const SchemaPtr kWindows =
    schema_of({"k bigint", "window_start timestamptz", "window_end timestamptz!"});
const WindowSpec kGiven = {
    .kind = WindowKind::kGiven, .time_column = 2, .start_column = 1, .last_column = {}};

TEST_CASE("EachGroupOfAWindowComesOnceWhereRowsMustGoMeanwhile") {
  const WindowAggregateSpec spec{
      .window = kGiven, .keys = {0}, .aggregates = {{.name = "n", .type = TypeKind::kBigint}}};
  const SchemaPtr output = output_schema(spec, kRowsPort, kWindows);
  PressedTask task;
  WindowAggregate counts(spec, "w", kWindows, output, std::nullopt, task.state(), kNames);
  check_each_once(task.fire(counts, kWindows, 1));
}

}  // namespace
}  // namespace weir
