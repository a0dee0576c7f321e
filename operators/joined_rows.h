// What the joins share: which rows of a batch can match, what is kept of a side, and the batches of
// joined rows.
//
// A joined row is the columns of the left row, then those of the right; where a side is missing its
// columns are NULL. Rows with a NULL in their keys match nothing: they are never kept, and where
// rows of their side leave without a partner they leave at once. Owned by an operator and used by
// the task's thread; nothing here outlasts a call of process.
#pragma once

#include "engine/expr/evaluator.h"
#include "engine/plan/specs.h"
#include "operators/bad_rows.h"
#include "operators/late_rows.h"
#include "operators/operator.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

// When a row is late: where its time is below its arrival watermark, or also where it is at it, as
// the end of a window is.
enum class LateWhere { kBelow, kAtOrBelow };

// What became of the rows of a batch that enters a join.
struct JoinIntake {
  RowIndices rows;               // On time, with keys that can match,
  std::vector<uint64_t> hashes;  // and the hashes of those; zero where there are no key columns.
  RowIndices lone;               // On time, with a NULL in their keys.
  std::vector<LateRow> late;     // Of kAtOrBelow: with the end of their window.
};

JoinIntake take_in(const RecordBatch& batch, const JoinSide& side, LateWhere where);

// What both kinds of join say of themselves.
struct JoinShape {
  JoinType type = JoinType::kInner;
  JoinSide left;
  JoinSide right;
  ExprPtr condition;
};

inline Port other_side(Port side) { return side == kLeftPort ? kRightPort : kLeftPort; }

class JoinedRows {
 public:
  // `kept_keys`: whether keys are kept even if nobody reads them. `id` names the step in messages.
  JoinedRows(JoinShape shape, const std::string& id, SchemaPtr output, const NeededColumns& needed,
             bool kept_keys, const SplitNames& names);

  const JoinSide& side(Port side) const { return side == kLeftPort ? shape_.left : shape_.right; }
  // Whether rows of the side leave without a partner.
  bool is_outer(Port side) const;

  // A kept row is a row of a table that begins with these columns of its side.
  const std::vector<size_t>& kept(Port side) const { return kept_[side.value()]; }
  std::vector<Type> kept_types(Port side) const;
  void keep(KeyedTable& table, const RowId* ids, const RecordBatch& batch, Selection selection,
            Port side) const;
  // The column of such a table that holds a column of the side. REQUIRES: it is kept.
  size_t kept_at(Port side, size_t column) const;

  // A batch of `rows` joined rows, whose sides are set one after the other: rows of a batch, kept
  // rows, or none.
  RecordBatch begin(size_t rows) const;
  void set(RecordBatch& joined, Port side, const RecordBatch& batch, const uint32_t* rows) const;
  void set(RecordBatch& joined, Port side, const KeyedTable& table, const RowId* ids) const;
  void set_missing(RecordBatch& joined, Port side) const;

  // Leaves those pairs selected for which the condition holds. kBadData error if it cannot be
  // computed.
  Result<RecordBatch> matching(RecordBatch pairs, int64_t now, Output& out);
  // Without what only the condition read. REQUIRES: not empty.
  void emit(RecordBatch joined, StepCounters& counters, Output& out) const;

  // The rows of a batch that entered by `side`, without a partner.
  void emit_lone(const RecordBatch& batch, const RowIndices& rows, Port side,
                 StepCounters& counters, Output& out) const;

 private:
  // The side's first column in a joined row.
  size_t first(Port side) const { return side == kLeftPort ? 0 : shape_.left.columns.size(); }

  const JoinShape shape_;
  const SchemaPtr output_;
  const SplitNames& names_;
  std::vector<bool> emitted_;  // By column of the output: read by somebody downstream,
  std::vector<bool> made_;     // or by the condition.
  std::vector<size_t> kept_[2];
  std::optional<Evaluator> condition_;
  BadRows bad_rows_;
};

}  // namespace weir
