// Where a reader of a generated split stands, as it goes into checkpoints.
//
//   position = next { ';' option '=' value }
//
// `next` is the number of the next row, for the table of the truth that of the next slot. The
// options are those that the rows depend on, by their names in SQL: with another value the same
// number would be another row. A position without options, of an earlier version, fits all.
#pragma once

#include "operators/connectors/generator/options.h"
#include "operators/connectors/source.h"

#include <cstdint>
#include <string>

namespace weir {

// ";option=value" for each option that rows depend on.
std::string what_rows_depend_on(const GeneratorOptions& options);

struct GeneratorPosition {
  uint64_t next = 0;
  GeneratorOptions options;  // start_time = 'now' is when the reading of the split began.
};

// What `options` read from `from` on. kUser where the position is of rows that they do not make:
// which option is another one. kCorrupt for what is no position.
Result<GeneratorPosition> read_position(const SplitPosition& from, const GeneratorOptions& options);

}  // namespace weir
