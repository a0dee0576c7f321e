// Rows as lines on an open file, such as standard output: what a bare SELECT does with them.
//
// Shows rows as soon as its buffer is full or flushed, before their epoch is sealed: its segments
// are empty. Used by its task's thread.
#pragma once

#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/sink.h"

#include <functional>
#include <memory>
#include <string_view>

namespace weir {

// Takes whole lines. Where several sinks share a file it must let one after the other write, or
// their lines tear each other apart: a pipe takes what it has room for.
using WriteLines = std::function<Status(std::string_view)>;

// kUser error if the format cannot hold such rows.
Result<std::unique_ptr<Sink>> make_print_sink(const FormatOptions& format, const Schema& schema,
                                              WriteLines write_lines);

// Writes all of the text, waiting for room where `fd` does not block. The process must ignore
// SIGPIPE; a reader that has gone away is kUnavailable.
Status write_all(int fd, std::string_view text);

}  // namespace weir
