// Signatures: the same for tables that can read each other's rows, and readable.
#include "state/state_table.h"

#include "state/task_state.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string signature(void (*declare)(TaskState&)) {
  TaskState state(128, {.first = 0, .last = 127}, std::make_unique<MemoryResidency>());
  declare(state);
  REQUIRE(state.signatures().size() == 1);
  return state.signatures().at("t");
}

TEST_CASE("SignaturesNameKindAndColumns") {
  CHECK(signature([](TaskState& state) {
          state.sliced({.name = "t", .key = {TypeKind::kText}, .value = {TypeKind::kBigint}});
        }) == "slices of (text) -> (bigint)");
  CHECK(signature([](TaskState& state) {
          state.keyed({.name = "t", .key = {TypeKind::kText, TypeKind::kInt}});
        }) == "(text, integer) -> ()");
  CHECK(signature([](TaskState& state) {
          state.keyed({.name = "t", .key = {TypeKind::kText}, .with_timer = true});
        }) == "(text) -> () with timers");
  CHECK(signature([](TaskState& state) {
          state.lists({.name = "t", .key = {TypeKind::kText}, .entry = {TypeKind::kBigint}});
        }) == "(text) -> (), lists of (bigint)");
}

}  // namespace
}  // namespace weir
