// The part of OVER with the aggregates, first_value and last_value over one frame.
//
// All of them are accumulators, whose states can be merged but not taken apart again, so a frame is
// kept as a queue of two stacks: constant cost a row on average, however long it is.
//
//   list of a key = back, front entry *, back entry *      in order of time
//
// An entry of the front holds the states of itself and the front entries behind it, an entry of
// the back those of its own row; the first of the list, `back`, those of all back entries. The
// result of a frame is thus its first front entry and `back`, merged. When an entry of the back
// leaves the frame, what is left becomes the front. Frames without a beginning have `back` only.
//
// A chunk of rows changes the lists row by row, but states only at its end: what is to be merged
// into what is written down in order, and each accumulator is called once for the whole of it.
//
// By log with a range, rows come out of order of time, and a frame holds no later-stamped row. A
// second list ("<name>.log") keeps the states of single rows until the watermark has passed their
// range: a row that is behind another of its key in time is answered by walking it.
//
// State: "<id>.<frame>", and "<id>.<frame>.log". A key goes when the range of its last row has
// passed; without a range, after state_ttl, or at the end of time.
#pragma once

#include "operators/accumulator.h"
#include "operators/over_part.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

struct FrameSpec {
  FrameKind kind = FrameKind::kRange;
  std::optional<int64_t> range;  // Microseconds
  std::optional<uint32_t> rows;
  OverOrder order = OverOrder::kEventTime;
  std::optional<size_t> time_column;

  bool has_range() const { return kind == FrameKind::kRange && range.has_value(); }
  bool operator==(const FrameSpec&) const = default;
};

// Whether the call is over a frame, and which: of frames that are the same only one is made.
bool has_frame(const OverCall& call);
FrameSpec frame_of(const OverSpec& spec, const OverCall& call);

class OverFrame : public OverPart {
 public:
  // For those of the calls that are over this frame. `life` outlives it.
  OverFrame(const FrameSpec& frame, const OverSpec& spec, const StagePlan& stage,
            const KeyLife& life, TaskState& state);

  Readiness prefetch(const KeyBatch& keys, Selection selection) override;
  Readiness prefetch_due(int64_t watermark) override;
  Status take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) override;
  bool expire(int64_t watermark, size_t keys_max) override;

 private:
  struct Call {
    OverCall call;
    size_t index = 0;  // Among all calls
    size_t first_column = 0;
    bool shares_state = false;  // With an earlier call that keeps it: sum and avg of the same.
    std::unique_ptr<Accumulator> accumulator;

    bool is_pick() const { return call.function != OverFunction::kAggregate; }
  };

  std::vector<Type> add_calls(const OverSpec& spec, const Schema& input);
  std::vector<Type> add_call_state(Call& call, const std::optional<Type>& argument) const;
  void make_accumulators(const Schema& input);

  void begin(const KeyedRows& chunk);
  RowId find_heads(KeyedLists& lists, const KeyedRows& chunk, std::vector<RowId>& heads);
  void fetch_ahead(size_t i) const;
  void number_rows(size_t count);
  size_t end_of_peers(size_t from) const;

  void enter(size_t i);
  void enter_logged(size_t i);
  void enter_behind(RowId head, int64_t time, const std::byte* states);
  template <typename Expired>
  void evict(RowId head, Expired&& expired);
  void evict_before(RowId head, int64_t time);
  void evict_above(RowId head, size_t entries_max);
  void flip(RowId head);
  void begin_anew(RowId head);
  void answer(size_t i);
  void answer_from_log(size_t i, RowId logged);

  Status run(const RecordBatch& rows, size_t to);
  Status add_call(Call& call, const RecordBatch& rows, size_t to);
  AccumulatorInput chosen(const Call& call, const RecordBatch& rows, size_t to);
  Status finish(std::vector<ColumnPtr>& results);
  void drop_scratch(RowId id);

  bool expire_log(int64_t watermark, size_t keys_max);
  int64_t due_after(int64_t time) const;  // From which watermark on a row is in no frame.

  RowId back(RowId head) const { return lists_->first(head); }
  RowId first_entry(RowId head) const { return lists_->next(back(head)); }
  const std::byte* entry(RowId id) const { return lists_->entries().row(id); }
  std::byte* changed(RowId id) { return lists_->entries().change(id); }
  int64_t head_value(RowId head, size_t value) const {
    return load<int64_t>(heads_->row(head) + value_offsets_[value]);
  }
  void set_head_value(RowId head, size_t value, int64_t to) {
    store(heads_->change(head) + value_offsets_[value], to);
  }
  void merge(std::byte* target, const std::byte* source) {
    targets_.push_back(target);
    sources_.push_back(source);
  }

  // Constant after construction.
  const FrameSpec frame_;
  const KeyLife& life_;    // Where no range ends the state.
  const bool is_logged_;   // By log with a range.
  const bool has_begin_;   // Entries leave the frame.
  const bool with_peers_;  // Rows of one time see each other.
  std::vector<Call> calls_;
  bool needs_numbers_ = false;
  KeyedLists* lists_ = nullptr;
  KeyedLists* log_ = nullptr;
  std::array<size_t, 3> value_offsets_;  // Of a head

  // Rows of the entries' columns that live as long as a chunk is in work: results, and states of
  // single rows where no entry holds them. Their texts are in the heap of the entries, since states
  // of both are made and merged together.
  std::unique_ptr<KeyedTable> scratch_;

  // Of the chunk in work.
  const int64_t* times_ = nullptr;
  const int64_t* used_at_ = nullptr;
  KeyedTable* heads_ = nullptr;
  std::vector<RowId> head_ids_;
  std::vector<RowId> log_head_ids_;
  std::vector<RowId> result_ids_;
  std::vector<RowId> single_ids_;
  std::vector<std::byte*> singles_;  // Where the states of each row alone are.
  ColumnPtr numbers_;
  size_t added_ = 0;  // Rows whose values were added to their states.
  std::vector<std::byte*> targets_;
  std::vector<const std::byte*> sources_;
  std::vector<RowId> left_;  // Unlinked, but named in the merges.

  // Scratch.
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> row_targets_;
  std::vector<uint32_t> inserted_;
  std::vector<Timers::Due> due_;
};

}  // namespace weir
