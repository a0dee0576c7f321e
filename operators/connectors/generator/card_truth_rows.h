// The truth about `card_transactions`: a row for each episode of one split (dataset_truth =
// 'true').
//
// To list what stands in a transactions table it needs that table's options, `rows` and `rate`
// included: rows bounds the transactions, not the episodes, and rate gives each episode when the
// block of transactions that holds it is over. Without either, it lists episodes for ever at full
// speed.
//
// Slots are the room for episodes, block by block and lane by lane: two each, one for the episode
// of the block and one for a structuring that ends there. Rows come in the order of their blocks,
// so `ends` is out of order by less than one block (one to two and a half minutes of event time).
#pragma once

#include "operators/connectors/generator/card_episodes.h"
#include "operators/connectors/generator/row_maker.h"
#include "operators/connectors/generator/wanted_columns.h"

namespace weir {

class CardTruthRows final : public RowMaker {
 public:
  CardTruthRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted);

  void make(const MakeOrder& order, MadeRows& made) override;
  std::optional<uint64_t> slots_end() const override;
  uint64_t pace_row(uint64_t slot) const override;
  uint64_t first_pace_row(uint64_t slot) const override;

 private:
  uint64_t block_of(uint64_t slot) const { return slot / 2 / timeline_.lanes(); }
  std::optional<Episode> episode_at(uint64_t slot) const;
  void append(size_t index, const Episode& episode, ColumnWriter& to) const;

  // Constant after construction.
  const CardTimeline timeline_;
  const EpisodePlan plan_;
  const WantedColumns wanted_;
};

}  // namespace weir
