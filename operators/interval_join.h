// Pairs rows of equal keys whose times are near: left.time - right.time in [lower, upper].
//
// A pair leaves when the later of its rows arrives. Seen from a row at t, its partners have times
// in [t + lo, t + hi]: from the left [t - upper, t - lower], from the right [t + lower, t + upper].
// Rows of both sides are kept until no partner can come: on-time rows have times from W on, so a
// row may go once W > t + hi. A row of an outer side that met no partner leaves then, with NULLs in
// the place of the other side.
//
// Hold-back. Let W be the watermark that was passed on last. An arriving row is on time, so its
// time is at least W. A kept row in a pair with it may be older: it is at least W + lo of the side
// that arrives, so left times trail W by -lower at the most and right times by upper. A row that
// leaves alone either arrived after W or was not to go at W, that is W <= t + hi, so its time is at
// least W - hi of its own side, which is the same bound: -lower for the left, upper for the right.
// Times of a side that may be missing are no event time, and hold nothing back.
//
// State: "<id>.left" and "<id>.right", for each key a list of kept rows in order of time, with the
// mark of having been matched where the side is outer; a key has a timer at which its first row
// goes.
#pragma once

#include "operators/joined_rows.h"
#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

class IntervalJoin : public Operator {
 public:
  // Of the output only the columns in `needed` are made. `state` and `names` outlive the operator.
  IntervalJoin(const IntervalJoinSpec& spec, std::string id, SchemaPtr output,
               const NeededColumns& needed, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  int64_t hold_back() const override { return hold_back_; }

 private:
  struct Side {
    KeyedLists* lists = nullptr;
    int64_t lo = 0;  // Partners of a row at t have times in [t + lo, t + hi].
    int64_t hi = 0;
    bool outer = false;
    size_t matched = 0;  // The column with the mark, where outer.
  };

  Side make_side(Port port, TaskState& state, const std::string& name) const;
  Side& side(Port port) { return sides_[port.value()]; }
  KeyBatch keys_of(Port port, const RecordBatch& batch) const;
  void split(Port port, const RecordBatch& batch);

  Result<Progress> process_rows(Port port, const RecordBatch& batch, int64_t now, Output& out);
  void keep_rows(Port port, const RecordBatch& batch);
  void find_partners(Port port, const RecordBatch& batch);
  // Up to a batch of pairs, from where it stopped.
  void collect_pairs(Port port, const RecordBatch& batch);
  Status emit_pairs(Port port, const RecordBatch& batch, int64_t now, Output& out);
  static void mark_matched(const Side& side, RowId entry);

  Progress expire(int64_t watermark, Output& out);
  // Rows of some keys whose time has come. Returns whether there are more; *emitted tells whether a
  // batch left.
  bool expire_some(Port port, int64_t watermark, Output& out, bool* emitted);

  const std::string id_;
  const SplitNames& names_;
  JoinedRows joined_;
  Side sides_[2];
  int64_t hold_back_ = 0;

  // Of the batch in work, between kMore and kDone only.
  JoinIntake intake_;
  bool split_done_ = false;
  bool kept_ = false;
  std::vector<RowId> own_;       // The entries that intake_.rows have become.
  std::vector<RowId> partners_;  // Their keys' heads on the other side.
  size_t next_row_ = 0;          // In intake_.rows,
  RowId next_partner_ = kNoRow;  // and the entry it looks at next.

  // Scratch.
  RowIndices pair_rows_;         // Of the batch
  std::vector<RowId> pair_own_;  // Its entry
  std::vector<RowId> pair_other_;
  std::vector<RowId> heads_;
  std::vector<Timers::Due> due_;
  std::vector<RowId> lone_;
  std::vector<std::pair<RowId, RowId>> gone_;  // Head and entry
};

}  // namespace weir
