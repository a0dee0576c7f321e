// The graph that an evaluator makes of its trees, and what it keeps of the rows.
#include "engine/expr/compiled.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Sheet texts() { return Sheet({{"t", "text", {"A", "b"}}, {"u", "text", {"C", "d"}}}); }

}  // namespace

TEST_CASE("EqualSubtreesAreOneNode") {
  const Sheet sheet = texts();
  const auto lowered = [&](std::string_view to) {
    return call("=", {call("lower", {sheet.column("t")}), literal(to)});
  };
  const CompiledTrees trees({lowered("text:a"), lowered("text:b"), lowered("text:a")});
  CHECK(&trees.root(0) == &trees.root(2));
  CHECK(&trees.root(0) != &trees.root(1));
  CHECK(trees.root(0).args[0] == trees.root(1).args[0]);
}

TEST_CASE("OnlyWhatSeveralParentsAskForIsKept") {
  const Sheet sheet = texts();
  const ExprPtr lower = call("lower", {sheet.column("t")});
  const ExprPtr length = call("length", {lower});
  CHECK(CompiledTrees({length}).memo_count() == 0);
  // The whole is asked for twice, its part by one parent only.
  const CompiledTrees twice({length, length});
  CHECK(twice.memo_count() == 1);
  CHECK(twice.root(0).memo != kNoMemo);
  CHECK(twice.root(0).args[0]->memo == kNoMemo);
  CHECK(CompiledTrees({length, call("reverse", {lower})}).memo_count() == 1);
}

TEST_CASE("CheapPartsAreNotKept") {
  const Sheet sheet = texts();
  CHECK(CompiledTrees({sheet.column("t"), sheet.column("t")}).memo_count() == 0);
  const ExprPtr equal = call("=", {sheet.column("t"), sheet.column("u")});
  CHECK(CompiledTrees({equal, equal}).memo_count() == 0);
}

TEST_CASE("AMemoCoversTheRowsItWasComputedFor") {
  constexpr size_t kRows = 130;
  const ColumnPtr column = null_column(TypeKind::kInt, kRows);
  const std::vector<uint32_t> some = {3, 64, 129};
  const std::vector<uint32_t> fewer = {64};
  const std::vector<uint32_t> others = {3, 65};
  const auto selection = [](const std::vector<uint32_t>& rows) {
    return Selection(rows.data(), rows.size());
  };
  Memo memo;
  CHECK_FALSE(memo.covers(selection(fewer)));
  memo.keep({column}, selection(some), kRows);
  CHECK(memo.covers(selection(some)));
  CHECK(memo.covers(selection(fewer)));
  CHECK_FALSE(memo.covers(selection(others)));
  CHECK_FALSE(memo.covers(Selection(kRows)));
  for (const size_t dense : {size_t{5}, size_t{64}, size_t{100}, kRows}) {
    memo.keep({column}, Selection(dense), kRows);
    CHECK(memo.covers(Selection(dense)));
    CHECK(memo.covers(Selection(dense - 1)));
    CHECK_FALSE((dense < kRows && memo.covers(Selection(dense + 1))));
  }
}

TEST_CASE("AConstantCoversAllRows") {
  Memo memo;
  const std::vector<uint32_t> one = {1};
  memo.keep({null_column(TypeKind::kInt, 1), true}, Selection(one.data(), 1), 10);
  CHECK(memo.covers(Selection(10)));
}

}  // namespace weir
