// The rows of one split of `card_transactions`.
//
// Honest rows: cards by a Zipf-Mandelbrot law (exponent 0.8, flattened at the top, so that even the
// busiest card is used once in some two minutes), amounts log-normal by category, places by
// Journeys. Amounts are positive whatever the kind: what a card spends are its purchases and
// withdrawals; deposits are often large.
//
// Disorder: a row is stamped up to 2 s (exclusive) before its nominal time; one honest row in 2,000
// (kBeyondOdds) 5 to 45 s before. So watermark_delay = '2 seconds' or more loses some of these few,
// and nothing else.
//
// A demonstration sets `rate` above `event_rate`, so that event time runs faster than the clock:
// with rate = '5000' and the default event_rate of 100, a minute of event time takes 1.2 s, the
// first spending burst (split 0, within the first minute and a half) is seen in one to two and a
// half seconds, and about one burst a second follows.
#pragma once

#include "operators/connectors/generator/card_episodes.h"
#include "operators/connectors/generator/card_profiles.h"
#include "operators/connectors/generator/places.h"
#include "operators/connectors/generator/row_maker.h"
#include "operators/connectors/generator/wanted_columns.h"

#include <initializer_list>
#include <memory>
#include <vector>

namespace weir {

class CardRows final : public RowMaker {
 public:
  static constexpr uint64_t kBeyondOdds = 2000;

  CardRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted,
           std::shared_ptr<const CardProfiles> profiles);

  void make(const MakeOrder& order, MadeRows& made) override;
  std::optional<uint64_t> slots_end() const override { return timeline_.rows(); }

 private:
  void draw_cards(uint64_t from, size_t count);
  void draw_times(uint64_t from, size_t count);
  void draw_profiles(uint64_t from, size_t count);
  void draw_places(uint64_t from, size_t count);
  void draw_batch(uint64_t from, size_t count);
  ColumnPtr make_column(size_t column, uint64_t from, size_t count,
                        const std::shared_ptr<Arena>& arena) const;
  ColumnPtr make_text(size_t index, uint64_t from, ColumnWriter writer, size_t count) const;
  bool wants(std::initializer_list<size_t> columns) const;

  // Constant after construction.
  const CardTimeline timeline_;
  const EpisodePlan plan_;
  const WantedColumns wanted_;
  const std::shared_ptr<const CardProfiles> profiles_;
  const Journeys journeys_;
  std::vector<uint64_t> keys_;  // Of each random field.
  uint64_t cards_;              // That honest rows draw from.
  double flattening_;           // Cards are drawn by 1 / (rank + flattening_)^0.8.
  double draw_low_;             // flattening_^0.2
  double draw_span_;            // (cards_ + flattening_)^0.2 - draw_low_
  bool wants_[CardColumn::kCount] = {};

  // Scratch of the batch under way; filled only where a wanted column depends on it.
  std::vector<EpisodeRow> episode_rows_;
  std::vector<uint64_t> card_of_;
  std::vector<int64_t> time_of_;
  std::vector<uint8_t> profile_of_;
  std::vector<Place> place_of_;
};

}  // namespace weir
