#include "operators/connectors/generator/card_timeline.h"

#include "engine/base/check.h"
#include "engine/data/calendar.h"
#include "engine/data/type.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr uint64_t kGroupRowsMin = 8;
constexpr uint64_t kStepSeconds = 5;
constexpr int64_t kFirstAccount = 1'000'000;

}  // namespace

CardTimeline::CardTimeline(const GeneratorOptions& options, uint32_t split)
    : seed_(options.seed),
      split_(split),
      splits_(options.splits),
      event_rate_(options.event_rate),
      start_micros_(options.start_micros) {
  CHECK(split < splits_);
  CHECK(event_rate_ >= splits_);
  if (options.rows.has_value()) rows_ = (*options.rows + splits_ - 1 - split) / splits_;
  accounts_ = kCardsPerEventRate * event_rate_ / splits_ / 2;
  const uint64_t step_rows = kStepSeconds * event_rate_ / splits_;
  group_rows_ = std::clamp(step_rows, kGroupRowsMin, kGroupRowsMax);
  lanes_ = std::max<uint64_t>(1, (step_rows + group_rows_ / 2) / group_rows_);
}

int64_t CardTimeline::nominal_micros(uint64_t row) const {
  const Uint128 micros = static_cast<Uint128>(event(row)) * kMicrosPerSecond / event_rate_;
  return start_micros_ + kDisorderMicros + static_cast<int64_t>(micros);
}

int64_t CardTimeline::account_number(uint64_t account) const {
  return kFirstAccount + static_cast<int64_t>(account * splits_ + split_);
}

std::string transaction_id(uint64_t event) { return fmt::format("t{:011}", event); }

std::string card_name(uint64_t card_number) { return fmt::format("card_{}", card_number); }

}  // namespace weir
