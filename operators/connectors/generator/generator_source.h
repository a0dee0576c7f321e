// The generator connector: rows made from a seed instead of read from outside.
//
// The splits are fixed by the option `splits`, never by how many tasks read them, and every row is
// a function of the options and its number alone: the same options give the same rows at any
// parallelism, batch size and restart. A position names those options (position.h), so that nobody
// goes on from it with others.
//
// With `rate`, row j of split k is due (j * splits + k) / rate seconds after the reader's first
// read, counted from the row it was opened at; a reader that falls behind catches up. Readers ask
// to be called at multiples of kPaceMicros of the clock, all splits at the same ones: rows come at
// most so much late, in exchange for few calls.
//
// Metadata: record_partition() is the split's number, record_offset() the row's, record_source()
// the data set's name; time, key and headers are NULL.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/generator/dataset_schema.h"
#include "operators/connectors/generator/options.h"
#include "operators/connectors/source.h"

#include <memory>

namespace weir {

inline constexpr int64_t kPaceMicros = 8000;

// A kUser error if the shape has a payload column that the data set does not have (see
// dataset_schema.h).
Result<std::unique_ptr<Source>> make_generator_source(const GeneratorOptions& options,
                                                      RowShape shape);

}  // namespace weir
