// Goal: a table may declare any columns of a data set by name and type, and nothing else.
#include "operators/connectors/generator/dataset_schema.h"

#include <catch2/catch.hpp>

#include <memory>

namespace weir {
namespace {

GeneratorOptions of(Dataset dataset) {
  GeneratorOptions options;
  options.dataset = dataset;
  return options;
}

Field declared(const char* name, Type type) {
  return {.name = name, .type = std::move(type), .nullable = true, .event_time = false};
}

Type composite(std::vector<Field> fields) {
  return Type::composite(std::make_shared<const CompositeType>(
      CompositeType{.name = "mine", .fields = std::move(fields)}));
}

std::string refusal(Dataset dataset, Field field) {
  const auto found = find_fields({std::move(field)}, dataset_schema(of(dataset)).fields);
  REQUIRE(!found.ok());
  return found.error().message;
}

}  // namespace

TEST_CASE("SchemasHaveTheColumnsInTheirOrder") {
  const Schema nexmark = dataset_schema(of(Dataset::kNexmark));
  CHECK(nexmark.find("bid") == NexmarkColumn::kBid);
  CHECK(nexmark.find("dateTime") == NexmarkColumn::kDateTime);
  const std::vector<Field>& auction = nexmark.fields[NexmarkColumn::kAuction].type.fields().fields;
  CHECK(auction[AuctionField::kSeller].name == "seller");
  CHECK(auction[AuctionField::kExtra].name == "extra");
  const Schema cards = dataset_schema(of(Dataset::kCardTransactions));
  CHECK(cards.fields.size() == CardColumn::kCount);
  CHECK(cards.find("amount") == CardColumn::kAmount);
  CHECK(cards.find("at") == CardColumn::kAt);
  GeneratorOptions truth = of(Dataset::kCardTransactions);
  truth.truth = true;
  CHECK(dataset_schema(truth).find("ends") == TruthColumn::kEnds);
}

TEST_CASE("FindsASubsetInAnyOrderAtEveryLevel") {
  const std::vector<Field> fields = {
      declared("dateTime", TypeKind::kTimestamptz),
      declared("bid", composite({declared("price", TypeKind::kBigint),
                                 declared("auction", TypeKind::kBigint)}))};
  const auto found = find_fields(fields, dataset_schema(of(Dataset::kNexmark)).fields);
  REQUIRE(found.ok());
  CHECK((*found)[0].index == NexmarkColumn::kDateTime);
  CHECK((*found)[1].index == NexmarkColumn::kBid);
  CHECK((*found)[1].fields[0].index == BidField::kPrice);
  CHECK((*found)[1].fields[1].index == BidField::kAuction);
}

TEST_CASE("RefusesUnknownNamesAndWrongTypesWithAdvice") {
  const std::string unknown =
      refusal(Dataset::kCardTransactions, declared("country_code", TypeKind::kText));
  CHECK(unknown.find("no column \"country_code\": it has id text, card text") != std::string::npos);
  CHECK(refusal(Dataset::kNexmark, declared("datetime", TypeKind::kTimestamp))
            .find("write it in double quotes") != std::string::npos);
  CHECK(refusal(Dataset::kCardTransactions, declared("amount", Type::numeric(10, 2))) ==
        "column \"amount\" is declared numeric(10,2), but the generator's data set makes it "
        "numeric(12,2)");
  CHECK(refusal(Dataset::kNexmark, declared("bid", TypeKind::kText)).find("a composite type") !=
        std::string::npos);
  CHECK(refusal(Dataset::kNexmark, declared("bid", composite({declared("amount", TypeKind::kInt)})))
            .find("no column \"amount\"") != std::string::npos);
}

}  // namespace weir
