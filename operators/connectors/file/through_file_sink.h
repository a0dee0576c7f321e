// Rows into the part files of a folder, at least once: each row is handed to its file, which has
// its own name from the beginning and grows, as soon as the input rests.
//
// The names are those of file_sink.h. A checkpoint ends the file and makes it durable. Nothing is
// written over and nothing taken away: what a life that died wrote after its last checkpoint stays
// beside what is written again, under the next free number, and may end within a line. So there is
// no need to refuse a folder that holds part files.
#pragma once

#include "operators/connectors/file/file_options.h"
#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/sink.h"

#include <memory>

namespace weir {

// kUser where the format does not fit, the folder cannot be made, or another job or table writes
// there.
Result<std::unique_ptr<Sink>> make_through_file_sink(const FileSinkOptions& options,
                                                     const FormatOptions& format,
                                                     const Schema& schema, const SinkLane& lane);

}  // namespace weir
