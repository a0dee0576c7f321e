// The first rows of each partition by an order, as they stand at the moment. A row that is
// surpassed is taken back, and comes again when one before it goes.
//
// Where the input only appends, no more rows are kept than are shown. Every batch gives the
// difference between what stood before it and what stands behind it.
//
// State: "<id>.rows", for each partition a list of rows in their order.
#pragma once

#include "operators/changes.h"
#include "operators/key_life.h"
#include "operators/row_order.h"
#include "state/task_state.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace weir {

class Top : public Operator {
 public:
  // `stage` is of this spec.
  Top(TopSpec spec, const StagePlan& stage, TaskState& state);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  // A partition that the batch in work changes, with what it showed before.
  struct Touched {
    RowId head;
    std::vector<RowId> before;
  };
  struct Change {
    RowId row;
    int64_t rank;
    ChangeKind kind;
  };

  KeyedLists& declare_state(const StagePlan& stage, TaskState& state) const;
  std::vector<SortKey> full_order(const StagePlan& stage) const;
  void hash(const RecordBatch& batch);
  KeyBatch keys_of(const RecordBatch& batch) const;
  void take_in(const RecordBatch& batch);
  void insert(const RowOrder::Candidate& row, RowId head);
  void remove(const RowOrder::Candidate& row, RowId head);
  void let_go(RowId head, RowId entry);
  std::vector<RowId> shown(RowId head) const;
  void find_changes();
  void compare_places(const std::vector<RowId>& before, const std::vector<RowId>& after);
  void compare_sets(const std::vector<RowId>& before, const std::vector<RowId>& after);
  void emit(const std::vector<Change>& changes, Output& out);

  const TopSpec spec_;
  const SchemaPtr input_;
  const SchemaPtr output_;
  KeyLife life_;
  const bool keeps_all_;
  const bool with_place_;  // Rows have their place in the log behind their columns.
  const bool with_rank_;   // Somebody reads the number.
  KeyedLists& lists_;
  const RowOrder order_;

  // Empty between elements.
  std::vector<uint64_t> hashes_;
  bool hashed_ = false;
  std::vector<Touched> touched_;
  std::unordered_map<RowId, size_t> places_;  // In touched_, by head.
  std::vector<RowId> gone_;                   // Out of their lists, but still to be read.
  std::vector<Change> gone_changes_;
  std::vector<Change> come_changes_;
};

}  // namespace weir
