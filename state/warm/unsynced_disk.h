// The disk, for databases that need not outlive a loss of power: whatever is to be synced is not.
//
// RocksDB syncs each file that it takes in, its list of files and their folder: some ten times for
// a merge and a cut, milliseconds each, while the task waits at its barrier. Of the warm tier
// nothing is read again after the process has ended.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace weir {

// Of RocksDB's default environment, but for its file system. Outlives the databases.
std::unique_ptr<rocksdb::Env> make_unsynced_disk();

}  // namespace weir
