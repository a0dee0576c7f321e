// lag: rows before the first, several distances, and no distance at all.
#include "operators/over_lag.h"

#include "tests/operators/over_cases.h"

#include <catch2/catch.hpp>

#include <deque>
#include <string>

namespace weir {
namespace {

OverColumn lag(const std::string& argument, uint32_t distance, const std::string& fallback = "") {
  return {.function = OverFunction::kLag,
          .argument = argument,
          .distance = distance,
          .fallback = fallback};
}

TEST_CASE("GivesTheValueSoManyRowsBefore") {
  const Overs overs{.input = schema_of({"k int", "at timestamptz!", "v text", "d text"}),
                    .keys = {"k"},
                    .columns = {lag("v", 1), lag("v", 2, "d"), lag("d", 1), lag("v", 0)}};
  const Steps steps = {rows_step(batch_of(overs.input, {{"1", "@1", "a", "x"},
                                                        {"1", "@2", kNull, "y"},
                                                        {"2", "@2", "b", kNull},
                                                        {"1", "@3", "c", "z"}})),
                       final_watermark_step(), end_step()};
  check_over(overs, steps,
             {{"1", "@1", "a", "x", kNull, "x", kNull, "a"},
              {"1", "@2", kNull, "y", "a", "y", "x", kNull},
              {"2", "@2", "b", kNull, kNull, kNull, kNull, "b"},
              {"1", "@3", "c", "z", kNull, "a", "y", "c"}});
}

TEST_CASE("DistancesShareOneListOfTheLastRows") {
  Overs overs{.input = schema_of({"at timestamptz!", "v bigint"}),
              .keys = {},
              .columns = {lag("v", 9), lag("v", 2), lag("v", 7), lag("v", 1), lag("v", 8)}};
  std::deque<std::string> texts;
  std::vector<Cells> rows;
  std::vector<Cells> expected;
  const auto text = [&](const std::string& value) { return texts.emplace_back(value).c_str(); };
  for (int i = 0; i < 30; ++i) {
    const Cells row = {text("@" + std::to_string(i)), text(std::to_string(i))};
    rows.push_back(row);
    Cells& answer = expected.emplace_back(row);
    for (const int distance : {9, 2, 7, 1, 8}) {
      answer.push_back(i < distance ? kNull : text(std::to_string(i - distance)));
    }
  }
  check_over(overs, {rows_step(batch_of(overs.input, rows)), final_watermark_step(), end_step()},
             expected);
}

}  // namespace
}  // namespace weir
