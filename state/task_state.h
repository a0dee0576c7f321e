// Everything one task remembers between elements: tables of several kinds, and where its splits
// stand.
//
// An operator declares its tables once, when it is made, by a name that is unique in the task;
// nothing it remembers may live elsewhere, because this is what checkpoints hold and what moves
// when a job is rescaled. Owned by one task and used by its thread. State is asked for before it is
// used: state/residency.h.
#pragma once

#include "engine/base/status.h"
#include "engine/data/key_group.h"
#include "state/keyed_lists.h"
#include "state/sliced_table.h"
#include "state/unsliced_table.h"
#include "state/waiting_rows.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

class TaskState {
 public:
  TaskState(uint32_t key_groups, KeyGroupRange range, std::unique_ptr<Residency> residency);

  // A table of this task, made on first call. REQUIRES: the name is not taken by a table of another
  // kind or spec.
  SlicedTable& sliced(const TableSpec& spec);
  UnslicedTable& keyed(const TableSpec& spec);
  KeyedLists& lists(const ListsSpec& spec);
  WaitingRows& waiting(const WaitingSpec& spec);

  // Of the source of this task, by split name.
  std::map<std::string, SplitState>& splits() { return splits_; }

  // Whether anything but splits is remembered.
  bool has_tables() const { return !tables_.empty() || !clocks_.empty(); }
  // Signature by name of every declared table.
  std::map<std::string, std::string> signatures() const;

  // Of a step that tells processing time: the highest time it has told or given to a row; the
  // minimum of int64 before the first. A task that takes over from several has the highest.
  int64_t& clock(const std::string& step);

  KeyGroupRange key_groups() const { return owned_.range; }
  size_t bytes() const;

  // Moves rows out of memory if the task has too many there. Between inputs only: what was granted
  // to an operator may leave. kUnavailable, kCorrupt: the warm tier fails.
  Status make_room() { return residency_->make_room(); }
  // Why what an operator asked for stays kPending: an error ends the task.
  Status residency_status() const { return residency_->status(); }

  // What it remembers, or what changed since the last call, all of it the first time. Quick, at
  // about the cost of copying the rows into `memory`, which is empty; the file is made of it later,
  // by another thread. An error of the warm tier: nothing was handed over.
  Result<FrozenState> freeze(Freeze what, FrozenMemory memory = {});

  // Adds what an image holds for this task's key groups and declared tables; splits are taken as
  // they are. May be called once for each of several images whose tasks owned these key groups
  // before. Tables that this task did not declare belong to another step's task and are passed
  // over. kCorrupt if the image does not fit the declared tables.
  Status restore(const StateImage& image);
  // What was not in memory then, before any image: either the files of one cut, put into
  // cut_folder(), if one task had this task's key groups and tables; or, for each task that had
  // some of them, a store of its cut. REQUIRES: a TieredResidency.
  std::string cut_folder() const { return residency_->cut_folder(); }
  Status adopt_cut() { return residency_->adopt_cut(); }
  Status take_in(WarmStore& other) { return residency_->take_in(other, owned_); }

 private:
  template <typename Table, typename Spec>
  Table& declare(const Spec& spec);

  const OwnedGroups owned_;
  std::unique_ptr<Residency> residency_;
  std::map<std::string, std::unique_ptr<StateTable>, std::less<>> tables_;
  std::map<std::string, SplitState> splits_;
  std::map<std::string, int64_t> clocks_;
};

}  // namespace weir
