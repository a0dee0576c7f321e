// Rows as JSON lines on an open file, such as standard output: what a bare SELECT does with them.
//
// Shows rows as soon as its buffer is full or flushed, before their epoch is sealed: its segments
// are empty. Used by its task's thread; several sinks may share one file, since each writes whole
// lines at a time where the system lets it.
#pragma once

#include "operators/connectors/sink.h"

#include <memory>

namespace weir {

// `fd` is not owned and must outlive the sink. The process must ignore SIGPIPE; a reader that has
// gone away is then kUnavailable.
std::unique_ptr<Sink> make_print_sink(int fd);

}  // namespace weir
