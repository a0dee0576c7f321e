// Casts between date, timestamp and timestamptz. The session's time zone is always UTC.
#include "engine/data/calendar.h"
#include "engine/data/text_form.h"
#include "engine/expr/coercion.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

namespace weir {
namespace {

void date_to_timestamp(const KernelCall& call) {
  const FixedValues<int32_t> from(call.args[0]);
  int64_t* out = call.out.values<int64_t>();
  call.rows.each([&](uint32_t row) {
    if (__builtin_mul_overflow(int64_t{from[row]}, kMicrosPerDay, &out[row])) {
      std::string shown;
      append_date(shown, from[row]);
      call.fail(row, fmt::format("date out of range for timestamp: {}", shown));
    }
  });
}

void timestamp_to_date(const KernelCall& call) {
  map_unary<int64_t, int32_t>(call, [](int64_t micros) { return day_of(micros); });
}

void same_moment(const KernelCall& call) {
  map_unary<int64_t, int64_t>(call, [](int64_t micros) { return micros; });
}

constexpr Cast entry(TypeKind from, TypeKind to, CastKind kind, Kernel kernel) {
  return {from, to, kind, kernel, Nulls::kTolerated};
}

constexpr TypeKind kDate = TypeKind::kDate;
constexpr TypeKind kTimestamp = TypeKind::kTimestamp;
constexpr TypeKind kTimestamptz = TypeKind::kTimestamptz;

constexpr Cast kCasts[] = {
    entry(kDate, kTimestamp, CastKind::kImplicit, date_to_timestamp),
    entry(kDate, kTimestamptz, CastKind::kImplicit, date_to_timestamp),
    entry(kTimestamp, kTimestamptz, CastKind::kImplicit, same_moment),
    entry(kTimestamp, kDate, CastKind::kAssignment, timestamp_to_date),
    entry(kTimestamptz, kTimestamp, CastKind::kAssignment, same_moment),
    entry(kTimestamptz, kDate, CastKind::kAssignment, timestamp_to_date),
};

}  // namespace

std::span<const Cast> time_casts() { return kCasts; }

}  // namespace weir
