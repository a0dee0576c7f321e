// Pairs rows of equal keys whenever they come, in either order, and takes pairs back where one of
// their rows is taken back. A row of an outer side leaves alone as long as it has no partner.
//
// State: "<id>.left" and "<id>.right", lists by key of the rows of a side, those of an outer side
// with how many partners they have.
#pragma once

#include "operators/changes.h"
#include "operators/joined_rows.h"
#include "operators/key_life.h"
#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

class EquiJoin : public Operator {
 public:
  // `stage` is of this spec.
  EquiJoin(const EquiJoinSpec& spec, const StagePlan& stage, TaskState& state,
           const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  struct Side {
    KeyLife life;
    KeyedLists* lists = nullptr;
    bool outer = false;
    size_t partners = 0;  // Column of an entry of an outer side: how many it has.
  };
  // A joined row to be emitted: rows of both sides, or of one.
  struct Event {
    uint32_t row;  // Of the batch in work; unused where `other` is alone.
    RowId other;   // kNoRow: the row is alone.
    bool other_alone;
    ChangeKind change;
  };

  Side& side(Port port) { return port == kLeftPort ? left_ : right_; }
  // `stage` with the input of that side.
  Side make_side(Port port, const StagePlan& stage, TaskState& state,
                 const std::string& name) const;
  void split(Port port, const RecordBatch& batch);
  KeyBatch keys_of(Port port, const RecordBatch& batch) const;
  Result<Progress> take_in(Port port, const RecordBatch& batch, int64_t now, Output& out);
  Status find_pairs(Port port, const RecordBatch& batch, int64_t now, Output& out);
  Status keep_matching(Port port, const RecordBatch& batch, int64_t now, Output& out);
  void add_pair(Port port, uint32_t row, RowId other, bool gone);
  void update_side(Port port, const RecordBatch& batch);
  void touch(Side& side, RowId head, const RecordBatch& batch, uint32_t row);
  int64_t partners(const Side& side, RowId entry) const;
  void set_partners(Side& side, RowId entry, int64_t count);
  void emit_events(Port port, const RecordBatch& batch, Output& out);
  void emit_run(Port port, const RecordBatch& batch, size_t from, size_t to, Output& out);

  JoinedRows joined_;
  Side left_;
  Side right_;

  // Empty between elements.
  RowIndices rows_;  // With keys that can match,
  std::vector<uint64_t> hashes_;
  RowIndices lone_;  // and with a NULL in them.
  bool split_done_ = false;
  std::vector<Event> events_;
  std::vector<int64_t> matches_;  // By place in rows_.

  // Scratch.
  std::vector<uint32_t> pair_places_;  // In rows_
  std::vector<uint32_t> pair_rows_;
  std::vector<RowId> pair_others_;
};

}  // namespace weir
