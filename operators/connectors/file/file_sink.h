// Rows into the part files of a folder. A file appears under its own name, whole, when its epoch is
// delivered.
//
//   .part-<slot>-open-<generation>-<n>.tmp
//                                  being written; thrown away when a sink of the slot is made
//   .part-<slot>-<epoch>-<n>.<format>.<generation>.sealed
//                                  complete, waiting for its epoch's checkpoint
//   part-<slot>-<epoch>-<n>.<format>
//                                  delivered: never changed again
//   .weir.lock                     there while a job writes (folder_lock.h)
//
// A process of an earlier life of the job that does not know it yet never touches files of a later
// one: hidden names tell lives apart, and what a life throws away is its own or an earlier one's.
// Sealed files are thrown away only where their epoch is being written again, and by the first slot
// those of slots that are no more: their checkpoint did not complete.
//
// <epoch> has ten digits and <n> six, so that the names of a slot sort in the order of its rows;
// <n> counts from 0 the files of an epoch, which roll_bytes or roll_interval cut. Each CSV file has
// its own header line. An epoch without rows makes no file.
//
// A segment says what its files are (sealed_file.h), and what an earlier life has sealed is
// compared with it before it is shown. write(), flush() and seal() are called by the task's thread
// and may block on the disk; deliver() reads nothing that they change and may run beside them.
#pragma once

#include "operators/connectors/file/file_options.h"
#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/sink.h"

#include <memory>

namespace weir {

// A folder has one writer: kUser while another job, or another table of this one, writes there. A
// job that starts afresh is refused (kUser) also where the folder holds part files already: they
// would be mixed up with its own, which have the same names.
Result<std::unique_ptr<Sink>> make_file_sink(const FileSinkOptions& options,
                                             const FormatOptions& format, const Schema& schema,
                                             const SinkLane& lane);

}  // namespace weir
