// row_number, rank and dense_rank: ties by time, none by log.
#include "operators/over_rank.h"

#include "tests/operators/over_cases.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Overs ranks(OverOrder order) {
  return {.input = schema_of({"k int", "at timestamptz!"}),
          .keys = {"k"},
          .columns = {{.function = OverFunction::kRowNumber},
                      {.function = OverFunction::kRank},
                      {.function = OverFunction::kDenseRank}},
          .order = order};
}

Steps stream() {
  return {rows_step(batch_of(
              ranks(OverOrder::kLog).input,
              {{"1", "@0"}, {"1", "@1"}, {"1", "@1"}, {"2", "@1"}, {"1", "@2"}, {"1", "@2"}})),
          final_watermark_step(), end_step()};
}

TEST_CASE("RowsOfOneTimeHaveOneRank") {
  check_over(ranks(OverOrder::kEventTime), stream(),
             {{"1", "@0", "1", "1", "1"},
              {"1", "@1", "2", "2", "2"},
              {"1", "@1", "3", "2", "2"},
              {"2", "@1", "1", "1", "1"},
              {"1", "@2", "4", "4", "3"},
              {"1", "@2", "5", "4", "3"}});
}

TEST_CASE("ByLogEveryRowHasItsOwnRank") {
  check_over(ranks(OverOrder::kLog), stream(),
             {{"1", "@0", "1", "1", "1"},
              {"1", "@1", "2", "2", "2"},
              {"1", "@1", "3", "3", "3"},
              {"2", "@1", "1", "1", "1"},
              {"1", "@2", "4", "4", "4"},
              {"1", "@2", "5", "5", "5"}});
}

}  // namespace
}  // namespace weir
