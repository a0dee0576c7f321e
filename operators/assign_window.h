// Puts rows into their windows: one copy of a row for each window it belongs to.
//
// Copies keep the row's arrival watermark and its place in the log. Stateless; rows keep their
// order, and the copies of a row are in order of their windows. Where late rows are dropped, a row
// that is late for its first windows is put into the others.
#pragma once

#include "engine/plan/specs.h"
#include "operators/late_rows.h"
#include "operators/operator.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class AssignWindow : public Operator {
 public:
  // `needed`: which columns of the output somebody reads; the three that are added always are made.
  // `names` outlives the operator.
  AssignWindow(const AssignWindowSpec& spec, std::string step, SchemaPtr output,
               const NeededColumns& needed, const SplitNames& names);

  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  // The columns behind the input's, as they are written.
  struct Added {
    explicit Added(const Type& time, size_t rows);
    void set(size_t row, int64_t window_start, int64_t window_end);
    void finish(size_t rows, RecordBatch& batch) &&;

    ColumnWriter start;
    ColumnWriter end;
    ColumnWriter time;
  };

  // Counts the batch, and leaves out the rows that are late.
  RecordBatch open(const RecordBatch& batch, Output& out);
  RecordBatch on_time(const RecordBatch& batch, std::vector<LateRow>& late);
  // The first of the windows of a slice that gets the row.
  int64_t first_window(int64_t slice_end, const int64_t* arrival, uint32_t row) const;

  RecordBatch in_one_window(const RecordBatch& batch) const;
  RecordBatch next_copies(const RecordBatch& batch);
  RecordBatch with_columns_of(const RecordBatch& batch) const;

  const AssignWindowSpec spec_;
  const std::string step_;
  const Slices slices_;
  const SchemaPtr output_;
  const std::vector<bool> handed_on_;  // By column of the input.
  const SplitNames& names_;

  // Between kMore and kDone only: the rows in work, the next of them (its place in the selection)
  // and the next of its windows.
  std::optional<RecordBatch> rows_;
  size_t next_row_ = 0;
  int64_t next_window_ = 0;

  RowIndices copied_;  // Scratch.
};

}  // namespace weir
