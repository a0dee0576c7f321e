// The columns each data set has, and how the columns that a table declares find them.
//
// A table may declare any of the columns, in any order, by their exact names; a composite any of
// its fields. Timestamps may be declared with or without time zone: both are UTC here.
#pragma once

#include "engine/base/status.h"
#include "engine/data/schema.h"
#include "operators/connectors/generator/options.h"

#include <cstddef>
#include <vector>

namespace weir {

// Every column of the data set that the options choose, in its own order.
Schema dataset_schema(const GeneratorOptions& options);

// Where a declared field comes from: its number among the data set's fields, at every level.
struct FieldSource {
  size_t index = 0;
  std::vector<FieldSource> fields;  // Of a composite: one a declared field.
};

// One FieldSource for each declared field. A kUser error names a column that the data set does not
// have, or not with this type, and says what there is.
Result<std::vector<FieldSource>> find_fields(const std::vector<Field>& declared,
                                             const std::vector<Field>& available);

// Positions in dataset_schema(), for the code that fills the columns.
struct NexmarkColumn {
  enum : size_t { kEventType, kPerson, kAuction, kBid, kDateTime };
};
struct PersonField {
  enum : size_t { kId, kName, kEmail, kCreditCard, kCity, kState, kDateTime, kExtra };
};
struct AuctionField {
  enum : size_t {
    kId,
    kItemName,
    kDescription,
    kInitialBid,
    kReserve,
    kDateTime,
    kExpires,
    kSeller,
    kCategory,
    kExtra
  };
};
struct BidField {
  enum : size_t { kAuction, kBidder, kPrice, kChannel, kUrl, kDateTime, kExtra };
};
struct CardColumn {
  enum : size_t {
    kId,
    kCard,
    kAccount,
    kMerchant,
    kCategory,
    kCountry,
    kLat,
    kLon,
    kAmount,
    kKind,
    kDevice,
    kAt,
    kCount
  };
};
struct TruthColumn {
  enum : size_t { kRule, kCard, kAccount, kFirstId, kLastId, kStarts, kEnds };
};

}  // namespace weir
