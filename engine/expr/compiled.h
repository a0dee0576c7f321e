// Inside the evaluator: the trees with everything looked up, and the functions that walk them.
#pragma once

#include "engine/expr/coercion.h"
#include "engine/expr/evaluator.h"
#include "engine/expr/function.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace weir {

// A column of the batch's length, or a constant: one row that stands for all.
struct Value {
  ColumnPtr column;
  bool constant = false;

  Operand operand() const { return {column.get(), constant}; }
  bool is_null_constant() const { return constant && column->is_null(0); }
};

inline constexpr size_t kNoMemo = ~size_t{0};

class CompiledNode {
 public:
  CompiledNode(ExprPtr tree, std::vector<const CompiledNode*> compiled_args);

  // Constant after construction, but for what `prepared` caches.
  ExprPtr expr;
  std::vector<const CompiledNode*> args;  // Owned by CompiledTrees, like this node.
  size_t memo = kNoMemo;    // Where the value is kept during a pass, as several parents ask for it.
  ColumnPtr constant;       // kLiteral: one row.
  ColumnPtr null;           // One row of the node's type, for NULL arguments of strict functions.
  Kernel kernel = nullptr;  // kCall, kCast, and = for kIsDistinct.
  Nulls nulls = Nulls::kNeverSeen;     // Of the kernel.
  std::unique_ptr<Prepared> prepared;  // kCall
  bool one_subject =
      false;           // kOr: every argument compares the same tree with a constant, as IN does.
  bool cheap = false;  // Computing it for rows that do not need it costs little and cannot fail.
};

// Trees as one graph, in which equal subtrees are one node.
class CompiledTrees {
 public:
  explicit CompiledTrees(const std::vector<ExprPtr>& trees);

  const CompiledNode& root(size_t tree) const { return *roots_[tree]; }
  size_t memo_count() const { return memo_count_; }

 private:
  CompiledNode* add(const ExprPtr& tree);
  uint64_t hash_of(const Expr& tree);

  std::vector<std::unique_ptr<CompiledNode>> nodes_;
  std::vector<const CompiledNode*> roots_;
  size_t memo_count_ = 0;
  // Needed while the graph is made.
  std::unordered_multimap<uint64_t, CompiledNode*> by_hash_;
  std::unordered_map<const Expr*, uint64_t> hashes_;
};

// The value of a node for the rows it was last computed for.
struct Memo {
  Value value;                 // Without a column: not computed yet in this pass.
  std::vector<uint64_t> rows;  // One bit a row.

  bool covers(Selection asked) const;
  void keep(Value computed, Selection computed_rows, size_t batch_rows);
};

// What one evaluation is about.
struct Run {
  const RecordBatch& batch;
  int64_t now;
  RowErrors& errors;
  std::vector<Memo>& memos;
};

// Values of the selected rows; other rows hold anything.
Value evaluate(const CompiledNode& node, Run& run, Selection rows);

Value evaluate_call(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_is_distinct(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_membership(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_junction(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_not(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_is_null(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_case(const CompiledNode& node, Run& run, Selection rows);
Value evaluate_coalesce(const CompiledNode& node, Run& run, Selection rows);

// Appends the rows for which a boolean tree is true.
void filter_rows(const CompiledNode& node, Run& run, Selection rows, RowIndices& out);

// The values of the arguments, each over all of `rows`.
std::vector<Value> evaluate_args(const CompiledNode& node, Run& run, Selection rows);

// As operands; the first is made a full column if all are constant, so that a kernel has rows to
// walk over.
std::vector<Operand> operands_of(std::vector<Value>& values, size_t batch_rows);

// The rows where none of the operands is NULL, appended to `out`.
void rows_without_nulls(Selection rows, const std::vector<Operand>& operands, RowIndices& out);

// Copies the values of `rows` into `out` at the same rows. REQUIRES: these rows of `out` were not
// set yet.
void copy_rows(const Value& value, Selection rows, ColumnWriter& out);

// Makes the row NULL, whatever the type.
void set_null_row(ColumnWriter& out, uint32_t row);

// Bits of a boolean value, 64 rows at a time.
class Truth {
 public:
  explicit Truth(const Value& value);
  // Only valid() is meant: of a value of any type.
  static Truth of_presence(const Value& value);

  uint64_t value(size_t word) const { return bits_ == nullptr ? constant_ : bits_[word]; }
  uint64_t valid(size_t word) const { return validity_ == nullptr ? all_valid_ : validity_[word]; }
  uint64_t is_true(size_t word) const { return value(word) & valid(word); }

 private:
  Truth() = default;

  const uint64_t* bits_ = nullptr;
  const uint64_t* validity_ = nullptr;
  uint64_t constant_ = 0;
  uint64_t all_valid_ = ~uint64_t{0};
};

// Appends the rows whose bit is set in word(i), the i-th 64 rows.
template <typename Word>
void append_set_rows(Selection rows, RowIndices& out, Word&& word) {
  if (!rows.is_dense()) {
    const size_t before = out.size();
    out.resize(before + rows.size());
    size_t count = before;
    rows.each([&](uint32_t row) {
      out[count] = row;
      count += (word(row / 64) >> (row % 64)) & 1;
    });
    out.resize(count);
    return;
  }
  const size_t size = rows.size();
  for (size_t i = 0; i * 64 < size; ++i) {
    uint64_t bits = word(i);
    if (size - i * 64 < 64) bits &= (uint64_t{1} << (size - i * 64)) - 1;
    for (; bits != 0; bits &= bits - 1) {
      out.push_back(static_cast<uint32_t>(i * 64) + static_cast<uint32_t>(__builtin_ctzll(bits)));
    }
  }
}

}  // namespace weir
