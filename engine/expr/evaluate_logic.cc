// AND, OR, NOT, IS NULL, IS DISTINCT FROM, CASE, COALESCE and filtering: what decides which rows
// later parts see.
#include "engine/expr/compiled.h"

#include <algorithm>

namespace weir {
namespace {

// A finished boolean column of two bit functions of the word.
template <typename Bits, typename Valid>
Value boolean_value(size_t rows, bool has_nulls, Bits&& bits, Valid&& valid) {
  ColumnWriter out(TypeKind::kBoolean, rows);
  const size_t words = bitmap_words(rows);
  for (size_t i = 0; i < words; ++i) out.bits()[i] = bits(i);
  if (has_nulls) {
    uint64_t* validity = out.validity();
    for (size_t i = 0; i < words; ++i) validity[i] = valid(i);
  }
  return {std::move(out).finish(rows)};
}

// The rows a later argument must be computed for, in `buffer` where they are fewer.
template <typename Word>
Selection pending_rows(const CompiledNode& arg, Selection rows, RowIndices& buffer, Word&& word) {
  if (arg.cheap) return rows;
  buffer.clear();
  append_set_rows(rows, buffer, word);
  if (buffer.size() == rows.size()) return rows;
  return {buffer.data(), buffer.size()};
}

void filter_call(const CompiledNode& node, Run& run, Selection rows, RowIndices& out) {
  std::vector<Value> values = evaluate_args(node, run, rows);
  for (const Value& value : values) {
    if (value.is_null_constant()) return;
  }
  const std::vector<Operand> operands = operands_of(values, run.batch.rows);
  const bool nulls = std::any_of(operands.begin(), operands.end(), [](const Operand& operand) {
    return !operand.constant && operand.column->has_nulls();
  });
  if (!nulls) return node.expr->function->filter(rows, operands, out);
  RowIndices narrowed;
  rows_without_nulls(rows, operands, narrowed);
  node.expr->function->filter(Selection(narrowed.data(), narrowed.size()), operands, out);
}

void filter_and(const CompiledNode& node, Run& run, Selection rows, RowIndices& out) {
  RowIndices current;
  RowIndices next;
  for (size_t i = 0; i + 1 < node.args.size(); ++i) {
    next.clear();
    filter_rows(*node.args[i], run, rows, next);
    std::swap(current, next);
    rows = Selection(current.data(), current.size());
    if (rows.size() == 0) return;
  }
  filter_rows(*node.args.back(), run, rows, out);
}

// Splits `rows` into those where the condition is true and the others.
void split_rows(const Value& condition, Selection rows, RowIndices& matched, RowIndices& others) {
  const Truth truth(condition);
  append_set_rows(rows, matched, [&](size_t word) { return truth.is_true(word); });
  append_set_rows(rows, others, [&](size_t word) { return ~truth.is_true(word); });
}

}  // namespace

Truth::Truth(const Value& value) {
  if (value.constant) {
    const bool null = value.column->is_null(0);
    constant_ = !null && value.column->boolean(0) ? ~uint64_t{0} : 0;
    all_valid_ = null ? 0 : ~uint64_t{0};
    return;
  }
  bits_ = value.column->bits();
  validity_ = value.column->validity();
}

Truth Truth::of_presence(const Value& value) {
  Truth truth;
  if (value.constant) {
    truth.all_valid_ = value.column->is_null(0) ? 0 : ~uint64_t{0};
  } else {
    truth.validity_ = value.column->validity();
  }
  return truth;
}

// For AND the deciding value is false, for OR it is true. Rows that were decided keep their bit
// whatever a later argument holds there, so that arguments may be computed for more rows than need
// them.
Value evaluate_junction(const CompiledNode& node, Run& run, Selection rows) {
  const bool is_and = node.expr->kind == ExprKind::kAnd;
  const size_t words = bitmap_words(run.batch.rows);
  std::vector<uint64_t> decided(words, 0);
  std::vector<uint64_t> unknown(words, 0);
  bool any_unknown = false;
  RowIndices buffer;
  for (size_t i = 0; i < node.args.size(); ++i) {
    const CompiledNode& arg = *node.args[i];
    Selection pending = rows;
    if (i != 0) {
      pending = pending_rows(arg, rows, buffer, [&](size_t word) { return ~decided[word]; });
      if (pending.size() == 0) break;
    }
    const Value value = evaluate(arg, run, pending);
    const Truth truth(value);
    any_unknown |= value.constant ? value.column->is_null(0) : value.column->has_nulls();
    for (size_t word = 0; word < words; ++word) {
      const uint64_t valid = truth.valid(word);
      decided[word] |= (is_and ? ~truth.value(word) : truth.value(word)) & valid;
      unknown[word] |= ~valid;
    }
  }
  return boolean_value(
      run.batch.rows, any_unknown,
      [&](size_t i) { return is_and ? ~decided[i] & ~unknown[i] : decided[i]; },
      [&](size_t i) { return decided[i] | ~unknown[i]; });
}

// The subject is computed once, whatever it costs, and compared with each constant.
Value evaluate_membership(const CompiledNode& node, Run& run, Selection rows) {
  const Value subject = evaluate(*node.args[0]->args[0], run, rows);
  const Truth presence = Truth::of_presence(subject);
  const size_t words = bitmap_words(run.batch.rows);
  std::vector<uint64_t> found(words, 0);
  bool null_listed = false;
  for (const CompiledNode* arg : node.args) {
    std::vector<Value> values = {subject, {arg->args[1]->constant, true}};
    if (subject.is_null_constant()) break;
    if (values[1].is_null_constant()) {
      null_listed = true;
      continue;
    }
    const std::vector<Operand> operands = operands_of(values, run.batch.rows);
    ColumnWriter equal(TypeKind::kBoolean, run.batch.rows);
    arg->kernel({rows, operands, equal, run.errors, nullptr});
    for (size_t i = 0; i < words; ++i) found[i] |= equal.bits()[i] & presence.valid(i);
  }
  const bool has_nulls = null_listed || subject.is_null_constant() ||
                         (!subject.constant && subject.column->has_nulls());
  return boolean_value(
      run.batch.rows, has_nulls, [&](size_t i) { return found[i]; },
      [&](size_t i) { return null_listed ? found[i] : presence.valid(i); });
}

Value evaluate_not(const CompiledNode& node, Run& run, Selection rows) {
  const Value value = evaluate(*node.args[0], run, rows);
  const Truth truth(value);
  const bool nulls = value.constant ? value.column->is_null(0) : value.column->has_nulls();
  return boolean_value(
      run.batch.rows, nulls, [&](size_t i) { return ~truth.value(i) & truth.valid(i); },
      [&](size_t i) { return truth.valid(i); });
}

Value evaluate_is_null(const CompiledNode& node, Run& run, Selection rows) {
  const Value value = evaluate(*node.args[0], run, rows);
  const bool constant_null = value.is_null_constant();
  const uint64_t* validity = value.constant ? nullptr : value.column->validity();
  const auto none = [](size_t) { return ~uint64_t{0}; };
  return boolean_value(
      run.batch.rows, false,
      [&](size_t i) {
        if (validity != nullptr) return ~validity[i];
        return constant_null ? ~uint64_t{0} : uint64_t{0};
      },
      none);
}

Value evaluate_is_distinct(const CompiledNode& node, Run& run, Selection rows) {
  std::vector<Value> values = evaluate_args(node, run, rows);
  const std::vector<Operand> operands = operands_of(values, run.batch.rows);
  ColumnWriter equal(TypeKind::kBoolean, run.batch.rows);
  node.kernel({rows, operands, equal, run.errors, nullptr});
  const auto valid_of = [](const Operand& operand, size_t word) {
    if (operand.constant) return operand.column->is_null(0) ? uint64_t{0} : ~uint64_t{0};
    return operand.column->has_nulls() ? operand.column->validity()[word] : ~uint64_t{0};
  };
  return boolean_value(
      run.batch.rows, false,
      [&](size_t i) {
        const uint64_t a = valid_of(operands[0], i);
        const uint64_t b = valid_of(operands[1], i);
        return (a ^ b) | (a & b & ~equal.bits()[i]);
      },
      [](size_t) { return ~uint64_t{0}; });
}

Value evaluate_case(const CompiledNode& node, Run& run, Selection rows) {
  ColumnWriter out(node.expr->type, run.batch.rows);
  RowIndices matched;
  RowIndices others;
  RowIndices current;
  const size_t last = node.args.size() - 1;
  for (size_t i = 0; i < last && rows.size() != 0; i += 2) {
    matched.clear();
    others.clear();
    split_rows(evaluate(*node.args[i], run, rows), rows, matched, others);
    if (!matched.empty()) {
      const Selection selected(matched.data(), matched.size());
      copy_rows(evaluate(*node.args[i + 1], run, selected), selected, out);
    }
    std::swap(current, others);
    rows = Selection(current.data(), current.size());
  }
  if (rows.size() != 0) copy_rows(evaluate(*node.args[last], run, rows), rows, out);
  return {std::move(out).finish(run.batch.rows)};
}

Value evaluate_coalesce(const CompiledNode& node, Run& run, Selection rows) {
  ColumnWriter out(node.expr->type, run.batch.rows);
  RowIndices present;
  RowIndices missing;
  RowIndices current;
  const size_t last = node.args.size() - 1;
  for (size_t i = 0; i < last && rows.size() != 0; ++i) {
    Value value = evaluate(*node.args[i], run, rows);
    const bool no_nulls = value.constant ? !value.column->is_null(0) : !value.column->has_nulls();
    if (i == 0 && no_nulls) return value;
    if (no_nulls) {
      copy_rows(value, rows, out);
      return {std::move(out).finish(run.batch.rows)};
    }
    if (value.constant) continue;
    const uint64_t* validity = value.column->validity();
    present.clear();
    missing.clear();
    append_set_rows(rows, present, [&](size_t word) { return validity[word]; });
    append_set_rows(rows, missing, [&](size_t word) { return ~validity[word]; });
    copy_rows(value, Selection(present.data(), present.size()), out);
    std::swap(current, missing);
    rows = Selection(current.data(), current.size());
  }
  if (rows.size() != 0) copy_rows(evaluate(*node.args[last], run, rows), rows, out);
  return {std::move(out).finish(run.batch.rows)};
}

void filter_rows(const CompiledNode& node, Run& run, Selection rows, RowIndices& out) {
  if (node.expr->kind == ExprKind::kAnd) return filter_and(node, run, rows, out);
  const bool direct = node.expr->kind == ExprKind::kCall && node.expr->function->filter != nullptr;
  if (direct) return filter_call(node, run, rows, out);
  const Value value = evaluate(node, run, rows);
  const Truth truth(value);
  append_set_rows(rows, out, [&](size_t word) { return truth.is_true(word); });
}

}  // namespace weir
