// The entries of the function table: what a function is called, what it takes and gives, and the
// kernel that computes it.
//
// Each family (arithmetic.cc, text.cc, ...) has a constant array of entries and a plain function
// that returns it; function.cc joins them. Operators are functions by their symbol. Everything here
// is constant and shared by all threads.
#pragma once

#include "engine/base/status.h"
#include "engine/data/batch.h"
#include "engine/data/scalar.h"
#include "engine/expr/evaluator.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The value of an argument. A constant is a column of one row that stands for all rows.
struct Operand {
  const Column* column = nullptr;
  bool constant = false;

  const Type& type() const { return column->type(); }
};

// What a function makes once of its constant arguments, such as a compiled regular expression.
// Belongs to one Evaluator, hence to one thread; it may cache, but never so that a result depends
// on earlier batches.
class Prepared {
 public:
  virtual ~Prepared() = default;
};

// One run of a kernel. The kernel writes the result of each of `rows` to `out` with its set
// functions.
struct KernelCall {
  Selection rows;
  std::span<const Operand> args;  // Not all of them constant, unless there are none.
  ColumnWriter& out;
  RowErrors& errors;
  Prepared* prepared = nullptr;

  // The row cannot be computed; the evaluator makes it NULL.
  void fail(uint32_t row, std::string reason) const { errors.push_back({row, std::move(reason)}); }
};
using Kernel = void (*)(const KernelCall&);

// For functions to boolean: appends the rows where the result is true. Never fails, no argument is
// NULL in `rows`.
using FilterKernel = void (*)(Selection rows, std::span<const Operand> args, RowIndices& out);

// What is known of an argument when the tree is built.
struct ArgumentInfo {
  Type type;
  const Scalar* constant = nullptr;  // Of a literal, never NULL; a null pointer otherwise.
};
using Arguments = std::span<const ArgumentInfo>;

// The result's type where TypeKind does not say it all; kUser error if the arguments cannot be
// used.
using TypeRule = Result<Type> (*)(Arguments args);

// Called when the tree is built, to refuse bad constants, and again by each Evaluator. An error is
// kUser.
using Prepare = Result<std::unique_ptr<Prepared>> (*)(Arguments args);

struct ArgumentKinds {
  std::array<TypeKind, 6> kinds{};
  uint8_t count = 0;

  std::span<const TypeKind> all() const { return {kinds.data(), count}; }
};

constexpr ArgumentKinds takes() { return {}; }
template <typename... Kinds>
constexpr ArgumentKinds takes(Kinds... kinds) {
  return {{kinds...}, sizeof...(kinds)};
}

// How much more than the plain contract a kernel keeps.
enum class Nulls : uint8_t {
  kNeverSeen,  // Strict: NULL where an argument is; the kernel is run on the other rows only.
  kTolerated,  // Strict, but the kernel may be run on NULL rows too (their bytes are zero); what it
               // does there is undone.
  kHandled,    // Not strict: the kernel sees NULLs and decides.
};

enum class Variadic : uint8_t {
  kNo,
  kAny,     // Then one or more of any plain type.
  kCommon,  // Then one or more of any plain type, all cast to their common type.
};

struct Function {
  std::string_view name;
  ArgumentKinds args;
  TypeKind result = TypeKind::kText;
  Kernel kernel = nullptr;
  Nulls nulls = Nulls::kNeverSeen;
  Variadic variadic = Variadic::kNo;  // After `args`.
  TypeRule type_rule = nullptr;       // REQUIRED where `result` is numeric.
  Prepare prepare = nullptr;
  FilterKernel filter = nullptr;
  bool cheap = false;  // Never fails and costs about as much as a comparison: not worth narrowing
                       // the rows for.
  bool gives_null = false;  // NULL can come from arguments that are not.
};

using FunctionFamily = std::span<const Function>;

FunctionFamily array_functions();
FunctionFamily arithmetic_functions();
FunctionFamily numeric_functions();
FunctionFamily math_functions();
FunctionFamily comparison_functions();
FunctionFamily choice_functions();
FunctionFamily text_functions();
FunctionFamily text_build_functions();
FunctionFamily like_functions();
FunctionFamily regex_functions();
FunctionFamily digest_functions();
FunctionFamily time_functions();
FunctionFamily interval_functions();
FunctionFamily time_format_functions();
FunctionFamily number_format_functions();

std::vector<FunctionFamily> function_families();

// The name under which the table has it: "substr" gives "substring", "like" gives "~~"; others give
// themselves.
std::string_view canonical_name(std::string_view name);

// All entries of a canonical name.
std::vector<const Function*> functions_named(std::string_view name);

// "substring(text, integer)", "bigint + bigint".
std::string signature(const Function& function);

// Whether the name is an operator's symbol.
bool is_operator(std::string_view name);

// The constant among the arguments, as text; empty if it is not constant.
const std::string* constant_text(Arguments args, size_t index);

}  // namespace weir
