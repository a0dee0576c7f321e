// What one task remembers, as it was at a barrier: TaskState::freeze() makes it on the task's
// thread, and encode() a file of it on any other.
//
// A task's files form a chain: the first is whole, each of the others has what changed since the
// one before (state/frozen_rows.h). StateImage puts a chain together again. What belongs to the
// task as a whole (heads of tables, splits, clocks) is small, stands in every file, and counts as
// the last one says.
//
//   file  = magic:u32 whole:u8 tables:u32 table* splits:u32 split* clocks:u32 clock*
//   table = name:sized kind:u8 head:sized stores:u32 store*
//   store = end:i64 first:i64 anew:u8 rows      anew: nothing of it before this file counts
//   split = name:sized position:sized highest:i64 finished:u8
//   clock = step:sized told:i64
//
// Owned by whoever holds it and used by one thread at a time.
#pragma once

#include "state/frozen_rows.h"
#include "state/warm_store.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

inline constexpr uint32_t kStateFileMagic = 0x36535257;  // "WRS6"

// Part of the format.
enum class TableKind : uint8_t { kSliced = 1, kUnsliced = 2, kLists = 3, kWaiting = 4 };

// Where the reading of one split stands.
struct SplitState {
  std::string position;        // Opaque: operators/connectors/source.h
  int64_t highest_event_time;  // Of its accepted rows; the minimum of int64 before the first.
  bool finished = false;

  bool operator==(const SplitState&) const = default;
};

// One of the KeyedTables that a table is made of: a slice (SliceId), the entries of lists (1, 0),
// or the only or first one (0, 0).
struct StoreId {
  int64_t end = 0;
  int64_t first = 0;

  auto operator<=>(const StoreId&) const = default;
};

struct FrozenStore {
  StoreId id;
  bool anew = false;
  FrozenRows rows;
};

struct FrozenTable {
  std::string name;
  TableKind kind;
  std::string head;  // What each kind of table says of itself beside its rows.
  std::vector<FrozenStore> stores;
};

// Writes a file as the grammar above has it, part by part.
class StateFileWriter {
 public:
  explicit StateFileWriter(Freeze what);

  struct TableHead {
    std::string_view name;
    TableKind kind;
    std::string_view head;
  };
  void put_count(size_t tables) { out_.put(static_cast<uint32_t>(tables)); }
  void put_table(const TableHead& table, size_t stores);
  void put_store(StoreId id, bool anew);
  ByteWriter& out() { return out_; }  // For the rows of a store.
  std::string finish(const std::map<std::string, SplitState>& splits,
                     const std::map<std::string, int64_t>& clocks) &&;

 private:
  ByteWriter out_;
};

struct FrozenState {
  Freeze what = Freeze::kWhole;
  FrozenMemory memory;  // What the rows of the tables lie in.
  std::vector<FrozenTable> tables;
  std::map<std::string, SplitState> splits;
  std::map<std::string, int64_t> clocks;
  // Of what was not in memory; no part of the file. Absent: all was.
  std::optional<WarmCut> warm;

  // The file.
  std::string encode() const;
  // The same, for the last time: a copy that is large is given up as the file grows, so that both
  // together take little more than one of them. What is left of it is for the next copy.
  std::string encode_last();

 private:
  std::string encode_into(FrozenMemory* freed) const;
};

}  // namespace weir
