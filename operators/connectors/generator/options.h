// What a generator table is asked to make: the options of its WITH clause, checked and with
// defaults filled in.
//
// Plain values. The rows are a function of these alone, so whoever stores a job stores them as they
// are here: 'now' has been turned into start_micros, and a restarted job makes the same rows again.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace weir {

enum class Dataset { kCardTransactions, kNexmark };

struct GeneratorOptions {
  Dataset dataset = Dataset::kNexmark;
  std::optional<uint64_t> rows;  // Over all splits; absent: for ever.
  std::optional<uint64_t>
      rate;                   // Rows per second of wall clock, over all splits; absent: full speed.
  uint64_t event_rate = 100;  // Events per second of event time, over all splits.
  uint64_t seed = 1;
  uint32_t splits = 4;
  int64_t start_micros = 0;  // Event time of the first event, microseconds since 1970.
  bool starts_now = false;   // start_time = 'now': whoever goes on keeps what it was then.

  // nexmark only.
  uint64_t out_of_order_group = 1;  // Events are shuffled within groups of so many; 1: no disorder.
  bool doubled_bidder_offset =
      true;  // Bidders stand 1000 above person ids, as in the reference generator.

  // card_transactions only: the table lists the injected episodes instead of the transactions.
  bool truth = false;

  bool operator==(const GeneratorOptions&) const = default;
};

inline constexpr uint64_t kNexmarkEventRate = 100'000;
inline constexpr uint64_t kCardEventRate = 100;

// Reads the options by their names in SQL: dataset, rows, rate, event_rate, seed, splits,
// start_time, and those of a data set: out_of_order_group, doubled_bidder_offset, dataset_truth.
// Other names are not looked at. `now_micros` is what start_time = 'now' means. A kUser error names
// the option, its value and what would be right.
Result<GeneratorOptions> generator_options(const std::map<std::string, std::string>& options,
                                           int64_t now_micros);

}  // namespace weir
