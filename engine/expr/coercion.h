// Which types turn into which, and how strongly: what casts, overload resolution and common types
// share.
#pragma once

#include "engine/expr/build.h"
#include "engine/expr/function.h"

namespace weir {

// How one kind of type becomes another. The kernel reads args[0] and obeys out.type().
struct Cast {
  TypeKind from;
  TypeKind to;
  CastKind kind;  // The weakest that may use it.
  Kernel kernel;
  Nulls nulls;
};

std::span<const Cast> number_casts();
std::span<const Cast> time_casts();
std::span<const Cast> text_casts();

// A null pointer where there is none. REQUIRES: from != to, or both numeric.
const Cast* find_cast(TypeKind from, TypeKind to);

bool casts_implicitly(TypeKind from, TypeKind to);

// PostgreSQL's groups of types that can stand for each other, and whether a type is the one
// preferred in its group.
enum class TypeGroup { kNumber, kText, kTime, kInterval, kBoolean, kBytes, kOther };
TypeGroup group_of(TypeKind kind);
bool is_preferred(TypeKind kind);

// The numeric that holds every value of an integer type, or the numeric itself. REQUIRES: integer
// or numeric.
Type numeric_of(const Type& type);

// The type that a constant's text has as a numeric: numeric(4,2) for "12.30". kUser error if it is
// none.
Result<Type> numeric_of_text(std::string_view text);

// The value of a typed constant, as a literal. kUser error if the text is no value of the type.
Result<ExprPtr> parse_literal(const Scalar& untyped, const Type& type);

ExprPtr make_node(ExprKind kind, Type type, std::vector<ExprPtr> args);

// The tree as a literal if all it is made of is constant and can be computed; the tree itself
// otherwise.
ExprPtr fold_constants(ExprPtr expr);

}  // namespace weir
