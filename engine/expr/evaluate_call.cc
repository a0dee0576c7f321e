// Calls and casts: arguments first, then NULLs, then the kernel, then the rows in error.
#include "engine/expr/compiled.h"

#include <algorithm>

namespace weir {
namespace {

bool any_nulls(const std::vector<Operand>& operands) {
  return std::any_of(operands.begin(), operands.end(), [](const Operand& operand) {
    return !operand.constant && operand.column->has_nulls();
  });
}

// NULL where any of the operands is. REQUIRES: no constant operand is NULL.
void combine_validity(const std::vector<Operand>& operands, size_t batch_rows, uint64_t* validity) {
  const size_t words = bitmap_words(batch_rows);
  for (const Operand& operand : operands) {
    if (operand.constant || !operand.column->has_nulls()) continue;
    const uint64_t* valid = operand.column->validity();
    for (size_t i = 0; i < words; ++i) validity[i] &= valid[i];
  }
}

// Makes the bytes of NULL rows zero, after a kernel that went over them too.
void clear_null_rows(ColumnWriter& out, size_t batch_rows) {
  const uint64_t* validity = out.validity();
  const size_t words = bitmap_words(batch_rows);
  if (out.type().kind() == TypeKind::kBoolean) {
    for (size_t i = 0; i < words; ++i) out.bits()[i] &= validity[i];
    return;
  }
  for (size_t i = 0; i < words; ++i) {
    for (uint64_t bits = ~validity[i]; bits != 0; bits &= bits - 1) {
      const size_t row = i * 64 + static_cast<size_t>(__builtin_ctzll(bits));
      if (row < batch_rows) out.set_null(row);
    }
  }
}

void run_kernel(const CompiledNode& node, Run& run, Selection rows,
                const std::vector<Operand>& operands, ColumnWriter& out) {
  const size_t first_error = run.errors.size();
  node.kernel({rows, operands, out, run.errors, node.prepared.get()});
  for (size_t i = first_error; i < run.errors.size(); ++i) set_null_row(out, run.errors[i].row);
}

void run_over_nulls(const CompiledNode& node, Run& run, Selection rows,
                    const std::vector<Operand>& operands, ColumnWriter& out) {
  const size_t batch_rows = run.batch.rows;
  uint64_t* validity = out.validity();
  combine_validity(operands, batch_rows, validity);
  if (node.nulls == Nulls::kNeverSeen) {
    RowIndices narrowed;
    rows_without_nulls(rows, operands, narrowed);
    run_kernel(node, run, Selection(narrowed.data(), narrowed.size()), operands, out);
    return;
  }
  const size_t first_error = run.errors.size();
  node.kernel({rows, operands, out, run.errors, node.prepared.get()});
  const auto first = run.errors.begin() + static_cast<std::ptrdiff_t>(first_error);
  run.errors.erase(std::remove_if(first, run.errors.end(),
                                  [&](const RowError& e) { return !bit_get(validity, e.row); }),
                   run.errors.end());
  for (size_t i = first_error; i < run.errors.size(); ++i) bit_clear(validity, run.errors[i].row);
  clear_null_rows(out, batch_rows);
}

}  // namespace

void set_null_row(ColumnWriter& out, uint32_t row) {
  if (out.type().kind() == TypeKind::kBoolean) out.set_bool(row, false);
  out.set_null(row);
}

std::vector<Value> evaluate_args(const CompiledNode& node, Run& run, Selection rows) {
  std::vector<Value> values;
  values.reserve(node.args.size());
  for (const CompiledNode* arg : node.args) values.push_back(evaluate(*arg, run, rows));
  return values;
}

std::vector<Operand> operands_of(std::vector<Value>& values, size_t batch_rows) {
  const bool all_constant =
      std::all_of(values.begin(), values.end(), [](const Value& value) { return value.constant; });
  if (all_constant && !values.empty()) {
    values[0] = {constant_column(scalar_at(*values[0].column, 0), batch_rows), false};
  }
  std::vector<Operand> operands;
  operands.reserve(values.size());
  for (const Value& value : values) operands.push_back(value.operand());
  return operands;
}

void rows_without_nulls(Selection rows, const std::vector<Operand>& operands, RowIndices& out) {
  append_set_rows(rows, out, [&](size_t word) {
    uint64_t bits = ~uint64_t{0};
    for (const Operand& operand : operands) {
      if (!operand.constant && operand.column->has_nulls())
        bits &= operand.column->validity()[word];
    }
    return bits;
  });
}

Value evaluate_call(const CompiledNode& node, Run& run, Selection rows) {
  std::vector<Value> values = evaluate_args(node, run, rows);
  const bool strict = node.nulls != Nulls::kHandled;
  if (strict) {
    for (const Value& value : values) {
      if (value.is_null_constant()) return {node.null, true};
    }
  }
  const std::vector<Operand> operands = operands_of(values, run.batch.rows);
  ColumnWriter out(node.expr->type, run.batch.rows);
  if (strict && any_nulls(operands)) {
    run_over_nulls(node, run, rows, operands, out);
  } else {
    run_kernel(node, run, rows, operands, out);
  }
  return {std::move(out).finish(run.batch.rows)};
}

}  // namespace weir
