// Goal: options are checked where the user wrote them, and every error says what would be right.
#include "operators/connectors/generator/options.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using OptionMap = std::map<std::string, std::string>;

std::string refusal(const OptionMap& options) {
  const Result<GeneratorOptions> result = generator_options(options, 0);
  REQUIRE(!result.ok());
  REQUIRE(result.error().kind == ErrorKind::kUser);
  return result.error().message;
}

}  // namespace

TEST_CASE("DefaultsDependOnTheDataset") {
  const GeneratorOptions nexmark = *generator_options({{"dataset", "nexmark"}}, 5);
  CHECK(nexmark.event_rate == 100'000);
  CHECK(nexmark.splits == 4);
  CHECK(nexmark.start_micros == 1'704'067'200'000'000);
  CHECK(!nexmark.rows.has_value());
  CHECK(!nexmark.rate.has_value());
  CHECK(nexmark.doubled_bidder_offset);
  const GeneratorOptions cards = *generator_options({{"dataset", "card_transactions"}}, 5);
  CHECK(cards.event_rate == 100);
}

TEST_CASE("EveryOptionIsRead") {
  const GeneratorOptions options = *generator_options({{"dataset", "nexmark"},
                                                       {"rows", "1000"},
                                                       {"rate", "10"},
                                                       {"event_rate", "20"},
                                                       {"seed", "9"},
                                                       {"splits", "3"},
                                                       {"start_time", "1970-01-01 00:00:01Z"},
                                                       {"out_of_order_group", "50"},
                                                       {"doubled_bidder_offset", "false"},
                                                       {"connector", "generator"}},
                                                      5);
  GeneratorOptions expected;
  expected.dataset = Dataset::kNexmark;
  expected.rows = 1000;
  expected.rate = 10;
  expected.event_rate = 20;
  expected.seed = 9;
  expected.splits = 3;
  expected.start_micros = 1'000'000;
  expected.out_of_order_group = 50;
  expected.doubled_bidder_offset = false;
  CHECK(options == expected);
  CHECK(generator_options({{"dataset", "card_transactions"}, {"dataset_truth", "true"}}, 5)->truth);
}

TEST_CASE("NowIsTheTimeThatTheCallerGives") {
  CHECK(generator_options({{"dataset", "nexmark"}, {"start_time", "now"}}, 42)->start_micros == 42);
}

TEST_CASE("RefusesWhatItCannotUseAndSaysWhy") {
  CHECK(refusal({}).find("dataset = 'nexmark'") != std::string::npos);
  CHECK(refusal({{"dataset", "cards"}}) ==
        "cannot use dataset = 'cards': there are 'card_transactions' and 'nexmark'");
  CHECK(refusal({{"dataset", "nexmark"}, {"splits", "0"}}) ==
        "cannot use splits = '0' for a generator: expected a whole number from 1 to 4096");
  CHECK(refusal({{"dataset", "nexmark"}, {"rows", "1e6"}}).find("rows = '1e6'") !=
        std::string::npos);
  CHECK(refusal({{"dataset", "nexmark"}, {"rate", "-1"}}).find("rate = '-1'") != std::string::npos);
  CHECK(refusal({{"dataset", "nexmark"}, {"start_time", "soon"}}).find("'now' or a time") !=
        std::string::npos);
  CHECK(refusal({{"dataset", "nexmark"}, {"dataset_truth", "true"}}) ==
        "option dataset_truth belongs to dataset = 'card_transactions' only: remove it");
  CHECK(refusal({{"dataset", "card_transactions"}, {"out_of_order_group", "5"}}) ==
        "option out_of_order_group belongs to dataset = 'nexmark' only: remove it");
  CHECK(refusal({{"dataset", "nexmark"}, {"out_of_order_group", "1906"}}).find("953") !=
        std::string::npos);
  CHECK(refusal({{"dataset", "card_transactions"}, {"event_rate", "3"}}).find("lower splits") !=
        std::string::npos);
  CHECK(refusal({{"dataset", "card_transactions"}, {"dataset_truth", "perhaps"}})
            .find("expected 'true' or 'false'") != std::string::npos);
}

}  // namespace weir
