// The rows of one split of the `nexmark` data set: wide events (event_type, person, auction, bid,
// "dateTime"), exactly one of person, auction and bid not NULL.
//
// Columns are made one by one over the whole batch, and only those that are read.
#pragma once

#include "operators/connectors/generator/nexmark_events.h"
#include "operators/connectors/generator/nexmark_texts.h"
#include "operators/connectors/generator/row_maker.h"
#include "operators/connectors/generator/wanted_columns.h"

#include <array>
#include <memory>
#include <vector>

namespace weir {

struct NexmarkTables {
  explicit NexmarkTables(uint64_t seed) : texts(seed) {}

  NexmarkTexts texts;
  Exp2Table exp2;
};

class NexmarkRows final : public RowMaker {
 public:
  NexmarkRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted,
              std::shared_ptr<const NexmarkTables> tables);

  void make(const MakeOrder& order, MadeRows& made) override;
  std::optional<uint64_t> slots_end() const override { return slice_.rows(); }

 private:
  // The rows of one kind in the batch under way.
  struct KindRows {
    bool wanted = false;
    size_t size = 0;
    std::vector<uint32_t> rows;
    std::vector<uint64_t> events;
    std::vector<uint64_t> valid;  // One bit a row of the batch.
  };

  void place_events(uint64_t from, size_t count);
  ColumnPtr make_column(size_t column, size_t count, const std::shared_ptr<Arena>& arena) const;
  ColumnPtr make_composite(size_t column, const KindRows& kind, size_t count,
                           const std::shared_ptr<Arena>& arena) const;
  void write_person(size_t field, const KindRows& kind, ColumnWriter& to) const;
  void write_auction(size_t field, const KindRows& kind, ColumnWriter& to) const;
  void write_bid(size_t field, const KindRows& kind, ColumnWriter& to) const;
  void write_times(const KindRows& kind, ColumnWriter& to) const;
  void write_expiries(const KindRows& kind, ColumnWriter& to) const;

  int64_t price(uint64_t key, uint64_t event) const;
  std::string_view item_name(uint64_t event) const;
  std::string_view description(uint64_t event) const;
  std::string_view auction_extra(uint64_t event) const;
  std::string_view person_extra(uint64_t event) const;
  std::string email(uint64_t event) const;

  // Constant after construction.
  const NexmarkSlice slice_;
  const WantedColumns wanted_;
  const std::shared_ptr<const NexmarkTables> tables_;
  int64_t bidder_offset_;
  std::array<uint64_t, 32> keys_;  // Of each random field.

  // Scratch of the batch under way.
  std::vector<uint64_t> numbers_;  // NexmarkSlice::number() of each row.
  std::array<KindRows, 3> kinds_;  // By NexmarkKind.
  size_t arena_bytes_ = 0;         // What the last batch took, and a little more.
};

}  // namespace weir
