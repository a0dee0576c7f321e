// Typed expression trees: what SQL expressions, graph files and the C++ builder all become.
//
// A tree is immutable, bound (columns are indices into one input schema) and complete: every
// implicit cast is a node of its own, so that each node's meaning follows from the node alone.
// Build trees with build.h, which checks and coerces; run them with evaluator.h; print and read
// them back in PostgreSQL's syntax (print.h, engine/sql).
#pragma once

#include "engine/data/scalar.h"
#include "engine/data/schema.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct Function;  // function.h: an entry of the function table, living as long as the program.

enum class ExprKind : uint8_t {
  kColumn,   // column `index` of the input
  kLiteral,  // `literal`
  kField,    // field `index` of the composite args[0]; NULL where that is NULL
  kCall,     // `function`(args...)
  kCast,     // args[0] as `type`; fails a row whose value does not fit
  kCase,     // args: condition, value, condition, value, ..., else
  kAnd,  // args, two or more; three-valued; later ones are computed only where no earlier one is
         // false
  kOr,   // the dual
  kNot,
  kIsNull,      // args[0] IS NULL, never NULL itself
  kIsDistinct,  // args[0] IS DISTINCT FROM args[1], never NULL itself
  kCoalesce,    // the first of args that is not NULL; later ones are computed only where needed
  kNow,         // the wall clock when the batch is computed
  kWatermark,   // current_watermark(): the row's arrival watermark, NULL before the first
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Type type;
  size_t index = 0;                    // kColumn, kField
  Scalar literal;                      // kLiteral
  const Function* function = nullptr;  // kCall
  std::vector<ExprPtr> args;
  // A quoted or NULL constant whose type the surroundings decide, as PostgreSQL's "unknown": only
  // inside build.h.
  bool untyped = false;
};

// A named output of a projection.
struct NamedExpr {
  std::string name;
  ExprPtr expr;
};

// Whether both trees compute the same by construction.
bool same_expr(const Expr& a, const Expr& b);

// The tree with every column i replaced by columns[i]: how two projections become one.
ExprPtr substitute_columns(const ExprPtr& expr, const std::vector<ExprPtr>& columns);

// The tree with column i renumbered to indices[i]. REQUIRES: every column used has an index.
ExprPtr renumber_columns(const ExprPtr& expr, const std::vector<size_t>& indices);

// Marks what the tree reads: whole columns, or only fields of composite ones.
void mark_needed(const Expr& expr, NeededColumns& needed);

// Whether every evaluation of equal inputs gives equal results (false as soon as the clock is in
// it).
bool is_deterministic(const Expr& expr);

// Whether the tree reads the arrival watermark, so that batches must carry it for every row.
bool reads_watermark(const Expr& expr);

// Whether the result can be NULL, as far as the tree shows. `schema` says which columns can.
bool may_be_null(const Expr& expr, const Schema& schema);

// The tree in PostgreSQL's syntax, with the schema's column names, quoted where needed: reading the
// text back against the same schema gives a tree that is same_expr.
std::string to_text(const Expr& expr, const Schema& schema);

}  // namespace weir
