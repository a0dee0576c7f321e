// What every kind of state that a task declares by name has in common: its size, and how it goes
// into a snapshot and comes back by key group.
//
//   items = count:u32 item*      item = length:u32 hash:u64 rest
//
// The hash of an item's key says which key group it belongs to, and the length lets a task pass
// over the items of others. Owned by a TaskState and used by the task's thread.
#pragma once

#include "engine/base/bytes.h"
#include "engine/data/key_group.h"
#include "engine/data/type.h"
#include "state/residency.h"

#include <string>
#include <utility>
#include <vector>

namespace weir {

// Part of the snapshot format.
enum class TableKind : uint8_t { kSliced = 1, kUnsliced = 2, kLists = 3, kWaiting = 4 };

// The key groups of a job that one task owns.
struct OwnedGroups {
  uint32_t groups;  // Of the job
  KeyGroupRange range;

  bool contain(uint64_t hash) const { return range.contains(key_group_of(hash, groups)); }
};

class StateTable {
 public:
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;
  virtual ~StateTable() = default;

  const std::string& name() const { return name_; }
  virtual TableKind kind() const = 0;
  // What a snapshot of this table can be read into: a table of the same kind and columns. For
  // comparison, and for people.
  virtual std::string signature() const = 0;
  // Bytes of memory held.
  virtual size_t bytes() const = 0;
  virtual void write_snapshot(ByteWriter& out) const = 0;
  // Adds those items of a snapshot that are owned. kCorrupt if they do not fit this table.
  virtual Status read_snapshot(ByteReader& in, const OwnedGroups& owned) = 0;

 protected:
  StateTable(std::string name, Residency& residency)
      : name_(std::move(name)), residency_(residency) {}

  // One item, whose rest put_rest() puts to `out`.
  template <typename F>
  static void put_item(ByteWriter& out, uint64_t hash, F&& put_rest) {
    const size_t length_at = out.size();
    out.put<uint32_t>(0);
    out.put(hash);
    put_rest();
    out.patch(length_at, static_cast<uint32_t>(out.size() - length_at - sizeof(uint32_t)));
  }

  // Calls read_rest(hash, item), which gives a Status and reads all of the item, for each owned
  // one.
  template <typename F>
  Status read_items(ByteReader& in, const OwnedGroups& owned, F&& read_rest) {
    const uint32_t count = TRY(in.get<uint32_t>());
    for (uint32_t i = 0; i < count; ++i) {
      ByteReader item(TRY(in.get_sized()));
      const uint64_t hash = TRY(item.get<uint64_t>());
      if (!owned.contain(hash)) continue;
      TRY(read_rest(hash, item));
      if (item.left() != 0) {
        return corrupt("snapshot row does not fit its table: table=" + name_);
      }
    }
    return {};
  }

  static std::string types_text(const std::vector<Type>& types);

  const std::string name_;
  Residency& residency_;
};

}  // namespace weir
