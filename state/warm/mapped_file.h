// A file of rows that are not in memory, as RocksDB reads it: mapped, so that what was read lies in
// the page cache alone.
//
// Rows are looked up here and there: a page that is not cached is read alone, where the system
// would read megabytes around it. Whoever reads on from where the last read ended, as compaction
// does, has what follows read ahead.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace weir {

// Read by any thread. `file` is set if it could be opened.
rocksdb::IOStatus open_mapped_file(const std::string& path,
                                   std::unique_ptr<rocksdb::FSRandomAccessFile>* file);

}  // namespace weir
