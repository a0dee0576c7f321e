// greatest and least: they skip NULLs and are NULL only where all arguments are.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/order.h"

namespace weir {
namespace {

template <typename T>
bool less(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) return double_less(a, b);
  if constexpr (std::is_same_v<T, Interval>) return interval_length(a) < interval_length(b);
  if constexpr (std::is_same_v<T, std::string_view>) return text_order(a, b) < 0;
  if constexpr (std::is_integral_v<T> || std::is_same_v<T, Int128>) return a < b;
}

template <typename T>
T value_of(const Operand& operand, uint32_t row) {
  if constexpr (std::is_same_v<T, bool>) {
    return operand.column->boolean(row);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return operand.column->text(row);
  } else {
    return operand.column->values<T>()[row];
  }
}

template <typename T>
void put(ColumnWriter& out, uint32_t row, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out.set_bool(row, value);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    out.set_text(row, value);
  } else {
    out.set(row, value);
  }
}

template <bool greatest, typename T>
void choose_typed(const KernelCall& call) {
  call.rows.each([&](uint32_t row) {
    bool found = false;
    T best{};
    for (const Operand& operand : call.args) {
      const uint32_t at = operand.constant ? 0 : row;
      if (operand.column->is_null(at)) continue;
      const T value = value_of<T>(operand, at);
      if (!found || (greatest ? less(best, value) : less(value, best))) best = value;
      found = true;
    }
    if (!found) return call.out.set_null(row);
    put(call.out, row, best);
  });
}

template <bool greatest>
void choose(const KernelCall& call) {
  switch (call.out.type().kind()) {
    case TypeKind::kBoolean: return choose_typed<greatest, bool>(call);
    case TypeKind::kInt:
    case TypeKind::kDate: return choose_typed<greatest, int32_t>(call);
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return choose_typed<greatest, int64_t>(call);
    case TypeKind::kDouble: return choose_typed<greatest, double>(call);
    case TypeKind::kNumeric: return choose_typed<greatest, Int128>(call);
    case TypeKind::kText:
    case TypeKind::kBytea: return choose_typed<greatest, std::string_view>(call);
    case TypeKind::kInterval: return choose_typed<greatest, Interval>(call);
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

Result<Type> type_of_first(Arguments args) { return args[0].type; }

constexpr Function entry(std::string_view name, Kernel kernel) {
  return {.name = name,
          .kernel = kernel,
          .nulls = Nulls::kHandled,
          .variadic = Variadic::kCommon,
          .type_rule = type_of_first,
          .gives_null = true};
}

constexpr Function kFunctions[] = {
    entry("greatest", choose<true>),
    entry("least", choose<false>),
};

}  // namespace

FunctionFamily choice_functions() { return kFunctions; }

}  // namespace weir
