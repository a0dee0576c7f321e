// Making expression trees: overload resolution, implicit casts and type checks as PostgreSQL does
// them.
//
// Errors are kUser, speak of types and names ("function lower(integer) does not exist", with the
// nearest signature), and know nothing of positions: the caller, who knows the text, adds line and
// column. Constant subtrees are folded; one that fails when folded is left as it is, so that the
// error belongs to the rows that meet it.
#pragma once

#include "engine/base/status.h"
#include "engine/expr/expr.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir {

ExprPtr make_column(size_t index, const Type& type);
ExprPtr make_literal(Scalar value);
// 'abc' and NULL before the surroundings gave them a type.
ExprPtr make_untyped(std::string text);
ExprPtr make_untyped_null();
// The numeric literal of a script: int, bigint or numeric by its text, as in PostgreSQL.
Result<ExprPtr> make_number(std::string_view text);

// Field of a composite by name.
Result<ExprPtr> make_field(ExprPtr composite, std::string_view field);

// Functions and operators by name: "lower", "+", "||", "~*", "=". Also greatest, nullif and what
// else looks like a call.
Result<ExprPtr> make_call(std::string_view name, std::vector<ExprPtr> args);

enum class CastKind {
  kImplicit,    // only where nothing can be lost: int to bigint to numeric to double, untyped to
                // anything
  kAssignment,  // what INSERT does to reach the column's type: also narrowing, which fails rows
                // that do not fit
  kExplicit,    // what CAST and :: allow
};
Result<ExprPtr> make_cast(ExprPtr value, const Type& target, CastKind kind);
// x::numeric without a precision: integers and constants have one that holds them; kUser error with
// advice for others.
Result<ExprPtr> make_numeric_cast(ExprPtr value);

Result<ExprPtr> make_and(std::vector<ExprPtr> args);
Result<ExprPtr> make_or(std::vector<ExprPtr> args);
Result<ExprPtr> make_not(ExprPtr arg);
Result<ExprPtr> make_is_null(ExprPtr arg, bool negated);
Result<ExprPtr> make_is_distinct(ExprPtr a, ExprPtr b, bool negated);
// value IS TRUE and its kin are built from these; BETWEEN and IN too.
Result<ExprPtr> make_in(const ExprPtr& value, std::vector<ExprPtr> list, bool negated);
Result<ExprPtr> make_coalesce(std::vector<ExprPtr> args);
// conditions.size() == values.size(); `otherwise` may be null (NULL).
Result<ExprPtr> make_case(std::vector<ExprPtr> conditions, std::vector<ExprPtr> values,
                          ExprPtr otherwise);
ExprPtr make_now();
// current_watermark(): whoever runs the tree must see to it that batches carry the arrival
// watermark (reads_watermark).
ExprPtr make_watermark();

// The type of an untyped literal that nothing else decided: text.
Result<ExprPtr> settle_type(ExprPtr expr);

// As a condition: boolean, or an error that says what it is instead.
Result<ExprPtr> as_condition(ExprPtr expr, std::string_view where);

// The common type that UNION, CASE and their kin give to these; kUser error if there is none.
Result<Type> common_type(const std::vector<Type>& types);

// Names of all functions, for "did you mean" and for the docs.
std::vector<std::string> function_names();

}  // namespace weir
