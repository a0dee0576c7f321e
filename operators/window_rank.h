// Numbers the rows of each window and partition in an order when the watermark closes the window;
// top-N where there is a limit.
//
// With a limit of up to kSortedLimitMax the rows of a partition are kept sorted, and those that
// cannot be among the first any more are let go at once: a partition never holds more rows than
// pass. Otherwise rows are put down as they come and sorted when their window closes.
//
// State: "<id>.rows", for each window and partition a list of rows, which goes when the window has
// fired. A row belongs to the key group of its partition columns, so that an exchange before this
// hashes by those.
#pragma once

#include "operators/late_rows.h"
#include "operators/operator.h"
#include "operators/row_order.h"
#include "state/task_state.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class WindowRank : public Operator {
 public:
  static constexpr uint32_t kSortedLimitMax = 1024;

  // Of the output only the columns in `needed` are made, and the ranks. `state` and `names` outlive
  // the operator.
  WindowRank(const WindowRankSpec& spec, std::string id, const SchemaPtr& input, SchemaPtr output,
             const NeededColumns& needed, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return due_.empty(); }

 private:
  // What the three functions give for one row.
  struct Numbers {
    int64_t row_number = 0;
    int64_t rank = 0;
    int64_t dense_rank = 0;

    int64_t of(RankFunction function) const;
  };

  KeyedLists& declare_state(const Schema& input, TaskState& state) const;
  std::vector<SortKey> kept_order() const;
  void split(const RecordBatch& batch);
  KeyBatch keys_of(const RecordBatch& batch) const;

  void take_rows(const RecordBatch& batch, Output& out);
  void consider(const RowOrder::Candidate& row, RowId head);
  // Behind which entry of a sorted list the row belongs; kNoRow: before all.
  RowId place_of(const RowOrder::Candidate& row, RowId head) const;
  bool has_peer(const RowOrder::Candidate& row, RowId head, RowId before) const;
  // Drops the rows with the highest rank, and gives the new number of those ahead of the last.
  int64_t drop_last(RowId head, int64_t ahead);
  int64_t ahead(RowId head) const;
  void set_ahead(RowId head, int64_t ahead);

  Progress fire(int64_t until, Output& out);
  void enter_partition(RowId head);
  // Adds rows of the partition in work to the batch; whether all of them are done.
  bool number_rows();
  void emit_numbered(Output& out);

  const WindowRankSpec spec_;
  const std::string id_;
  const SchemaPtr output_;
  const SplitNames& names_;
  std::vector<bool> emitted_;  // By column of the input.
  std::vector<size_t> kept_;   // Columns of the input, as the entries have them.
  const bool is_sorted_;       // Whether lists are.
  bool has_peers_ = false;     // Whether any function asks which rows are peers.
  KeyedLists& lists_;
  const RowOrder order_;

  // Empty between elements: what the batch in work was split into,
  RowIndices rows_;
  std::vector<uint64_t> hashes_;
  std::vector<LateRow> late_;
  bool split_done_ = false;
  // and how far firing has come: partitions that are due, the rows of the one in work, in order,
  // and what the last of them was given.
  std::vector<Timers::Due> due_;
  size_t next_due_ = 0;
  std::vector<RowId> ranked_;
  size_t next_ranked_ = 0;
  Numbers numbers_;

  // Scratch; the first two are empty between elements too.
  std::vector<RowId> ids_;
  std::vector<RowId> done_;  // Heads
  std::vector<Numbers> numbers_out_;
  KeyedTable* heads_ = nullptr;
  std::vector<const Column*> columns_;
  std::vector<std::pair<uint64_t, RowId>> by_prefix_;
};

}  // namespace weir
