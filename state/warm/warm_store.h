// Rows that have left the memory of their task: the warm tier, on the worker's own disk.
//
// RocksDB, never on the path of a record. Rows are merged in by the ten thousand, as one sorted
// file a time that is ingested behind all before it, and come back by the batch. Nothing here
// outlives the process or has to: checkpoints hold all state, and what this folder held is removed
// when it is opened. There is no log, no memtable, and one column family for all tables of a job.
//
//   key = group:u16 table:u32 end:i64 first:i64 row-key      numbers big-endian, times with the
//   sign
//                                                            bit turned: keys sort as numbers do
//
// One for each job and worker. Safe from any thread, but for merge() and drop(), which come one at
// a time. Every call may block on the disk. Errors: kUnavailable where the disk is full or fails.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Which table of which key group: what the keys of its rows begin with.
struct WarmPlace {
  uint16_t group = 0;
  uint32_t table = 0;
  int64_t end = 0;  // Of a slice (SliceId); else 0.
  int64_t first = 0;
};

// `row_key` is any bytes; the same for the same key.
std::string warm_key(const WarmPlace& place, std::string_view row_key);

class WarmStore {
 public:
  struct Row {
    std::string key;
    std::optional<std::string> value;  // Absent: the row is gone.
  };

  // `folder` is made, or emptied.
  static Result<std::unique_ptr<WarmStore>> open(const std::string& folder);
  virtual ~WarmStore() = default;

  // In place of what was there of these keys. REQUIRES: no key twice.
  virtual Status merge(std::vector<Row> rows) = 0;
  // The values of these keys, absent where there is none.
  virtual Result<std::vector<std::optional<std::string>>> get(
      const std::vector<std::string_view>& keys) = 0;
  // Calls f(key, value) for every row of a place, in order of keys.
  using EachRow = std::function<Status(std::string_view key, std::string_view value)>;
  virtual Status each(const WarmPlace& place, const EachRow& f) = 0;
  // All rows of a place are gone.
  virtual Status drop(const WarmPlace& place) = 0;

  // Bytes of memory, without the page cache, and of disk held, about.
  virtual uint64_t memory_bytes() = 0;
  virtual uint64_t disk_bytes() = 0;
};

}  // namespace weir
