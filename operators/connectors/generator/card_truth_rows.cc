#include "operators/connectors/generator/card_truth_rows.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// How many slots one call looks at, at most: where episodes are rare a call still returns soon.
constexpr uint64_t kSlotsPerCall = 1 << 14;

}  // namespace

CardTruthRows::CardTruthRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted)
    : timeline_(options, split), plan_(timeline_), wanted_(std::move(wanted)) {}

std::optional<uint64_t> CardTruthRows::slots_end() const {
  if (!timeline_.rows().has_value()) return std::nullopt;
  const uint64_t block_rows = timeline_.block_rows();
  return (*timeline_.rows() + block_rows - 1) / block_rows * timeline_.lanes() * 2;
}

uint64_t CardTruthRows::pace_row(uint64_t slot) const {
  const uint64_t last = (block_of(slot) + 1) * timeline_.block_rows() - 1;
  if (!timeline_.rows().has_value()) return last;
  return std::min(last, std::max<uint64_t>(*timeline_.rows(), 1) - 1);
}

uint64_t CardTruthRows::first_pace_row(uint64_t slot) const {
  return block_of(slot) * timeline_.block_rows();
}

std::optional<Episode> CardTruthRows::episode_at(uint64_t slot) const {
  const uint64_t block = block_of(slot);
  const uint64_t lane = slot / 2 % timeline_.lanes();
  return slot % 2 == 0 ? plan_.episode(block, lane) : plan_.structuring_ending(block, lane);
}

void CardTruthRows::make(const MakeOrder& order, MadeRows& made) {
  std::vector<ColumnWriter> writers;
  std::vector<size_t> indices;
  for (size_t i = 0; i < wanted_.fields.size(); ++i) {
    if (!wanted_.needed[i].needed) continue;
    writers.emplace_back(wanted_.fields[i].type, order.rows_max);
    indices.push_back(wanted_.sources[i].index);
  }
  uint64_t end = order.from + kSlotsPerCall;
  if (slots_end().has_value()) end = std::min(end, *slots_end());
  uint64_t slot = order.from;
  for (; slot < end && made.rows < order.rows_max; ++slot) {
    if (pace_row(slot) >= order.row_limit) break;
    const std::optional<Episode> episode = episode_at(slot);
    if (!episode.has_value()) continue;
    for (size_t i = 0; i < writers.size(); ++i) append(indices[i], *episode, writers[i]);
    made.slots.push_back(static_cast<int64_t>(slot));
    ++made.rows;
  }
  made.next = slot;
  size_t written = 0;
  for (const NeededField& field : wanted_.needed) {
    made.columns.push_back(field.needed ? std::move(writers[written++]).finish() : nullptr);
  }
}

void CardTruthRows::append(size_t index, const Episode& episode, ColumnWriter& to) const {
  const uint64_t first = episode.rows[0];
  const uint64_t last = episode.rows[episode.size - 1];
  switch (index) {
    case TruthColumn::kRule: return to.append_text(to_text(episode.rule));
    case TruthColumn::kCard: return to.append_text(card_name(timeline_.card_number(episode.card)));
    case TruthColumn::kAccount: return to.append(timeline_.account_number(episode.card / 2));
    case TruthColumn::kFirstId: return to.append_text(transaction_id(timeline_.event(first)));
    case TruthColumn::kLastId: return to.append_text(transaction_id(timeline_.event(last)));
    case TruthColumn::kStarts: return to.append(timeline_.nominal_micros(first));
    case TruthColumn::kEnds: return to.append(timeline_.nominal_micros(last));
  }
  unreachable();
}

}  // namespace weir
