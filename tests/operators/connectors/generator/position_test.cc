// Goal: nobody goes on with a generator that makes other rows. Method: each option is changed, the
// rows before and after are compared, and the position has to be refused where they differ.
#include "operators/connectors/generator/position.h"

#include "tests/operators/connectors/generator/generated_rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using OptionMap = std::map<std::string, std::string>;

const OptionMap kBase[] = {{{"dataset", "card_transactions"}, {"rows", "4000"}},
                           {{"dataset", "nexmark"}, {"rows", "4000"}, {"out_of_order_group", "3"}}};

struct Change {
  const char* option;
  const char* value;
};
const Change kChanges[] = {{"rows", "5000"},
                           {"rate", "1000000"},
                           {"event_rate", "123"},
                           {"seed", "9"},
                           {"splits", "2"},
                           {"start_time", "2025-01-01 00:00:00Z"},
                           {"out_of_order_group", "50"},
                           {"doubled_bidder_offset", "false"}};

std::string position_of(const GeneratorOptions& options) {
  return "7" + what_rows_depend_on(options);
}

TEST_CASE("APositionIsRefusedWhereAnOptionChangesRows") {
  for (const OptionMap& base : kBase) {
    const GeneratorOptions before = generator_of(base);
    for (const Change& change : kChanges) {
      OptionMap changed = base;
      changed[change.option] = change.value;
      const Result<GeneratorOptions> after = generator_options(changed, 0);
      if (!after.ok()) continue;  // It belongs to the other data set.
      INFO(base.at("dataset") << " " << change.option);
      // Rows come at a time without a rate.
      GeneratorOptions unpaced = *after;
      unpaced.rate.reset();
      const ReadPlan plan{.split = 1, .rows_wanted = 500};
      const bool are_others =
          rows_of(before, shape_of(before), plan) != rows_of(unpaced, shape_of(unpaced), plan);
      const auto read = read_position(position_of(before), *after);
      CHECK(read.ok() == !are_others);
      if (read.ok()) continue;
      CHECK(read.error().kind == ErrorKind::kUser);
      CHECK_THAT(read.error().message, Catch::Contains(std::string(change.option) + " was '"));
    }
  }
}

TEST_CASE("APositionIsRefusedForAnotherDataSetOrItsTruth") {
  const GeneratorOptions cards = generator_of({{"dataset", "card_transactions"}});
  const GeneratorOptions truth =
      generator_of({{"dataset", "card_transactions"}, {"dataset_truth", "true"}});
  const GeneratorOptions nexmark = generator_of({{"dataset", "nexmark"}});
  const auto refusal = [](const GeneratorOptions& before, const GeneratorOptions& after) {
    return read_position(position_of(before), after).error().message;
  };
  CHECK_THAT(refusal(cards, nexmark), Catch::Contains("dataset was 'card_transactions'"));
  CHECK_THAT(refusal(cards, truth), Catch::Contains("dataset_truth was 'false'"));
}

TEST_CASE("WhatBeganNowGoesOnAtTheSameTimes") {
  const OptionMap options = {{"dataset", "nexmark"}, {"start_time", "now"}};
  const GeneratorOptions before = generator_options(options, 1'704'067'200'000'001).value();
  const GeneratorOptions after = generator_options(options, 1'804'067'200'000'000).value();
  const auto read = read_position(position_of(before), after);
  REQUIRE(read.ok());
  CHECK(read->next == 7);
  CHECK(read->options.start_micros == before.start_micros);
  const GeneratorOptions fixed = generator_of({{"dataset", "nexmark"}});
  CHECK_FALSE(read_position(position_of(before), fixed).ok());
}

TEST_CASE("APositionOfAnEarlierVersionFits") {
  const GeneratorOptions options = generator_of({{"dataset", "nexmark"}, {"seed", "5"}});
  CHECK(read_position("12", options)->next == 12);
}

TEST_CASE("WhatIsNoPositionIsDamaged") {
  const GeneratorOptions options = generator_of({{"dataset", "nexmark"}});
  for (const std::string broken : {"", "x", "12x", "12;", "12;seed", "12;colour=red"}) {
    INFO(broken);
    CHECK(read_position(broken, options).error().kind == ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace weir
