#include "state/frozen_state.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const TableSpec kCounts = {
    .name = "counts", .key = {TypeKind::kText}, .value = {TypeKind::kBigint}};

TEST_CASE("AFileIsTheSameHoweverOftenItIsMade") {
  TaskState state = state_of();
  row_of(state.keyed(kCounts).table(), text("a"));
  const FrozenState frozen = state.freeze(Freeze::kWhole).value();
  REQUIRE(frozen.encode() == frozen.encode());
}

TEST_CASE("AFileOfNoChangesIsSmall") {
  TaskState state = state_of();
  for (int i = 0; i < 1000; ++i) row_of(state.keyed(kCounts).table(), text(std::to_string(i)));
  REQUIRE(whole_of(state).size() > 10'000);
  REQUIRE(changes_of(state).size() < 100);
}

TEST_CASE("RowsLieInTheMemoryThatWasGiven") {
  TaskState state = state_of();
  for (int i = 0; i < 1000; ++i) row_of(state.keyed(kCounts).table(), text(std::to_string(i)));
  FrozenState first = state.freeze(Freeze::kWhole).value();
  const std::string file = first.encode();
  REQUIRE(first.memory.bytes() == FrozenMemory::kChunkBytes);
  first.memory.clear();
  const FrozenState second = state.freeze(Freeze::kWhole, std::move(first.memory)).value();
  REQUIRE(second.memory.bytes() == FrozenMemory::kChunkBytes);
  REQUIRE((second.encode() == file));
}

TEST_CASE("ALargeCopyIsGivenUpAsItsFileIsMade") {
  TaskState state = state_of();
  const std::string tail(200, 'x');
  for (int i = 0; i < 150'000; ++i) {
    row_of(state.keyed(kCounts).table(), text(std::to_string(i) + tail));
  }
  FrozenState frozen = state.freeze(Freeze::kWhole).value();
  const std::string file = frozen.encode();
  const size_t before = frozen.memory.bytes();
  REQUIRE(before > 30'000'000);
  REQUIRE((frozen.encode_last() == file));
  CHECK(frozen.memory.bytes() <= 2 * FrozenMemory::kChunkBytes);
  frozen.memory.clear();
  const FrozenState second = state.freeze(Freeze::kWhole, std::move(frozen.memory)).value();
  REQUIRE((second.encode() == file));
}

TEST_CASE("ASmallCopyIsKeptForTheNextOne") {
  TaskState state = state_of();
  for (int i = 0; i < 1000; ++i) row_of(state.keyed(kCounts).table(), text(std::to_string(i)));
  FrozenState frozen = state.freeze(Freeze::kWhole).value();
  const std::string file = frozen.encode();
  REQUIRE((frozen.encode_last() == file));
  REQUIRE((frozen.encode() == file));
}

TEST_CASE("SplitsAndClocksStandInEveryFile") {
  TaskState state = state_of();
  whole_of(state);
  state.splits()["0"] = {.position = "early", .highest_event_time = 5};
  state.clock("step") = 9;
  TaskState copy = state_of();
  const std::string whole = whole_of(state);
  state.splits()["0"] = {.position = "later", .highest_event_time = 6};
  state.clock("step") = 11;
  REQUIRE(restore(copy, {whole, changes_of(state)}).ok());
  REQUIRE(copy.splits() == state.splits());
  REQUIRE(copy.clock("step") == 11);
}

}  // namespace
}  // namespace weir
