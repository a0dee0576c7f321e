#include "engine/time/hold.h"

#include "engine/base/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kTellSilentMicros = 5 * kSecond;
constexpr int64_t kTellAllIdleMicros = 10 * kSecond;

int64_t silent_micros(const SplitStanding& split, int64_t now) {
  return split.silent_since.has_value() ? std::max<int64_t>(0, now - *split.silent_since) : 0;
}

HoldReason reason_of(const SplitStanding& split) {
  if (!split.has_read) return HoldReason::kNoRecordYet;
  return split.silent_since.has_value() ? HoldReason::kSilent : HoldReason::kBehind;
}

std::optional<Hold> all_idle(std::span<const SplitStanding> splits, int64_t now) {
  const SplitStanding* last = nullptr;
  for (const SplitStanding& split : splits) {
    if (split.finished || split.advances) continue;
    if (last == nullptr || silent_micros(split, now) < silent_micros(*last, now)) last = &split;
  }
  if (last == nullptr) return std::nullopt;
  return Hold{.reason = HoldReason::kAllIdle,
              .table = last->table,
              .split = last->split,
              .watermark = last->watermark,
              .silent_micros = silent_micros(*last, now)};
}

}  // namespace

std::optional<Hold> who_holds(std::span<const SplitStanding> splits, int64_t now) {
  const SplitStanding* lowest = nullptr;
  for (const SplitStanding& split : splits) {
    if (split.finished || split.idle) continue;
    const bool is_lower = lowest == nullptr || split.watermark < lowest->watermark ||
                          (split.watermark == lowest->watermark &&
                           silent_micros(split, now) > silent_micros(*lowest, now));
    if (is_lower) lowest = &split;
  }
  if (lowest == nullptr) return all_idle(splits, now);
  Hold hold{.reason = reason_of(*lowest),
            .table = lowest->table,
            .split = lowest->split,
            .watermark = lowest->watermark,
            .silent_micros = silent_micros(*lowest, now)};
  bool any_ahead = false;
  for (const SplitStanding& split : splits) {
    if (&split == lowest || split.finished) continue;
    any_ahead |= split.watermark > lowest->watermark;
    if (split.idle) continue;
    hold.others += split.watermark == lowest->watermark && reason_of(split) == hold.reason;
  }
  if (hold.reason == HoldReason::kBehind && !any_ahead) return std::nullopt;
  return hold;
}

bool is_worth_telling(const Hold& hold) {
  switch (hold.reason) {
    case HoldReason::kBehind: return false;
    case HoldReason::kNoRecordYet:
    case HoldReason::kSilent: return hold.silent_micros >= kTellSilentMicros;
    case HoldReason::kAllIdle: return hold.silent_micros >= kTellAllIdleMicros;
  }
  unreachable();
}

std::string_view reason_name(HoldReason reason) {
  switch (reason) {
    case HoldReason::kBehind: return "behind";
    case HoldReason::kNoRecordYet: return "no_record_yet";
    case HoldReason::kSilent: return "silent";
    case HoldReason::kAllIdle: return "all_idle";
  }
  unreachable();
}

std::string hold_text(const Hold& hold) {
  std::string text = fmt::format("split {} of table {}", hold.split, hold.table);
  if (hold.others != 0) {
    text += fmt::format(" and {} {}", hold.others, hold.others == 1 ? "other" : "others");
  }
  const int64_t seconds = hold.silent_micros / kSecond;
  switch (hold.reason) {
    case HoldReason::kBehind: return text + ": behind in event time";
    case HoldReason::kNoRecordYet:
      return text + fmt::format(": no record yet, silent for {} s", seconds);
    case HoldReason::kSilent: return text + fmt::format(": silent for {} s", seconds);
    case HoldReason::kAllIdle:
      return fmt::format("all splits are idle, the last was {} of table {}: silent for {} s",
                         hold.split, hold.table, seconds);
  }
  unreachable();
}

}  // namespace weir
