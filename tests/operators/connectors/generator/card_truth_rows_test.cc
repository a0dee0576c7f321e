// Goal: the truth lists each episode once, from any position, and when the transactions' pace has
// got there.
#include "operators/connectors/generator/card_truth_rows.h"

#include "tests/operators/connectors/generator/generated_rows.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace weir {
namespace {

GeneratorOptions truth(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> options = {{"dataset", "card_transactions"},
                                                {"dataset_truth", "true"}};
  options.insert(more.begin(), more.end());
  return generator_of(options);
}

}  // namespace

TEST_CASE("TruthIsTheSameWhateverTheBatchAndFromAnyPosition") {
  const GeneratorOptions options = truth({{"rows", "2000000"}});
  const RowShape shape = shape_of(options);
  const std::vector<std::string> whole = rows_of(options, shape);
  CHECK(whole.size() > 200);
  CHECK(rows_of(options, shape, {.rows_max = 1}) == whole);
  CHECK(rows_of(options, shape, {.rows_max = 7}) == whole);
  std::vector<std::string> parts;
  std::string position = "0";
  for (size_t part = 0; part < 1000 && parts.size() < whole.size(); ++part) {
    size_t got = 0;
    position = each_batch(options, shape, {.rows_max = 3, .from = position, .rows_wanted = 3},
                          [&](const RecordBatch& batch) {
                            for (size_t row = 0; row < batch.rows; ++row, ++got) {
                              parts.push_back(row_text(batch, row));
                            }
                          });
    REQUIRE(got > 0);
  }
  CHECK(parts == whole);
}

TEST_CASE("MoreRowsOnlyAddEpisodes") {
  const GeneratorOptions few = truth({{"rows", "500000"}});
  const GeneratorOptions many = truth({{"rows", "900000"}});
  const std::vector<std::string> first = rows_of(few, shape_of(few));
  const std::vector<std::string> all = rows_of(many, shape_of(many));
  CHECK(first.size() < all.size());
  for (const std::string& one : first) {
    REQUIRE(std::find(all.begin(), all.end(), one) != all.end());
  }
}

TEST_CASE("TruthWaitsForTheTransactionsPace") {
  // 1,000 rows a second, 100 a second of event time: a block of 2,000 rows of a split takes 8
  // seconds.
  const GeneratorOptions options = truth({{"rate", "1000"}});
  const std::unique_ptr<Source> source = make_generator_source(options, shape_of(options)).value();
  const std::vector<Split> splits = source->discover().value();
  const auto reader = source->open(splits[0], nullptr, false).value();
  DecodedRows early;
  const ReadOutcome outcome = reader->read(100, 5'000'000, early).value();
  CHECK(outcome.state == ReadState::kWaiting);
  // Due at 7.996 s, and called at the next tick.
  CHECK(*outcome.wake_at == 5'000'000 + 8'000'000);
  CHECK(early.records == 0);
  DecodedRows due;
  CHECK(reader->read(100, *outcome.wake_at, due).value().state == ReadState::kRows);
  REQUIRE(due.records == 1);
  CHECK(due.batch.columns[TruthColumn::kRule]->text(0) == "spending_burst");
  DecodedRows next;
  CHECK(reader->read(100, *outcome.wake_at, next).value().state == ReadState::kWaiting);
}

}  // namespace weir
