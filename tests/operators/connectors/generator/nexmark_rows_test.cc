// Goal: the stream has the proportions, selectivities, sizes and references that the benchmark is
// known by, and a column's values depend on nothing but the options and the row.
#include "operators/connectors/generator/nexmark_rows.h"

#include "engine/data/text_form.h"
#include "tests/operators/connectors/generator/generated_rows.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace weir {
namespace {

GeneratorOptions nexmark(const char* rows, const char* splits = "1") {
  return generator_of({{"dataset", "nexmark"}, {"rows", rows}, {"splits", splits}});
}

// Calls seen(batch, row) for the rows in which `composite` is not NULL.
void each_row(const GeneratorOptions& options, const RowShape& shape, size_t composite,
              const std::function<void(const std::vector<ColumnPtr>&, size_t)>& seen) {
  each_batch(options, shape, {}, [&](const RecordBatch& batch) {
    const ColumnPtr& column = batch.columns[composite];
    for (size_t row = 0; row < batch.rows; ++row) {
      if (!column->is_null(row)) seen(column->children(), row);
    }
  });
}

int64_t number(const ColumnPtr& column, size_t row) { return column->values<int64_t>()[row]; }

double share(size_t part, size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// Bytes of one value as a row format would store it.
size_t stored_bytes(const std::vector<ColumnPtr>& columns, size_t row) {
  size_t sum = 0;
  for (const ColumnPtr& column : columns) {
    sum += column->type().is_text_like() ? column->text(row).size() : column->type().width();
  }
  return sum;
}

}  // namespace

TEST_CASE("ExactlyOneKindIsPresentAndTheTypeNamesIt") {
  const GeneratorOptions options = nexmark("5000");
  size_t counts[3] = {};
  each_batch(options, shape_of(options), {}, [&](const RecordBatch& batch) {
    for (size_t row = 0; row < batch.rows; ++row) {
      const size_t type = static_cast<size_t>(batch.columns[0]->values<int32_t>()[row]);
      ++counts[type];
      for (size_t kind = 0; kind < 3; ++kind) {
        REQUIRE(batch.columns[1 + kind]->is_null(row) == (kind != type));
      }
      const size_t times[3] = {PersonField::kDateTime, AuctionField::kDateTime,
                               BidField::kDateTime};
      const ColumnPtr& own = batch.columns[1 + type]->children()[times[type]];
      REQUIRE(number(batch.columns[NexmarkColumn::kDateTime], row) == number(own, row));
    }
  });
  CHECK(counts[0] == 100);
  CHECK(counts[1] == 300);
  CHECK(counts[2] == 4600);
}

TEST_CASE("NullCompositesHaveNullZeroedChildren") {
  const GeneratorOptions options = nexmark("300");
  each_batch(options, shape_of(options), {}, [&](const RecordBatch& batch) {
    for (size_t column = 1; column <= 3; ++column) {
      for (const ColumnPtr& child : batch.columns[column]->children()) {
        for (size_t row = 0; row < batch.rows; ++row) {
          REQUIRE(child->is_null(row) == batch.columns[column]->is_null(row));
          if (!child->is_null(row)) continue;
          if (child->type().is_text_like()) REQUIRE(child->text(row).empty());
          if (child->type().width() == 8) REQUIRE(number(child, row) == 0);
        }
      }
    }
  });
}

TEST_CASE("BidsHaveTheKnownSelectivitiesAndSkew") {
  const GeneratorOptions options = nexmark("1000000");
  bool in_range = true;
  size_t bids = 0, q2 = 0, q14 = 0, q21 = 0, bytes = 0;
  std::map<int64_t, size_t> by_auction;
  std::map<int64_t, size_t> by_bidder;
  std::set<std::pair<int64_t, int64_t>> pairs;
  each_row(options, shape_of(options, {"bid"}), NexmarkColumn::kBid,
           [&](const std::vector<ColumnPtr>& bid, size_t row) {
             const int64_t auction = number(bid[BidField::kAuction], row);
             const int64_t bidder = number(bid[BidField::kBidder], row);
             const int64_t price = number(bid[BidField::kPrice], row);
             in_range = in_range && price >= 100 && price <= 100'000'000;
             ++bids;
             if (auction % 123 == 0) ++q2;
             if (price * 908 > 1'000'000'000 && price * 908 < 50'000'000'000) ++q14;
             const std::string_view channel = bid[BidField::kChannel]->text(row);
             const std::string_view url = bid[BidField::kUrl]->text(row);
             if (!channel.starts_with("channel") || url.find("channel_id=") != url.npos) ++q21;
             bytes += stored_bytes(bid, row);
             ++by_auction[auction];
             ++by_bidder[bidder];
             pairs.emplace(bidder, auction);
           });
  CHECK(in_range);
  CHECK(bids == 920'000);
  CHECK(std::abs(share(q2, bids) - 0.0078) < 0.0012);
  CHECK(std::abs(share(q14, bids) - 0.283) < 0.003);
  CHECK(std::abs(share(q21, bids) - 0.950) < 0.003);
  CHECK(std::abs(share(bytes, bids) - 172) < 3);
  CHECK(std::abs(share(pairs.size(), bids) - 0.319) < 0.01);
  const auto busiest = [](const std::map<int64_t, size_t>& counts) {
    size_t most = 0;
    for (const auto& [key, count] : counts) most = std::max(most, count);
    return most;
  };
  CHECK(busiest(by_auction) > 700);
  CHECK(busiest(by_auction) < 950);
  CHECK(busiest(by_bidder) > 3'200);
  CHECK(busiest(by_bidder) < 3'800);
}

TEST_CASE("AuctionsAndPersonsHaveTheKnownSizesAndCategories") {
  const GeneratorOptions options = nexmark("500000");
  size_t persons = 0, person_bytes = 0, auctions = 0, auction_bytes = 0, category_10 = 0;
  each_row(options, shape_of(options), NexmarkColumn::kPerson,
           [&](const std::vector<ColumnPtr>& person, size_t row) {
             ++persons;
             person_bytes += stored_bytes(person, row);
             REQUIRE(person[PersonField::kCreditCard]->text(row).size() == 19);
             REQUIRE(person[PersonField::kEmail]->text(row).ends_with(".com"));
           });
  int64_t life = 0;
  each_row(options, shape_of(options), NexmarkColumn::kAuction,
           [&](const std::vector<ColumnPtr>& auction, size_t row) {
             ++auctions;
             auction_bytes += stored_bytes(auction, row);
             const int64_t category = number(auction[AuctionField::kCategory], row);
             REQUIRE(category >= 10);
             REQUIRE(category < 15);
             if (category == 10) ++category_10;
             REQUIRE(number(auction[AuctionField::kReserve], row) >
                     number(auction[AuctionField::kInitialBid], row));
             life += number(auction[AuctionField::kExpires], row) -
                     number(auction[AuctionField::kDateTime], row);
           });
  CHECK(persons == 10'000);
  CHECK(auctions == 30'000);
  CHECK(std::abs(share(person_bytes, persons) - 207) < 4);
  CHECK(std::abs(share(auction_bytes, auctions) - 507) < 6);
  CHECK(std::abs(share(category_10, auctions) - 0.20) < 0.01);
  CHECK(std::abs(static_cast<double>(life) / static_cast<double>(auctions) / 1000 - 17) < 0.5);
}

TEST_CASE("ReferencesPointAtWhatIsOrSoonWillBeThere") {
  const GeneratorOptions options = nexmark("100000");
  std::set<int64_t> persons;
  std::set<int64_t> auctions;
  each_row(options, shape_of(options, {"person.id"}), NexmarkColumn::kPerson,
           [&](const std::vector<ColumnPtr>& person, size_t row) {
             persons.insert(number(person[PersonField::kId], row));
           });
  each_row(options, shape_of(options, {"auction.id"}), NexmarkColumn::kAuction,
           [&](const std::vector<ColumnPtr>& auction, size_t row) {
             auctions.insert(number(auction[AuctionField::kId], row));
           });
  REQUIRE(persons.size() == 2000);
  REQUIRE(auctions.size() == 6000);
  CHECK(*persons.begin() == 1001);  // The first event of all is an auction of event 2.
  each_row(options, shape_of(options, {"auction"}), NexmarkColumn::kAuction,
           [&](const std::vector<ColumnPtr>& auction, size_t row) {
             const int64_t seller = number(auction[AuctionField::kSeller], row);
             REQUIRE(seller >= 1000);
             REQUIRE(seller <= *persons.rbegin() + 10);
           });
  size_t known = 0, bids = 0;
  each_row(options, shape_of(options, {"bid"}), NexmarkColumn::kBid,
           [&](const std::vector<ColumnPtr>& bid, size_t row) {
             ++bids;
             known += auctions.count(number(bid[BidField::kAuction], row));
             const int64_t bidder = number(bid[BidField::kBidder], row);
             REQUIRE(bidder >= 2000);
             REQUIRE(bidder <= *persons.rbegin() + 1000 + 10);
           });
  // The stream begins with event 2, so auction 1000, hot in the first 1,667 events, is never
  // opened.
  CHECK(share(known, bids) > 0.99);
}

TEST_CASE("BidderOffsetCanBeUsedOnce") {
  GeneratorOptions options = nexmark("1000");
  const RowShape shape = shape_of(options, {"bid.bidder"});
  std::vector<int64_t> doubled;
  each_row(options, shape, NexmarkColumn::kBid, [&](const auto& bid, size_t row) {
    doubled.push_back(number(bid[BidField::kBidder], row));
  });
  options.doubled_bidder_offset = false;
  size_t i = 0;
  each_row(options, shape, NexmarkColumn::kBid, [&](const auto& bid, size_t row) {
    REQUIRE(number(bid[BidField::kBidder], row) == doubled[i++] - 1000);
  });
  CHECK(i == 920);
}

TEST_CASE("AnyNeededNexmarkColumnHasTheSameValuesAlone") {
  const GeneratorOptions options = nexmark("700");
  const RowShape all = shape_of(options);
  std::vector<RecordBatch> whole;
  each_batch(options, all, {}, [&](const RecordBatch& batch) { whole.push_back(batch); });
  REQUIRE(whole.size() == 1);
  for (size_t c = 0; c < all.schema->fields.size(); ++c) {
    const Field& field = all.schema->fields[c];
    const bool composite = field.type.kind() == TypeKind::kComposite;
    const size_t parts = composite ? field.type.fields().fields.size() : 1;
    for (size_t part = 0; part < parts; ++part) {
      const std::string name =
          composite ? field.name + "." + field.type.fields().fields[part].name : field.name;
      RecordBatch expected = whole[0];
      for (size_t i = 0; i < expected.columns.size(); ++i) {
        if (i != c) expected.columns[i] = nullptr;
      }
      each_batch(options, shape_of(options, {name}), {}, [&](const RecordBatch& batch) {
        for (size_t row = 0; row < batch.rows; ++row) {
          if (!composite) {
            REQUIRE(row_text(batch, row) == row_text(expected, row));
            continue;
          }
          const ColumnPtr& alone = batch.columns[c]->children()[part];
          const ColumnPtr& among = expected.columns[c]->children()[part];
          REQUIRE(alone->is_null(row) == among->is_null(row));
          if (!alone->is_null(row)) REQUIRE(value_text(*alone, row) == value_text(*among, row));
          for (size_t i = 0; i < parts; ++i) {
            REQUIRE((batch.columns[c]->children()[i] != nullptr) == (i == part));
          }
        }
      });
    }
  }
}

}  // namespace weir
