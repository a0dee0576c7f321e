// Goal: the same rows for the same options whatever the batches, restarts and splits' order; paced
// by the clock it is told.
#include "operators/connectors/generator/generator_source.h"

#include "operators/connectors/generator/position.h"
#include "tests/operators/connectors/generator/generated_rows.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const std::map<std::string, std::string> kNexmark = {{"dataset", "nexmark"}, {"rows", "9001"}};
const std::map<std::string, std::string> kCards = {{"dataset", "card_transactions"},
                                                   {"rows", "9001"}};

struct Paced {
  std::unique_ptr<Source> source;
  std::unique_ptr<SplitReader> reader;

  ReadOutcome read(int64_t now, size_t& rows, size_t rows_max = 1000) {
    DecodedRows out;
    const ReadOutcome outcome = reader->read(rows_max, now, out).value();
    rows = out.records;
    return outcome;
  }
};

Paced paced(const GeneratorOptions& options, size_t split, const std::string* from = nullptr) {
  Paced paced;
  paced.source = make_generator_source(options, shape_of(options, {"event_type"})).value();
  paced.reader = paced.source->open(paced.source->discover().value()[split], from, false).value();
  return paced;
}

}  // namespace

TEST_CASE("RowsDoNotDependOnBatches") {
  for (const auto& options : {kNexmark, kCards}) {
    const GeneratorOptions generator = generator_of(options);
    const RowShape shape = shape_of(generator);
    for (uint32_t split = 0; split < 4; ++split) {
      const auto whole = rows_of(generator, shape, {.split = split});
      CHECK(whole.size() ==
            (options == kNexmark ? (split == 3 ? 2251u : 2250u) : (split == 0 ? 2251u : 2250u)));
      CHECK(rows_of(generator, shape, {.split = split, .rows_max = 7}) == whole);
      if (split == 1) CHECK(rows_of(generator, shape, {.split = split, .rows_max = 1}) == whole);
    }
  }
}

TEST_CASE("RowsGoOnFromAnyPosition") {
  for (const auto& options : {kNexmark, kCards}) {
    const GeneratorOptions generator = generator_of(options);
    const RowShape shape = shape_of(generator);
    const auto whole = rows_of(generator, shape, {.split = 2});
    for (const size_t from : {size_t{0}, size_t{1}, size_t{49}, size_t{128}, size_t{2047},
                              size_t{2048}, whole.size() - 1, whole.size()}) {
      const auto rest = rows_of(generator, shape, {.split = 2, .from = std::to_string(from)});
      const auto skip = static_cast<std::ptrdiff_t>(from);
      CHECK(rest == std::vector<std::string>(whole.begin() + skip, whole.end()));
    }
  }
}

TEST_CASE("AnotherSeedGivesOtherRows") {
  for (auto options : {kNexmark, kCards}) {
    const GeneratorOptions first = generator_of(options);
    options.insert_or_assign("seed", std::string(1, '2'));
    const GeneratorOptions second = generator_of(options);
    CHECK(rows_of(first, shape_of(first)) != rows_of(second, shape_of(second)));
  }
}

TEST_CASE("RowsOfAnEndlessStreamAreThoseOfTheBoundedOne") {
  const GeneratorOptions bounded = generator_of(kCards);
  GeneratorOptions endless = bounded;
  endless.rows.reset();
  const auto rows = rows_of(bounded, shape_of(bounded), {.split = 0, .rows_wanted = 500});
  CHECK(rows_of(endless, shape_of(endless), {.split = 0, .rows_wanted = 500}) == rows);
  const auto source = make_generator_source(endless, shape_of(endless)).value();
  CHECK(!source->is_bounded());
}

TEST_CASE("PositionsAndMetadataNameTheRow") {
  const GeneratorOptions options = generator_of(kNexmark);
  RowShape shape = shape_of(options, {"event_type"});
  Schema schema = *shape.schema;
  for (const auto& [name, type] :
       std::vector<std::pair<const char*, Type>>{{"part", TypeKind::kInt},
                                                 {"pos", TypeKind::kBigint},
                                                 {"source", TypeKind::kText},
                                                 {"stamp", TypeKind::kTimestamptz}}) {
    schema.fields.push_back({.name = name, .type = type, .nullable = true, .event_time = false});
    shape.needed.push_back({.needed = true, .fields = {}});
  }
  shape.schema = std::make_shared<const Schema>(schema);
  shape.metadata = {{MetadataKind::kPartition, ""},
                    {MetadataKind::kOffset, ""},
                    {MetadataKind::kSource, ""},
                    {MetadataKind::kTime, ""}};
  shape.with_position = true;
  const std::string end = each_batch(options, shape, {.split = 2, .from = "40", .rows_wanted = 1},
                                     [](const RecordBatch& batch) {
                                       CHECK(row_text(batch, 3) == "2|-|-|-|-|2|43|nexmark|-|");
                                       CHECK(batch.split->values<int32_t>()[3] == 7);
                                       CHECK(batch.position->values<int64_t>()[3] == 43);
                                     });
  CHECK(end == "2250" + what_rows_depend_on(options));
}

TEST_CASE("RateSpreadsRowsOverTimeAndSplits") {
  GeneratorOptions options = generator_of({{"dataset", "nexmark"}, {"rate", "100"}});
  size_t rows = 0;
  Paced first = paced(options, 0);
  CHECK(first.read(1'000'000, rows).state == ReadState::kRows);
  CHECK(rows == 1);
  const ReadOutcome waiting = first.read(1'000'000, rows);
  CHECK(waiting.state == ReadState::kWaiting);
  CHECK(waiting.wake_at.value_or(0) == 1'040'000);
  CHECK(first.read(1'039'999, rows).state == ReadState::kWaiting);
  CHECK(rows == 0);
  CHECK(first.read(1'040'000, rows).state == ReadState::kRows);
  CHECK(rows == 1);
  first.read(11'000'000, rows);
  CHECK(rows == 249);  // Caught up: 1 + 1 + 249 rows are due after ten seconds.

  Paced last = paced(options, 3);
  // Due at 1.03 s, and called at the next tick.
  CHECK(last.read(1'000'000, rows).wake_at.value_or(0) == 1'032'000);
  CHECK(last.read(1'030'000, rows).state == ReadState::kRows);
  CHECK(rows == 1);
}

TEST_CASE("PaceGoesOnFromWhereTheReaderWasOpened") {
  const GeneratorOptions options = generator_of({{"dataset", "nexmark"}, {"rate", "100"}});
  const std::string from = "1000000";
  Paced reader = paced(options, 0, &from);
  size_t rows = 0;
  reader.read(0, rows);
  CHECK(rows == 1);
  reader.read(400'000, rows);
  CHECK(rows == 10);
}

TEST_CASE("AClockThatGoesBackOnlyDelays") {
  const GeneratorOptions options = generator_of({{"dataset", "nexmark"}, {"rate", "100"}});
  Paced reader = paced(options, 0);
  size_t rows = 0;
  reader.read(1'000'000, rows);
  CHECK(reader.read(500'000, rows).state == ReadState::kWaiting);
  CHECK(reader.read(1'040'000, rows).state == ReadState::kRows);
}

TEST_CASE("EndIsSaidWithTheLastRowsAndAgain") {
  const GeneratorOptions options = generator_of({{"dataset", "nexmark"}, {"rows", "5"}});
  Paced reader = paced(options, 3);
  size_t rows = 0;
  CHECK(*reader.reader->backlog() == 2);
  CHECK(reader.read(0, rows).state == ReadState::kEnd);
  CHECK(rows == 2);
  CHECK(reader.read(0, rows).state == ReadState::kEnd);
  CHECK(rows == 0);
  CHECK(reader.reader->position() == "2" + what_rows_depend_on(options));
  CHECK(*reader.reader->backlog() == 0);
}

TEST_CASE("DeclaredColumnsMayBeASubsetInAnotherOrder") {
  const GeneratorOptions options = generator_of(kCards);
  const std::vector<Field> all = dataset_schema(options).fields;
  RowShape shape;
  shape.schema =
      std::make_shared<const Schema>(Schema{{all[CardColumn::kAmount], all[CardColumn::kId]}});
  shape.needed = all_needed(*shape.schema);
  const std::vector<std::string> rows = rows_of(options, shape, {.rows_wanted = 1});
  CHECK(rows.at(0).ends_with("|t00000000000|"));
}

TEST_CASE("RefusesUnknownColumnsAndBrokenPositions") {
  const GeneratorOptions options = generator_of(kCards);
  RowShape shape;
  shape.schema = std::make_shared<const Schema>(
      Schema{{{.name = "iban", .type = TypeKind::kText, .nullable = true, .event_time = false}}});
  shape.needed = all_needed(*shape.schema);
  CHECK(make_generator_source(options, shape).error().kind == ErrorKind::kUser);
  const auto source = make_generator_source(options, shape_of(options)).value();
  const std::string broken = "12x";
  const auto opened = source->open(source->discover().value()[0], &broken, false);
  REQUIRE(!opened.ok());
  CHECK(opened.error().kind == ErrorKind::kCorrupt);
}

}  // namespace weir
