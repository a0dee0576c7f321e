// How values of one type are ordered, as PostgreSQL orders them: what comparisons and
// greatest/least share.
#pragma once

#include "engine/data/calendar.h"
#include "engine/data/decimal.h"
#include "engine/data/type.h"

#include <cmath>
#include <compare>
#include <optional>
#include <string_view>

namespace weir {

// NaN equals itself and is greater than everything else.
inline bool double_less(double a, double b) { return (a < b) | (std::isnan(b) & !std::isnan(a)); }
inline bool double_equal(double a, double b) { return (a == b) | (std::isnan(a) & std::isnan(b)); }

// Length for ordering: a month counts 30 days, a day 24 hours.
inline Int128 interval_length(const Interval& interval) {
  const int64_t days = int64_t{interval.months} * 30 + interval.days;
  return Int128{days} * kMicrosPerDay + interval.micros;
}

// Less than, equal to or greater than zero, by bytes.
inline int text_order(std::string_view a, std::string_view b) { return a.compare(b); }

// Of numerics with different scales. What leaves 128 bits when brought to the greater scale is
// beyond all other values.
inline int numeric_order(Int128 a, int scale_a, Int128 b, int scale_b) {
  if (scale_a > scale_b) return -numeric_order(b, scale_b, a, scale_a);
  const std::optional<Int128> scaled = rescale(a, scale_a, scale_b);
  if (!scaled) return a < 0 ? -1 : 1;
  return *scaled < b ? -1 : static_cast<int>(*scaled > b);
}

}  // namespace weir
