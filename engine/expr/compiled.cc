#include "engine/expr/compiled.h"

#include "engine/base/hash.h"
#include "engine/base/match.h"

#include <algorithm>
#include <functional>

namespace weir {
namespace {

const Function& equality_of(TypeKind kind) {
  for (const Function& function : comparison_functions()) {
    if (function.name == "=" && function.args.kinds[0] == kind) return function;
  }
  unreachable();
}

bool all_cheap(const CompiledNode& node) {
  return std::all_of(node.args.begin(), node.args.end(),
                     [](const CompiledNode* arg) { return arg->cheap; });
}

bool is_membership(const Expr& either) {
  const Expr& subject = either.args[0]->args.empty() ? *either.args[0] : *either.args[0]->args[0];
  return std::all_of(either.args.begin(), either.args.end(), [&](const ExprPtr& arg) {
    return arg->kind == ExprKind::kCall && arg->function->name == "=" &&
           arg->args[1]->kind == ExprKind::kLiteral && same_expr(*arg->args[0], subject);
  });
}

std::unique_ptr<Prepared> prepare_function(const Expr& call) {
  if (call.function->prepare == nullptr) return nullptr;
  std::vector<ArgumentInfo> infos;
  for (const ExprPtr& arg : call.args) {
    const bool constant = arg->kind == ExprKind::kLiteral && !arg->literal.is_null();
    infos.push_back({arg->type, constant ? &arg->literal : nullptr});
  }
  auto prepared = call.function->prepare(infos);
  CHECK(prepared.ok());  // It was tried when the tree was built.
  return std::move(prepared).value();
}

uint64_t hash_of_value(const Scalar& scalar) {
  const uint64_t which = hash_word(scalar.value.index());
  const auto words = [&](auto value) {
    return hash_combine(which, hash_word(static_cast<uint64_t>(value)));
  };
  return std::visit(
      Match{[&](std::monostate) { return which; }, [&](bool value) { return words(value); },
            [&](int64_t value) { return words(value); },
            [&](double value) { return words(std::hash<double>()(value)); },
            [&](Int128 value) { return words(value); },
            [&](const std::string& value) { return hash_bytes(value); },
            [&](const Interval& value) { return words(value.micros); }},
      scalar.value);
}

}  // namespace

CompiledNode::CompiledNode(ExprPtr tree, std::vector<const CompiledNode*> compiled_args)
    : expr(std::move(tree)), args(std::move(compiled_args)) {
  switch (expr->kind) {
    case ExprKind::kLiteral:
      constant =
          expr->literal.is_null() ? null_column(expr->type, 1) : constant_column(expr->literal, 1);
      cheap = true;
      return;
    case ExprKind::kColumn:
    case ExprKind::kNow:
    case ExprKind::kWatermark: cheap = true; return;
    case ExprKind::kField:
    case ExprKind::kIsNull:
    case ExprKind::kNot: cheap = all_cheap(*this); return;
    case ExprKind::kCall:
      kernel = expr->function->kernel;
      nulls = expr->function->nulls;
      prepared = prepare_function(*expr);
      cheap = expr->function->cheap && all_cheap(*this);
      null = null_column(expr->type, 1);
      return;
    case ExprKind::kCast: {
      const Cast* cast = find_cast(expr->args[0]->type.kind(), expr->type.kind());
      CHECK(cast != nullptr);
      kernel = cast->kernel;
      nulls = cast->nulls;
      null = null_column(expr->type, 1);
      return;
    }
    case ExprKind::kIsDistinct: {
      const Function& equal = equality_of(expr->args[0]->type.kind());
      kernel = equal.kernel;
      nulls = equal.nulls;
      cheap = all_cheap(*this);
      return;
    }
    case ExprKind::kOr: one_subject = is_membership(*expr); return;
    case ExprKind::kCase:
    case ExprKind::kAnd:
    case ExprKind::kCoalesce: return;
  }
  unreachable();
}

CompiledTrees::CompiledTrees(const std::vector<ExprPtr>& trees) {
  for (const ExprPtr& tree : trees) roots_.push_back(add(tree));
  by_hash_.clear();
  hashes_.clear();
}

// Equal trees have equal hashes; the rest is for same_expr.
uint64_t CompiledTrees::hash_of(const Expr& tree) {
  const auto known = hashes_.find(&tree);
  if (known != hashes_.end()) return known->second;
  uint64_t hash = hash_word(static_cast<uint64_t>(tree.kind));
  hash = hash_combine(hash, hash_word(tree.index));
  if (tree.function != nullptr) hash = hash_combine(hash, hash_bytes(tree.function->name));
  if (tree.kind == ExprKind::kLiteral) hash = hash_combine(hash, hash_of_value(tree.literal));
  for (const ExprPtr& arg : tree.args) hash = hash_combine(hash, hash_of(*arg));
  hashes_.emplace(&tree, hash);
  return hash;
}

// A tree that is there already is not walked again: what stands only in it has one parent.
CompiledNode* CompiledTrees::add(const ExprPtr& tree) {
  const uint64_t hash = hash_of(*tree);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto found = first; found != last; ++found) {
    CompiledNode& node = *found->second;
    if (!same_expr(*node.expr, *tree)) continue;
    if (!node.cheap && node.memo == kNoMemo) node.memo = memo_count_++;
    return &node;
  }
  std::vector<const CompiledNode*> args;
  for (const ExprPtr& arg : tree->args) args.push_back(add(arg));
  nodes_.push_back(std::make_unique<CompiledNode>(tree, std::move(args)));
  by_hash_.emplace(hash, nodes_.back().get());
  return nodes_.back().get();
}

bool Memo::covers(Selection asked) const {
  if (value.column == nullptr) return false;
  if (value.constant) return true;
  bool all = true;
  if (!asked.is_dense()) {
    asked.each([&](uint32_t row) { all &= bit_get(rows.data(), row); });
    return all;
  }
  for (size_t i = 0; i < asked.size() / 64; ++i) all &= rows[i] == ~uint64_t{0};
  const uint64_t last = (uint64_t{1} << (asked.size() % 64)) - 1;
  return all && (last == 0 || (rows[asked.size() / 64] & last) == last);
}

void Memo::keep(Value computed, Selection computed_rows, size_t batch_rows) {
  value = std::move(computed);
  rows.assign(bitmap_words(batch_rows), 0);
  if (!computed_rows.is_dense()) {
    return computed_rows.each([&](uint32_t row) { bit_set(rows.data(), row); });
  }
  const size_t whole = computed_rows.size() / 64;
  std::fill_n(rows.begin(), whole, ~uint64_t{0});
  for (size_t row = whole * 64; row < computed_rows.size(); ++row) bit_set(rows.data(), row);
}

}  // namespace weir
