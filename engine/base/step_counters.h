// What one step has done with the rows that entered it.
#pragma once

#include <cstdint>

namespace weir {

// Of every row that enters exactly one of accepted, filtered, late and bad becomes true.
struct StepCounters {
  uint64_t rows_in = 0;
  uint64_t accepted = 0;
  uint64_t filtered = 0;
  uint64_t late = 0;
  uint64_t bad = 0;
  uint64_t rows_out = 0;    // By the rows port; for row-by-row steps equal to accepted.
  uint64_t late_pairs = 0;  // (row, window) pairs skipped by rows on time for another window.
  uint64_t lifted = 0;      // Rows whose arrival watermark was raised to W as they entered.

  void add(const StepCounters& other);
  bool balanced() const { return rows_in == accepted + filtered + late + bad; }
  bool operator==(const StepCounters&) const = default;
};

inline void StepCounters::add(const StepCounters& other) {
  rows_in += other.rows_in;
  accepted += other.accepted;
  filtered += other.filtered;
  late += other.late;
  bad += other.bad;
  rows_out += other.rows_out;
  late_pairs += other.late_pairs;
  lifted += other.lifted;
}

// What was written, whatever the order of the rows: totals of several slots may be added up.
struct RowTotals {
  uint64_t rows = 0;
  uint64_t checksum = 0;  // The sum, modulo 2^64, of a hash of each row.

  void add(const RowTotals& other) { rows += other.rows, checksum += other.checksum; }
  bool operator==(const RowTotals&) const = default;
};

}  // namespace weir
