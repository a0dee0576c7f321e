#include "operators/connectors/generator/card_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace weir {
namespace {

constexpr double kFlatShare = 1e-3;  // Of the cards: the ranks within which use is nearly even.
constexpr uint64_t kShiftRoom = 8;   // Accounts kept for EpisodePlan::honest_shifts().
constexpr uint64_t kBeyondMin = 5'000'000;
constexpr uint64_t kBeyondMore = 40'000'000;
constexpr double kNearby = 0.08;  // Degrees that the places of one city spread over, both ways.
constexpr double kFarKm = 2000;

// One number for each random field; the order is part of what a seed means.
enum Draw : size_t { kCard, kTime, kProfile, kAmount, kMerchant, kDevice, kLat, kLon, kDraws };

// Of a coordinate: five digits are a metre, and short to print.
double rounded(double degrees) { return std::floor(degrees * 1e5 + 0.5) / 1e5; }

double fifth_power(double x) { return x * x * x * x * x; }

// `prefix` and the number, with leading zeros up to `digits`.
TextView numbered_text(Arena& arena, std::string_view prefix, uint64_t number, size_t digits) {
  char text[48];
  char reversed[20];
  size_t count = 0;
  for (; number != 0 || count < digits; number /= 10) {
    reversed[count++] = static_cast<char>('0' + number % 10);
  }
  std::memcpy(text, prefix.data(), prefix.size());
  std::reverse_copy(reversed, reversed + count, text + prefix.size());
  return arena.add({text, prefix.size() + count});
}

uint8_t profile_of(FraudRule rule) {
  switch (rule) {
    case FraudRule::kSpendingBurst: return CardProfiles::kElectronics;
    case FraudRule::kSmallThenLarge:
    case FraudRule::kVelocity: return CardProfiles::kOnline;
    case FraudRule::kImpossibleTravel: return CardProfiles::kGroceries;
    case FraudRule::kStructuring: return CardProfiles::kDeposit;
  }
  unreachable();
}

}  // namespace

CardRows::CardRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted,
                   std::shared_ptr<const CardProfiles> profiles)
    : timeline_(options, split),
      plan_(timeline_),
      wanted_(std::move(wanted)),
      profiles_(std::move(profiles)),
      journeys_(options.seed),
      cards_(2 * (timeline_.accounts() - kShiftRoom)),
      flattening_(static_cast<double>(cards_) * kFlatShare),
      draw_low_(std::pow(flattening_, 0.2)),
      draw_span_(std::pow(static_cast<double>(cards_) + flattening_, 0.2) - draw_low_) {
  for (size_t i = 0; i < kDraws; ++i) keys_.push_back(field_key(options.seed, 2200 + i));
  for (size_t i = 0; i < wanted_.sources.size(); ++i) {
    wants_[wanted_.sources[i].index] = wanted_.needed[i].needed;
  }
}

bool CardRows::wants(std::initializer_list<size_t> columns) const {
  return std::any_of(columns.begin(), columns.end(), [this](size_t one) { return wants_[one]; });
}

void CardRows::make(const MakeOrder& order, MadeRows& made) {
  uint64_t end = order.row_limit;
  if (timeline_.rows().has_value()) end = std::min(end, *timeline_.rows());
  end = std::max(end, order.from);
  const size_t count = static_cast<size_t>(std::min<uint64_t>(order.rows_max, end - order.from));
  draw_batch(order.from, count);
  const auto arena = std::make_shared<Arena>();
  for (size_t column = 0; column < wanted_.fields.size(); ++column) {
    const bool needed = wanted_.needed[column].needed;
    made.columns.push_back(needed ? make_column(column, order.from, count, arena) : nullptr);
  }
  made.rows = count;
  made.next = order.from + count;
}

void CardRows::draw_batch(uint64_t from, size_t count) {
  plan_.find(from, count, episode_rows_);
  const bool places = wants({CardColumn::kCountry, CardColumn::kLat, CardColumn::kLon});
  if (places || wants({CardColumn::kCard, CardColumn::kAccount})) draw_cards(from, count);
  if (places || wants({CardColumn::kAt})) draw_times(from, count);
  if (wants({CardColumn::kMerchant, CardColumn::kCategory, CardColumn::kAmount, CardColumn::kKind,
             CardColumn::kDevice})) {
    draw_profiles(from, count);
  }
  if (places) draw_places(from, count);
}

void CardRows::draw_cards(uint64_t from, size_t count) {
  card_of_.resize(count);
  size_t row = 0;
  while (row < count) {
    const uint64_t block = (from + row) / timeline_.block_rows();
    const uint64_t block_end = (block + 1) * timeline_.block_rows() - from;
    const std::array<uint8_t, EpisodePlan::kClasses> shifts = plan_.honest_shifts(block);
    for (const size_t end = std::min<uint64_t>(count, block_end); row < end; ++row) {
      const double share = unit(random_word(keys_[Draw::kCard], timeline_.event(from + row)));
      const double rank = fifth_power(draw_low_ + share * draw_span_) - flattening_;
      const uint64_t card = std::min(cards_ - 1, static_cast<uint64_t>(std::max(0.0, rank)));
      card_of_[row] = card + 2 * uint64_t{shifts[(card >> 1) % EpisodePlan::kClasses]};
    }
  }
  for (const EpisodeRow& one : episode_rows_) card_of_[one.row - from] = one.episode.card;
}

void CardRows::draw_times(uint64_t from, size_t count) {
  time_of_.resize(count);
  // nominal_micros() of each row, carried forward without a division.
  const uint64_t rate = timeline_.event_rate();
  const uint64_t step = timeline_.splits() * 1'000'000;
  const int64_t step_micros = static_cast<int64_t>(step / rate);
  int64_t nominal = timeline_.nominal_micros(from);
  uint64_t rest =
      static_cast<uint64_t>(static_cast<Uint128>(timeline_.event(from)) * 1'000'000 % rate);
  for (size_t row = 0; row < count; ++row) {
    const uint64_t word = random_word(keys_[Draw::kTime], timeline_.event(from + row));
    const bool beyond = below(word, kBeyondOdds) == 0;
    const uint64_t fine = word << 24;
    const uint64_t behind =
        beyond ? kBeyondMin + below(fine, kBeyondMore) : below(fine, CardTimeline::kDisorderMicros);
    time_of_[row] = nominal - static_cast<int64_t>(behind);
    nominal += step_micros;
    rest += step % rate;
    if (rest >= rate) {
      rest -= rate;
      ++nominal;
    }
  }
  for (const EpisodeRow& one : episode_rows_) {
    time_of_[one.row - from] = timeline_.nominal_micros(one.row);
  }
}

void CardRows::draw_profiles(uint64_t from, size_t count) {
  profile_of_.resize(count);
  for (size_t row = 0; row < count; ++row) {
    profile_of_[row] =
        profiles_->draw(random_word(keys_[Draw::kProfile], timeline_.event(from + row)));
  }
  for (const EpisodeRow& one : episode_rows_) {
    profile_of_[one.row - from] = profile_of(one.episode.rule);
  }
}

void CardRows::draw_places(uint64_t from, size_t count) {
  place_of_.resize(count);
  const auto place_at = [this](uint64_t card, int64_t micros) {
    return journeys_.at(static_cast<uint64_t>(timeline_.account_number(card / 2)), micros);
  };
  for (size_t row = 0; row < count; ++row) place_of_[row] = place_at(card_of_[row], time_of_[row]);
  for (const EpisodeRow& one : episode_rows_) {
    if (one.episode.rule != FraudRule::kImpossibleTravel || one.step == 0) continue;
    const int64_t first = timeline_.nominal_micros(one.episode.rows[0]);
    place_of_[one.row - from] =
        Journeys::far_city(place_at(one.episode.card, first), kFarKm, hash_word(one.episode.word));
  }
  for (size_t row = 0; row < count; ++row) {
    const uint64_t event = timeline_.event(from + row);
    Place& place = place_of_[row];
    place.lat += (unit(random_word(keys_[Draw::kLat], event)) - 0.5) * kNearby;
    place.lon += (unit(random_word(keys_[Draw::kLon], event)) - 0.5) * kNearby;
  }
}

ColumnPtr CardRows::make_column(size_t column, uint64_t from, size_t count,
                                const std::shared_ptr<Arena>& arena) const {
  const size_t index = wanted_.sources[column].index;
  ColumnWriter writer(wanted_.fields[column].type, count, arena);
  switch (index) {
    case CardColumn::kAccount: {
      int64_t* const out = writer.values<int64_t>();
      for (size_t i = 0; i < count; ++i) out[i] = timeline_.account_number(card_of_[i] / 2);
      break;
    }
    case CardColumn::kLat: {
      double* const out = writer.values<double>();
      for (size_t i = 0; i < count; ++i) out[i] = rounded(place_of_[i].lat);
      break;
    }
    case CardColumn::kLon: {
      double* const out = writer.values<double>();
      for (size_t i = 0; i < count; ++i) out[i] = rounded(place_of_[i].lon);
      break;
    }
    case CardColumn::kAmount: {
      Int128* const out = writer.values<Int128>();
      for (size_t i = 0; i < count; ++i) {
        const uint64_t word = random_word(keys_[Draw::kAmount], timeline_.event(from + i));
        out[i] = profiles_->cents(profile_of_[i], word);
      }
      for (const EpisodeRow& one : episode_rows_) {
        out[one.row - from] = EpisodePlan::cents(one.episode, one.step);
      }
      break;
    }
    case CardColumn::kAt:
      std::copy(time_of_.begin(), time_of_.end(), writer.values<int64_t>());
      break;
    default: return make_text(index, from, std::move(writer), count);
  }
  return std::move(writer).finish(count);
}

ColumnPtr CardRows::make_text(size_t index, uint64_t from, ColumnWriter writer,
                              size_t count) const {
  Arena& arena = writer.arena();
  TextView* const out = writer.values<TextView>();
  const auto each = [&](auto&& text) {
    for (size_t i = 0; i < count; ++i) out[i] = text(i);
  };
  switch (index) {
    case CardColumn::kId:
      each([&](size_t i) { return numbered_text(arena, "t", timeline_.event(from + i), 11); });
      break;
    case CardColumn::kCard:
      each([&](size_t i) {
        return numbered_text(arena, "card_", timeline_.card_number(card_of_[i]), 1);
      });
      break;
    case CardColumn::kMerchant:
      each([&](size_t i) {
        const uint64_t word = random_word(keys_[Draw::kMerchant], timeline_.event(from + i));
        return profiles_->merchant(profile_of_[i], word);
      });
      break;
    case CardColumn::kCategory:
      each([&](size_t i) { return profiles_->category(profile_of_[i]); });
      break;
    case CardColumn::kKind: each([&](size_t i) { return profiles_->kind(profile_of_[i]); }); break;
    case CardColumn::kDevice:
      each([&](size_t i) {
        const uint64_t word = random_word(keys_[Draw::kDevice], timeline_.event(from + i));
        return profiles_->device(profile_of_[i], word);
      });
      break;
    case CardColumn::kCountry:
      each([&](size_t i) { return arena.add(place_of_[i].country); });
      break;
    default: unreachable();
  }
  return std::move(writer).finish(count);
}

}  // namespace weir
