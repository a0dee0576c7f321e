// Pairs rows of equal keys in the same window when the watermark closes it.
//
// Rows are only put down as they come. When a window closes, the rows of both sides are grouped by
// the hash of their keys, a partition of it at a time is sorted, and equal keys are met by merging:
// nothing is looked up per row, and no row has a timer. Rows of an outer side that met no partner
// follow behind the pairs, with NULLs in the place of the other side; those with a NULL key leave
// when they come. A window whose rows are largely out of memory is joined part by part of the
// hashes.
//
// State: "<id>.left" and "<id>.right", for each window end the kept rows of that side, without an
// index. A slice goes when its window has fired.
#pragma once

#include "operators/joined_rows.h"
#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

class WindowJoin : public Operator {
 public:
  // Of the output only the columns in `needed` are made. `state` and `names` outlive the operator.
  WindowJoin(const WindowJoinSpec& spec, std::string id, SchemaPtr output,
             const NeededColumns& needed, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return true; }

 private:
  // The rows of a batch that fall into one window.
  struct Slice {
    int64_t end = 0;
    RowIndices rows;
    std::vector<uint64_t> hashes;
  };
  // A row of the part that is joined.
  struct Ref {
    uint64_t hash;
    RowId row;
  };
  struct Side {
    SlicedTable* rows = nullptr;
    std::vector<size_t> keys;  // Columns of the table
    bool outer = false;

    // Of the part that is joined: whether all of its rows are here, by partition of the hash, where
    // each partition begins, and whether a row has met a partner.
    KeyedTable* table = nullptr;
    bool is_here = false;
    std::vector<Ref> refs;
    std::vector<size_t> bounds;
    std::vector<bool> matched;
    // Rows with the hash at which merging stands.
    size_t run_begin = 0;
    size_t run_end = 0;
    size_t next = 0;
  };
  enum class Phase { kIdle, kPairs, kLeftAlone, kRightAlone };

  Side make_side(Port port, TaskState& state, const std::string& name) const;
  void split(Port port, const RecordBatch& batch);
  Slice& slice_of(int64_t end);
  void take_rows(Port port, const RecordBatch& batch, Output& out);

  bool is_due(int64_t until) const;
  int64_t first_end() const;
  Result<Progress> fire(int64_t until, int64_t now, Output& out);
  // The next batch of the part that is joined, if any; leads phase_ to kIdle when all is done.
  Status fire_some(int64_t now, Output& out);

  void open(int64_t end);
  Readiness prefetch_part(int64_t end);
  void begin_part();
  void end_part(int64_t end);
  void partition(Side& side, size_t count) const;
  void enter_partition(size_t partition);
  bool next_run();
  bool equal_keys(RowId left, RowId right) const;
  void collect_pairs();
  Status emit_pairs(int64_t now, Output& out);
  void emit_alone(Port port, Output& out);

  const std::string id_;
  const SplitNames& names_;
  JoinedRows joined_;
  Side left_;
  Side right_;

  // Empty between elements: what the batch in work was split into, and how far firing has come.
  JoinIntake intake_;
  std::vector<Slice> slices_;
  bool split_done_ = false;
  bool is_open_ = false;  // A window fires, of which this is the part that is joined.
  HashPart part_;
  Phase phase_ = Phase::kIdle;
  size_t partitions_ = 0;
  size_t partition_ = 0;
  size_t next_alone_ = 0;

  // Scratch.
  std::vector<RowId> ids_;
  std::vector<RowId> left_ids_;
  std::vector<RowId> right_ids_;
  std::vector<size_t> left_refs_;
  std::vector<size_t> right_refs_;
};

}  // namespace weir
