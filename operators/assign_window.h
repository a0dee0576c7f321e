// Puts rows into their windows: one copy of a row for each window it belongs to, on time or not.
//
// Copies keep the row's arrival watermark and its place in the log. Stateless; rows keep their
// order, and the copies of a row are in order of their windows.
#pragma once

#include "engine/plan/specs.h"
#include "operators/operator.h"

namespace weir {

class AssignWindow : public Operator {
 public:
  // `needed`: which columns of the output somebody reads; the three that are added always are made.
  AssignWindow(const AssignWindowSpec& spec, SchemaPtr output, const NeededColumns& needed);

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

  RecordBatch in_one_window(const RecordBatch& batch) const;
  RecordBatch next_copies(const RecordBatch& batch);
  RecordBatch with_columns_of(const RecordBatch& batch) const;

  const WindowSpec window_;
  const Slices slices_;
  const SchemaPtr output_;
  const std::vector<bool> handed_on_;  // By column of the input.

  // Of the batch in work, between kMore and kDone only: the next row (its place in the selection)
  // and the next of its windows.
  size_t next_row_ = 0;
  int64_t next_window_ = 0;

  RowIndices copied_;  // Scratch.
};

}  // namespace weir
