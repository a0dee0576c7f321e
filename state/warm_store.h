// Rows that have left the memory of their task: the warm tier, as its owner sees it. What keeps
// them is RocksDB (state/warm/rocks_store.h).
//
// A map from keys to values, changed by the ten thousand rows. Owned by the TieredResidency of one
// task and used by its thread; every call may block on the disk. Errors: kUnavailable where the
// disk is full or fails, kCorrupt where what was read cannot be.
#pragma once

#include "engine/base/status.h"
#include "state/warm_rows.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// All keys from `begin` on and below `end`.
struct WarmRange {
  std::string begin;
  std::string end;
};

// The store as it was at a moment: files that never change, in a folder of their own, by the names
// that they must have when a store is opened there. Whoever holds a cut removes its folder.
struct WarmCut {
  std::string folder;
  std::vector<std::string> files;  // Sorted
};

class WarmStore {
 public:
  virtual ~WarmStore() = default;  // Waits for a merge that is under way.

  // Puts these in place of what was there of their keys, on a thread of the store's own: until
  // end_merge() nobody may rely on either, `rows` stays as it is, and only get() and is_merged()
  // are called. REQUIRES: no other merge is under way.
  virtual void begin_merge(const WarmRows& rows) = 0;
  // Whether end_merge() would not wait.
  virtual bool is_merged() const = 0;
  // Waits for the merge, if one is under way.
  virtual Status end_merge() = 0;
  Status merge(const WarmRows& rows) {
    begin_merge(rows);
    return end_merge();
  }

  // Calls f(i, value) for each of the keys that there is a value of, in any order, until it returns
  // an error, which is returned then.
  using Found = std::function<Status(size_t key, std::string_view value)>;
  virtual Status get(const std::vector<std::string_view>& keys, const Found& f) = 0;
  // Calls f(key, value) for every row of a range, in order of keys, until it returns false or an
  // error, which is returned then.
  using EachRow = std::function<Result<bool>(std::string_view key, std::string_view value)>;
  virtual Status each(const WarmRange& range, const EachRow& f) = 0;
  // All rows of a range are gone.
  virtual Status drop(const WarmRange& range) = 0;

  // What was merged and dropped so far. `folder` is made; nothing is copied but what is small.
  virtual Result<WarmCut> cut(const std::string& folder) = 0;

  // Bytes of memory, without the page cache, and of disk held, about; and of disk by the rows of a
  // range, which may count some that are gone.
  virtual uint64_t memory_bytes() = 0;
  virtual uint64_t disk_bytes() = 0;
  virtual Result<uint64_t> disk_bytes(const WarmRange& range) = 0;
};

}  // namespace weir
