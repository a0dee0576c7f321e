// Arrays: slices, elements and lengths. Elements are counted from 1, as in PostgreSQL; what is
// outside is not there.
#include "engine/expr/function.h"

#include <algorithm>

namespace weir {
namespace {

uint32_t row_of(const Operand& operand, uint32_t row) { return operand.constant ? 0 : row; }

bool is_null(const Operand& operand, uint32_t row) {
  return operand.column->is_null(row_of(operand, row));
}

int32_t int_of(const Operand& operand, uint32_t row) {
  return operand.column->values<int32_t>()[row_of(operand, row)];
}

// The elements of a row: places in the child.
struct Elements {
  int64_t begin;
  int64_t end;
};

Elements elements_of(const Operand& operand, uint32_t row) {
  const uint32_t at = row_of(operand, row);
  return {operand.column->offsets()[at], operand.column->offsets()[at + 1]};
}

void append_value(ColumnWriter& out, const Column& from, size_t row) {
  if (from.is_null(row)) return out.append_null();
  if (from.type().is_text_like()) return out.append_text(from.text(row));
  if (from.type().kind() == TypeKind::kBoolean) return out.append_bool(from.boolean(row));
  switch (from.type().width()) {
    case 4: return out.append(from.values<int32_t>()[row]);
    case 8: return out.append(from.values<int64_t>()[row]);
    default: return out.append(from.values<Int128>()[row]);
  }
}

void set_value(ColumnWriter& out, uint32_t to, const Column& from, size_t row) {
  if (from.is_null(row)) return out.set_null(to);
  if (from.type().is_text_like()) return out.set_text(to, from.text(row));
  if (from.type().kind() == TypeKind::kBoolean) return out.set_bool(to, from.boolean(row));
  switch (from.type().width()) {
    case 4: return out.set(to, from.values<int32_t>()[row]);
    case 8: return out.set(to, from.values<int64_t>()[row]);
    default: return out.set(to, from.values<Int128>()[row]);
  }
}

// Arrays are appended, not set: rows that are not asked for get one too.
void slice(const KernelCall& call) {
  size_t next = 0;
  for (uint32_t row = 0; row < call.out.capacity(); ++row) {
    const bool is_asked = next < call.rows.size() && call.rows[next] == row;
    next += is_asked ? 1 : 0;
    const bool is_known =
        is_asked && std::none_of(call.args.begin(), call.args.end(),
                                 [row](const Operand& arg) { return is_null(arg, row); });
    if (!is_known) {
      call.out.append_null();
      continue;
    }
    const Elements all = elements_of(call.args[0], row);
    const int64_t from = all.begin + std::max<int64_t>(int_of(call.args[1], row), 1) - 1;
    const int64_t to = std::min(all.begin + int64_t{int_of(call.args[2], row)}, all.end);
    const Column& elements = *call.args[0].column->children()[0];
    ColumnWriter& out = call.out.begin_array(static_cast<size_t>(std::max<int64_t>(to - from, 0)));
    for (int64_t at = from; at < to; ++at) append_value(out, elements, static_cast<size_t>(at));
    call.out.end_array();
  }
}

void element(const KernelCall& call) {
  call.rows.each([&](uint32_t row) {
    const Elements all = elements_of(call.args[0], row);
    const int64_t at = all.begin + int_of(call.args[1], row) - 1;
    if (at < all.begin || at >= all.end) return call.out.set_null(row);
    set_value(call.out, row, *call.args[0].column->children()[0], static_cast<size_t>(at));
  });
}

void cardinality(const KernelCall& call) {
  call.rows.each([&](uint32_t row) {
    const Elements all = elements_of(call.args[0], row);
    call.out.set(row, static_cast<int32_t>(all.end - all.begin));
  });
}

// There is one dimension, and of an empty array none.
void length(const KernelCall& call) {
  call.rows.each([&](uint32_t row) {
    const Elements all = elements_of(call.args[0], row);
    if (int_of(call.args[1], row) != 1 || all.begin == all.end) return call.out.set_null(row);
    call.out.set(row, static_cast<int32_t>(all.end - all.begin));
  });
}

Result<Type> same_array(Arguments args) { return args[0].type; }
Result<Type> element_type(Arguments args) { return args[0].type.element(); }

constexpr TypeKind kArray = TypeKind::kArray;
constexpr TypeKind kInt = TypeKind::kInt;

// (a)[i:j] and (a)[i] are written with these names in graph files.
constexpr Function kFunctions[] = {
    {.name = "array_slice",
     .args = takes(kArray, kInt, kInt),
     .result = kArray,
     .kernel = slice,
     .nulls = Nulls::kHandled,
     .type_rule = same_array,
     .gives_null = true},
    {.name = "array_element",
     .args = takes(kArray, kInt),
     .kernel = element,
     .type_rule = element_type,
     .gives_null = true},
    {.name = "cardinality", .args = takes(kArray), .result = kInt, .kernel = cardinality},
    {.name = "array_length",
     .args = takes(kArray, kInt),
     .result = kInt,
     .kernel = length,
     .gives_null = true},
};

}  // namespace

FunctionFamily array_functions() { return kFunctions; }

}  // namespace weir
