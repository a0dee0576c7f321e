// The warm tier in RocksDB: a database for each task that needs one.
//
// Never on the path of a record: rows are merged in by the ten thousand, as one sorted file a time
// that is ingested behind all before it, and come back by the batch (docs/decisions/0018). There is
// no log and no memtable: what was not cut (WarmStore::cut) and stored by a checkpoint is lost with
// the process.
#pragma once

#include "state/warm_store.h"

#include <memory>
#include <string>

namespace weir {

// What stands in `folder` counts: a folder that the files of a cut were put into, or an empty one,
// which is made if it is not there. kUnavailable, kCorrupt.
Result<std::unique_ptr<WarmStore>> open_rocks_store(const std::string& folder);

}  // namespace weir
