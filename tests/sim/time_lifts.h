// Which rows are lifted, and to what (docs/time.md, "Silent splits"): computed from the log of what
// the readers' splits gave and when, by the definition of W and nothing of the engine.
//
// A split is idle when it has given nothing from one look to a later one for the idle timeout,
// until it gives something. W of a reader is the lowest A of what comes next in its splits, idle
// and ended ones apart; W of a step's gate the lowest W of the readers, idle and ended ones apart;
// neither ever goes back, and where nothing is active it stands still. A row below W of its reader
// as it is read, or below W of the gate as it gets there, has A raised to it.
//
// So the log must say in which order rows and marks reach the gates. Where splits may be idle the
// simulator therefore lets everything a reader gave flow to its end before another reader reads
// (the tasks behind them still go in random order); where none may be idle nothing is ever lifted,
// and all tasks go in random order. Not modelled, and not made by random_time_case: idle splits
// behind UNION ALL, whose own gate would be a second one.
#pragma once

#include "tests/sim/time_reference.h"

#include <utility>
#include <variant>
#include <vector>

namespace weir {

// What one look at a split gave.
struct LookAtSplit {
  size_t reader = 0;  // Of all tables.
  size_t table = 0;
  size_t split = 0;
  size_t first = 0;  // Rows from here, so many.
  size_t count = 0;
  bool ended = false;
  int64_t now = 0;
};
// The reader has sent what it read, and then its time.
struct ReaderSettled {
  size_t reader = 0;
};
using ReaderLog = std::vector<std::variant<LookAtSplit, ReaderSettled>>;

struct LiftedRows {
  Lifts lifts;
  uint64_t count = 0;  // Once at the reader and once at the gate.
};

// `splits_of_reader`: (table, split), by reader.
LiftedRows lifted_rows(const TimeCase& one,
                       const std::vector<std::vector<std::pair<size_t, size_t>>>& splits_of_reader,
                       const ReaderLog& log);

}  // namespace weir
