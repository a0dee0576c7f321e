// Who holds event time back: which split of which table, and why. For the live line, the summary
// and whoever asks why windows do not fire.
//
// Pure: splits are told as values, and so is the time (microseconds).
#pragma once

#include "engine/time/watermark.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// Where one split of a table with event time stands.
struct SplitStanding {
  std::string table;
  std::string split;
  int64_t watermark = kMinTime;
  bool has_read = false;  // Any record.
  bool idle = false;      // Excluded for its silence.
  bool finished = false;
  bool advances = false;  // when_quiet = 'advance'
  // Wall clock since when it has nothing to read; absent while it may have.
  std::optional<int64_t> silent_since;
};

enum class HoldReason {
  kBehind,       // It has rows, and others are ahead of it in event time.
  kNoRecordYet,  // Nothing was read of it so far.
  kSilent,       // Nothing has come for a while.
  kAllIdle,      // All splits are idle: time stands still.
};

struct Hold {
  HoldReason reason = HoldReason::kBehind;
  std::string table;
  std::string split;  // With kAllIdle: the last to have had a record.
  int64_t watermark = kMinTime;
  int64_t silent_micros = 0;
  size_t others = 0;  // Splits that hold time for the same reason at the same watermark.
};

// The split without which time would go on; absent if nothing holds it (all have ended, there is
// none, or the clock drives it).
std::optional<Hold> who_holds(std::span<const SplitStanding> splits, int64_t now);

// Whether a user should be told without asking: after 5 s of a split that holds others back, after
// 10 s if all are idle.
bool is_worth_telling(const Hold& hold);

// "behind", "no_record_yet", "silent", "all_idle"
std::string_view reason_name(HoldReason reason);

// "split 3 of table t and 2 others: no record yet, silent for 12 s"
std::string hold_text(const Hold& hold);

}  // namespace weir
